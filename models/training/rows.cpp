#include <gradus/models/rows.h>

#include <numeric>

#include <gradus/core/node.h>
#include <gradus/core/thread_pool.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

/// The class of each row: its number, or where its largest mark is.
std::int64_t class_of(const Scalar* row, std::int64_t marks) {
  if (marks == 1) return std::llround(value(*row));
  return std::max_element(row, row + marks) - row;
}

/// These rows of x, in this order, as a tensor of their own.
Tensor take_rows(const Tensor& x, std::span<const std::int64_t> rows) {
  const Node& from = node_of(x);
  const std::int64_t width = from.size / std::max<std::int64_t>(1, from.shape[0]);
  Shape shape = from.shape;
  shape.set(0, static_cast<std::int64_t>(rows.size()));
  NewTensor to(shape);
  const auto gather = [=, in = from.data(), out = to.data](auto begin, auto end) {
    for (auto i = begin; i < end; ++i)
      std::copy_n(in + rows.data()[i] * width, width, out + i * width);
  };
  in_ranges(std::ssize(rows), gather, width);
  return std::move(to.tensor);
}

}  // namespace

/// Only values of parameters change, so any other tensor is checked once.
void check_finite(const char* caller, const char* name, const Tensor& x) {
  Node& node = node_of(x);
  if (node.finite) return;
  std::int64_t bad = kernels().first_not_finite(node.data(), node.size);
  if (bad < 0) {
    node.finite = !node.is_parameter;
    return;
  }
  const double found = value(node.data()[bad]);
  std::string place;
  for (int axis = x.rank(); axis-- > 0; bad /= x.shape()[axis])
    place = fmt::format("[{}]", bad % x.shape()[axis]) + place;
  check(false, "{}: {} must be finite ({}{} is {})", caller, name, name, place, found);
}

Batch row_range(const Batch& data, std::int64_t start, std::int64_t stop) {
  const NoGrad off;
  Batch part{slice(data.x, 0, start, stop), slice(data.y, 0, start, stop)};
  if (data.sample_weight.size() > 0) part.sample_weight = slice(data.sample_weight, 0, start, stop);
  return part;
}

Batch hold_back(Batch& training, double share) {
  const std::int64_t rows = training.rows(), kept = rows_kept(rows, share);
  check(kept > 0 && kept < rows,
        "fit: validation_split must leave rows on both sides (got {} of {} rows)", share, rows);
  Batch held = row_range(training, kept, rows);
  training = row_range(training, 0, kept);
  return held;
}

Tensor weights_of(const char* caller, const ClassWeight& class_weight, const Tensor& sample_weight,
                  const Tensor& y) {
  if (class_weight.empty()) return sample_weight;
  check(sample_weight.size() == 0, "{}: class_weight must come without sample_weight", caller);
  for (const auto& [number, weight] : class_weight)
    check(std::isfinite(weight) && number >= 0,
          "{}: class_weight must map class numbers >= 0 to finite weights (got {}: {})", caller,
          number, weight);
  const std::int64_t rows = rows_of(y);
  const std::int64_t marks = rows > 0 ? y.size() / rows : 1;
  NewTensor weights(Shape{rows});
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto found = class_weight.find(class_of(y.values().data() + i * marks, marks));
    weights.data[i] = static_cast<Scalar>(found == class_weight.end() ? 1 : found->second);
  }
  return std::move(weights.tensor);
}

Feed::Feed(Batch rows, const FitOptions& options)
    : rows_(std::move(rows)),
      batch_size_(options.sampling == Sampling::fresh
                      ? std::min(options.batch_size.count, rows_.rows())
                      : options.batch_size.count),
      sampling_(options.sampling),
      shuffle_(options.shuffle && sampling_ == Sampling::shuffled) {
  const bool repeats = sampling_ == Sampling::replacement;
  check(options.shuffle || !(repeats || sampling_ == Sampling::fresh),
        "fit: shuffle must be true with sampling {} (got false)", name_of(sampling_));
  order_.resize(static_cast<std::size_t>(repeats ? batch_size_ : rows_.rows()));
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
  run.sampling = sampling_;
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
    check<StateError>(run.position == 0 || run.sampling == sampling_,
                      "fit: to go on with the run, sampling must be {} (got {})",
                      name_of(run.sampling), name_of(sampling_));
    return put_in_order(run.shuffle_index);
  }
  if (source_->numbered()) return;
  for (std::int64_t batches = 0, ends = 0; batches < run.position || ends < run.shuffle_index;) {
    const bool more = (*source_)(batches).has_value();
    ++(more ? batches : ends);
    check<StateError>(ends <= run.shuffle_index,
                      "fit: to go on with the run, the source must give its {} batches again (got "
                      "{})",
                      run.position, batches);
  }
}

/// The rows of the batch at run.position, for all samplings but full.
std::span<const std::int64_t> Feed::choose(const Run& run) {
  const std::int64_t start = run.position * batch_size_, rows = rows_.rows();
  if (sampling_ == Sampling::shuffled)
    return std::span(order_).subspan(static_cast<std::size_t>(start),
                                     static_cast<std::size_t>(std::min(batch_size_, rows - start)));
  Random random(orders_, static_cast<std::uint64_t>(run.shuffle_index + run.position));
  const std::span chosen(order_.data(), static_cast<std::size_t>(batch_size_));
  std::int64_t* const order = order_.data();
  if (sampling_ == Sampling::replacement) {
    for (std::int64_t& row : chosen) row = random.below(rows);
    return chosen;
  }
  // Undoes the swaps of the last draw, so that a batch depends only on its number.
  for (std::int64_t i = 0; i < batch_size_; ++i) {
    if (order[i] >= batch_size_) order[order[i]] = order[i];
    order[i] = i;
  }
  for (std::int64_t i = 0; i < batch_size_; ++i)  // the first b swaps of Fisher and Yates
    std::swap(order[i], order[i + random.below(rows - i)]);
  return chosen;
}

std::optional<Batch> Feed::next(const Run& run) {
  if (source_) return (*source_)(run.position);
  if (run.position >= batches()) return std::nullopt;
  if (sampling_ == Sampling::full) return rows_;
  const std::span chosen = choose(run);
  Batch batch{take_rows(rows_.x, chosen), take_rows(rows_.y, chosen)};
  if (rows_.sample_weight.size() > 0) batch.sample_weight = take_rows(rows_.sample_weight, chosen);
  return batch;
}

}}}  // namespace gradus::detail
