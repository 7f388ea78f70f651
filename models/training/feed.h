#pragma once
/// Feed: the batches of a fit(), from rows in memory or from a BatchSource.

#include <span>
#include <variant>
#include <vector>

#include <gradus/models/run.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The position is in the Run, so that a resumed run has it.
class Feed {
 public:
  Feed(Batch rows, std::int64_t batch_size, bool shuffle);
  explicit Feed(BatchSource source) : source_(std::move(source)) {}

  /// Batches in one pass over the rows; 0 for a source.
  std::int64_t batches() const;
  /// Begins a pass: rows in memory get a new order, which depends only on the seed, this index and
  /// their number.
  void begin_pass(Run& run, Step index);
  /// Moves to the position of the run. Call it before the first pass.
  void resume(const Run& run, std::uint64_t seed);
  /// The next batch; none at the end of the pass or of the source.
  std::optional<Batch> next(Run& run);

 private:
  void put_in_order(Step index);

  Batch rows_;
  std::int64_t batch_size_ = 0;
  bool shuffle_ = false;
  Random::Streams orders_{0, "shuffle"};
  std::vector<std::int64_t> order_;
  std::optional<BatchSource> source_;
};

}}}  // namespace gradus::detail
