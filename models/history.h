#pragma once
/// What training and evaluating leave behind.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/scalar.h>

namespace gradus::inline GRADUS_VARIANT {

/// One number per epoch for each key: `h["loss"].back()`. Keys: "loss", each metric, the same with
/// "val_" in front when there is validation data, and "learning_rate", the rate that the epoch's
/// last update used. "loss" and the metrics are means over the epoch's rows, each seen before its
/// batch's update, as Keras reports them: while the model improves, evaluate() afterwards is
/// better.
class History {
 public:
  using Series = std::map<std::string, std::vector<double>, std::less<>>;

  /// ValueError for a key that is not there, naming those that are; none after 0 epochs.
  const std::vector<double>& operator[](std::string_view key) const;
  bool contains(std::string_view key) const { return series_.contains(key); }
  /// The numbers of the epochs that ran, from 0.
  const std::vector<std::int64_t>& epochs() const { return epochs_; }
  /// All keys with their numbers, in alphabetical order.
  Series::const_iterator begin() const { return series_.begin(); }
  Series::const_iterator end() const { return series_.end(); }

  History() = default;
  /// Room for this many epochs, so that training does not ask for more.
  explicit History(std::int64_t epochs) : expected_(std::min<std::int64_t>(epochs, 1 << 20)) {}
  void add(std::int64_t epoch, const std::vector<std::pair<std::string, double>>& numbers);

 private:
  Series series_;
  std::vector<std::int64_t> epochs_;
  std::int64_t expected_ = 0;
};

/// What evaluate() found: `e.loss`, `e["accuracy"]`.
struct Evaluation {
  double loss = 0;
  std::map<std::string, double, std::less<>> metrics = {};
  /// A metric, or "loss". ValueError for a key that is not there.
  double operator[](std::string_view key) const;
};

}  // namespace gradus
