#include <gradus/models/feed.h>

#include <algorithm>
#include <numeric>

#include <gradus/models/rows.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

Feed::Feed(Batch rows, std::int64_t batch_size, bool shuffle)
    : rows_(std::move(rows)), batch_size_(batch_size), shuffle_(shuffle) {
  order_.resize(static_cast<std::size_t>(rows_.rows()));
  std::iota(order_.begin(), order_.end(), 0);
}

std::int64_t Feed::batches() const { return source_ ? 0 : (rows_.rows() - 1) / batch_size_ + 1; }

void Feed::put_in_order(Step index) {
  if (!shuffle_) return;
  std::iota(order_.begin(), order_.end(), 0);
  Random(orders_, static_cast<std::uint64_t>(index)).shuffle(order_);
}

void Feed::begin_pass(Run& run, Step index) {
  if (source_) return;
  run.rows = rows_.rows();
  run.batch_size = batch_size_;
  run.shuffle_index = index;
  run.position = 0;
  put_in_order(index);
}

void Feed::resume(const Run& run, std::uint64_t seed) {
  orders_ = Random::Streams(seed, "shuffle");
  if (!source_) {
    check<StateError>(
        run.position == 0 || (run.rows == rows_.rows() && run.batch_size == batch_size_),
        "fit: to go on with the run, the data must be its {} rows in batches of {} "
        "(got {} in batches of {})",
        run.rows, run.batch_size, rows_.rows(), batch_size_);
    return put_in_order(run.shuffle_index);
  }
  if (source_->numbered()) return;
  for (std::int64_t i = 0; i < run.position; ++i) (*source_)(i);
}

std::optional<Batch> Feed::next(Run& run) {
  if (source_) {
    std::optional<Batch> batch = (*source_)(run.position);
    run.position += batch.has_value();
    return batch;
  }
  const std::int64_t start = run.position * batch_size_;
  if (start >= rows_.rows()) return std::nullopt;
  const std::int64_t size = std::min(batch_size_, rows_.rows() - start);
  const std::span chosen(order_.data() + start, static_cast<std::size_t>(size));
  ++run.position;
  Batch batch{take_rows(rows_.x, chosen), take_rows(rows_.y, chosen)};
  if (rows_.sample_weight.size() > 0) batch.sample_weight = take_rows(rows_.sample_weight, chosen);
  return batch;
}

}}}  // namespace gradus::detail
