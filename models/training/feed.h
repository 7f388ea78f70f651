#pragma once
/// Feed: the batches of a fit(), from rows in memory or from a BatchSource.

#include <span>
#include <variant>
#include <vector>

#include <gradus/models/run.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Keeps no place of its own: that is in the Run, so that a resumed run finds it.
class Feed {
 public:
  Feed(Batch rows, std::int64_t batch_size, bool shuffle);
  explicit Feed(BatchSource source) : source_(std::move(source)) {}

  /// Batches in one pass over the rows; 0 where only the source knows.
  std::int64_t batches() const;
  /// Begins a pass: rows in memory get a new order, which depends on nothing but the seed, this
  /// index and their number.
  void begin_pass(Run& run, Step index);
  /// Brings the feed to where the run is, with the seed it has. To be called before the first pass.
  void resume(const Run& run, std::uint64_t seed);
  /// The next batch; none when the pass is over or the source has ended.
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
