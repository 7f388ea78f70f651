#pragma once
/// find_learning_rate: suggests an initial rate after one short run.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct FindOptions {
  Real start = 1e-7;      ///< the rate of the first update, > 0
  Real end = 10;          ///< the rate of the last update, > start
  Count steps = 100;      ///< updates from start to end, >= 16; the data repeats as needed
  Count batch_size = 32;  ///< rows per update, >= 1
  Count all_rows = 1000;  ///< each loss is of at most so many rows, chosen at random;
                          ///< 0: of the batch
  Real stop_factor = 4;   ///< > 1; ends at a smoothed loss L with
                          ///< L - least > (stop_factor - 1) max(|first|, 1e-7 loss_unit())
  Real smoothing = 0.98;  ///< weight of the past in the smoothed losses of batches, in [0, 1)
  Sampling sampling = Sampling::shuffled;  ///< as in FitOptions

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    constexpr Rule enough{[](double v) { return v >= 16; }, ">= 16"};
    constexpr Rule above_one{[](double v) { return v > 1; }, "> 1"};
    field("start", self.start, positive);
    field("end", self.end, anything);
    field("steps", self.steps, enough);
    field("batch_size", self.batch_size, one_or_more);
    field("all_rows", self.all_rows, not_negative);
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
/// The losses are of the same rows all the time, because an outlier makes losses of batches rise
/// and fall at any rate. Of batch losses the first tenth, which depends mostly on the first batch,
/// does not count. The marks use a curve that never rises, so that neither noise nor a jump gives
/// one: the lowest loss so far; for batches the highest loss from here to the lowest. They are 0 if
/// the loss never fell.
struct RateTest {
  std::vector<double> rates;
  std::vector<double> losses;  ///< of `rows` rows or of each batch, before its update
  std::vector<double>
      smoothed;           ///< of batches sum s^(i-j) loss_j / sum s^(i-j), with s = smoothing
  std::int64_t rows = 0;  ///< that each loss is of, and `smoothed` equals them; 0: of batches
  bool diverged = false;  ///< it ended before `end`

  /// Where a third of the fall to the lowest loss is done: a safe and quick start.
  double valley = 0;
  /// The middle of the window, a tenth of the updates long, over which the curve falls most.
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
