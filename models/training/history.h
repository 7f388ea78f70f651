#pragma once
/// Results of training and evaluating: Logs, History, Evaluation.

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Numbers by name, in the order of display; the logs of callbacks.
class Logs {
 public:
  using Numbers = std::vector<std::pair<std::string, double>>;

  Logs() = default;
  Logs(Numbers numbers) : numbers_(std::move(numbers)) {}

  /// ValueError for an unknown key, with a list of the keys.
  double operator[](std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != numbers_.end(); }
  /// Changes a number, or adds it at the end.
  void set(std::string_view key, double number);
  std::size_t size() const { return numbers_.size(); }
  Numbers::const_iterator begin() const { return numbers_.begin(); }
  Numbers::const_iterator end() const { return numbers_.end(); }

 private:
  Numbers::const_iterator find(std::string_view key) const {
    return std::ranges::find(numbers_, key, &Numbers::value_type::first);
  }
  Numbers numbers_;
};

/// One number per epoch for each key: `h["loss"].back()`. Keys: "loss", each metric, the same with
/// "val_" in front when there is validation data, and "learning_rate", the rate that the epoch's
/// last update used. "loss" and the metrics are means over the epoch's rows, each seen before its
/// batch's update, as Keras reports them: while the model improves, evaluate() afterwards is
/// better. Epochs without validation have no "val_" numbers, so those lists may be shorter.
class History {
 public:
  using Series = std::map<std::string, std::vector<double>, std::less<>>;

  /// ValueError for an unknown key, with a list of the keys; there are none after 0 epochs.
  const std::vector<double>& operator[](std::string_view key) const;
  bool contains(std::string_view key) const { return series_.contains(key); }
  /// The numbers of the epochs that ran, from 0 or initial_epoch.
  const std::vector<std::int64_t>& epochs() const { return epochs_; }
  /// Training ended at a number that was not finite; see FitOptions::terminate_on_nan.
  bool diverged() const { return diverged_; }
  /// All keys with their numbers, in alphabetical order.
  Series::const_iterator begin() const { return series_.begin(); }
  Series::const_iterator end() const { return series_.end(); }

  void add(std::int64_t epoch, const Logs& logs);
  /// Reserves memory for this many more epochs, so that training allocates none.
  void reserve(std::int64_t epochs) { expected_ = std::min<std::int64_t>(epochs, 1 << 20); }
  /// Removes the last epoch, whose numbers had these names.
  void remove_last(const Logs& logs);
  void set_diverged(bool diverged) { diverged_ = diverged; }
  static void state(auto& self, auto&& field) {
    field("epochs", self.epochs_), field("diverged", self.diverged_), field("series", self.series_);
  }

 private:
  Series series_;
  std::vector<std::int64_t> epochs_;
  bool diverged_ = false;
  std::int64_t expected_ = 0;
};

/// The result of evaluate(): `e.loss`, `e["accuracy"]`.
struct Evaluation {
  double loss = 0;
  std::map<std::string, double, std::less<>> metrics = {};
  /// A metric, or "loss". ValueError for a key that is not there.
  double operator[](std::string_view key) const;
};

}}  // namespace gradus
