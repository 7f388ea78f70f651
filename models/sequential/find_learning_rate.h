#pragma once
/// find_learning_rate: suggests an initial rate after one short run.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct FindOptions {
  Real start = 1e-7;      ///< the rate of the first update, > 0
  Real end = 10;          ///< the rate of the last update, > start
  Count steps = 100;      ///< updates from start to end, >= 16; the data repeats as needed
  Count batch_size = 32;  ///< rows per update, >= 1
  Real stop_factor = 4;   ///< ends when the smoothed loss L is above this times its least; > 1.
                          ///< For losses below 0, too: L - least > (stop_factor - 1) |least|
  Real smoothing = 0.98;  ///< weight of the past in the smoothed loss, in [0, 1)

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    constexpr Rule enough{[](double v) { return v >= 16; }, ">= 16"};
    constexpr Rule above_one{[](double v) { return v > 1; }, "> 1"};
    field("start", self.start, positive);
    field("end", self.end, anything);
    field("steps", self.steps, enough);
    field("batch_size", self.batch_size, one_or_more);
    field("stop_factor", self.stop_factor, above_one);
    field("smoothing", self.smoothing, below_one);
  }
  void validate() const {
    check(std::isfinite(value(end)) && value(end) > value(start),
          "find_learning_rate: end must be finite and above start {} (got {})", value(start),
          value(end));
  }
};

/// The record of a learning-rate range test: one entry per update, until the loss diverged.
///
/// The three suggestions use the smoothed losses without the first tenth, which depend mostly on
/// the first batch, and without the last five, where the loss diverges. Names and definitions are
/// those of fastai's lr_find:
struct RateTest {
  std::vector<double> rates;
  std::vector<double> losses;    ///< of each batch, before its update
  std::vector<double> smoothed;  ///< sum s^(i-j) loss_j / sum s^(i-j), with s = smoothing
  bool diverged = false;         ///< it ended before `end`

  /// Half way along the longest subsequence of falling losses: a safe and quick start. 0, like the
  /// other two, with fewer than 3 points.
  double valley = 0;
  /// Where the loss falls fastest over the logarithm of the rate.
  double steep = 0;
  /// A tenth of the rate with the lowest loss.
  double minimum = 0;
};

/// The range test of Smith (2017, "Cyclical learning rates for training neural networks"): trains
/// while the rate rises exponentially, rate_i = start (end / start)^(i / (steps - 1)), and watches
/// the loss. It trains a copy: the model, its optimizer and its counters stay as they are, bit for
/// bit. StateError before compile(); otherwise throws as fit() does.
///
///     const RateTest test = find_learning_rate(model, x, y);
///     model.optimizer().set_learning_rate(test.valley);
RateTest find_learning_rate(const Sequential& model, const Tensor& x, const Tensor& y,
                            const FindOptions& options = {});

}}  // namespace gradus
