#pragma once
/// Rows of data sets: checked, split, copied, and given to fit() in batches.

#include <gradus/models/run.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// ValueError `fit: x must be finite (x[12][3] is nan)`.
void check_finite(const char* caller, const char* name, const Tensor& x);
/// Rows [start, stop).
Batch row_range(const Batch& data, std::int64_t start, std::int64_t stop);
/// Takes the last `share` of the rows off `training`, as rows_kept() has it. ValueError unless both
/// keep rows.
Batch hold_back(Batch& training, double share);
/// The weight of each row by its class in y, or sample_weight if there is no class_weight.
Tensor weights_of(const char* caller, const ClassWeight& class_weight, const Tensor& sample_weight,
                  const Tensor& y);

/// The batches of a fit(), from rows in memory or from a BatchSource. The position is in the Run,
/// so that a resumed run has it.
class Feed {
 public:
  Feed(Batch rows, const FitOptions& options);
  explicit Feed(BatchSource source) : source_(std::move(source)) {}

  /// Batches in one pass over the rows; 0 for a source.
  std::int64_t batches() const;
  /// Begins a pass. The order of shuffled rows depends only on the seed, `index` and their number.
  void begin_pass(Run& run, Step index);
  /// Moves to the position of the run. Call it before the first pass.
  void resume(const Run& run, std::uint64_t seed);
  /// The rows in memory; null for a source.
  const Batch* rows() const { return source_ ? nullptr : &rows_; }
  /// The batch at the position; none at the end of the pass or of the source.
  std::optional<Batch> next(const Run& run);
  /// The source has ended an epoch. A source without numbers does so again when it is drawn again.
  void ended(Run& run) const { run.shuffle_index += source_.has_value(); }

 private:
  void put_in_order(Step index);
  std::span<const std::int64_t> choose(const Run& run);

  Batch rows_;
  std::int64_t batch_size_ = 0;
  Sampling sampling_ = Sampling::shuffled;
  bool shuffle_ = false;
  Random::Streams orders_{0, "shuffle"};
  std::vector<std::int64_t> order_;  ///< of all rows; with replacement, the rows of a batch
  std::optional<BatchSource> source_;
};

}}}  // namespace gradus::detail
