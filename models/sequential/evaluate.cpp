/// Checking data, evaluate() and predict().

#include <algorithm>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/core/thread_pool.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::Hook;

namespace detail {

/// Only a parameter's values ever change, so all else is read once, however often it is trained on.
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

static void copy_rows(const Scalar* from, const std::int64_t* rows, std::int64_t count,
                      std::int64_t width, Scalar* to) {
  for (std::int64_t i = 0; i < count; ++i) to = std::copy_n(from + rows[i] * width, width, to);
}

Tensor take_rows(const Tensor& x, std::span<const std::int64_t> rows) {
  const Node& from = node_of(x);
  const std::int64_t width = from.size / std::max<std::int64_t>(1, from.shape[0]);
  Shape shape = from.shape;
  shape.set(0, static_cast<std::int64_t>(rows.size()));
  NewTensor to(shape);
  const auto gather = [=, in = from.data(), out = to.data](auto begin, auto end) {
    copy_rows(in, rows.data() + begin, end - begin, width, out + begin * width);
  };
  in_ranges(std::ssize(rows), gather, width);
  return std::move(to.tensor);
}

Tensor row_range(const Tensor& x, std::int64_t start, std::int64_t stop) {
  const NoGrad off;
  return slice(x, 0, start, stop);
}

Batch row_range(const Batch& data, std::int64_t start, std::int64_t stop) {
  Batch part{row_range(data.x, start, stop), row_range(data.y, start, stop)};
  if (data.sample_weight.size() > 0)
    part.sample_weight = row_range(data.sample_weight, start, stop);
  return part;
}

}  // namespace detail

namespace {

/// The model's rows and the ones it got: `4 features (got 5)`, or shapes for images.
std::string mismatch(const Shape& expected, const Shape& got) {
  if (expected.rank() == 2 && got.rank() == 2)
    return fmt::format("{} features (got {})", expected[1], got[1]);
  return fmt::format("rows as in shape {} (got {})", expected, got);
}

void check_options(const char* caller, const EvaluateOptions& options) {
  check(options.batch_size >= 1, "{}: batch_size must be >= 1 (got {})", caller,
        options.batch_size.count);
  check(!options.steps || *options.steps >= 1, "{}: steps must be >= 1 (got {})", caller,
        options.steps ? options.steps->count : 0);
}

/// The weights as one number per row.
Tensor checked_weights(const char* caller, const Tensor& weights, std::int64_t rows) {
  if (weights.size() == 0) return {};
  check<ShapeError>(weights.size() == rows && weights.rank() >= 1 && weights.shape()[0] == rows,
                    "{}: sample_weight must have one number per row (got shape {} for {} rows)",
                    caller, weights.shape(), rows);
  detail::check_finite(caller, "sample_weight", weights);
  return reshape(detach(weights), {rows});
}

}  // namespace

Tensor Sequential::checked_input(const char* caller, const Tensor& x) const {
  Tensor rows = detach(x);
  if (rows.rank() == 1) rows = reshape(rows, {rows.size(), 1});
  check<ShapeError>(rows.rank() >= 2, "{}: x must be (rows, features...) (got shape {})", caller,
                    x.shape());
  check(rows.shape()[0] > 0, "{}: x is empty", caller);
  detail::check_finite(caller, "x", x);  // which remembers it; rows are made anew each time
  if (!input_shape_) return rows;
  Shape expected = *input_shape_;
  expected.set(0, rows.shape()[0]);
  check<ShapeError>(rows.shape() == expected, "{}: model expects {}", caller,
                    mismatch(expected, rows.shape()));
  return rows;
}

Batch Sequential::checked_batch(const char* caller, const Batch& batch) {
  const NoGrad off;
  const Tensor &x = batch.x, &y = batch.y;
  const Loss& loss = compiled(caller).loss;
  check<ShapeError>(x.rank() > 0 && y.rank() > 0 && x.shape()[0] == y.shape()[0],
                    "{}: x and y must have as many rows (x has {}, y has {})", caller,
                    x.rank() > 0 ? x.shape()[0] : 0, y.rank() > 0 ? y.shape()[0] : 0);
  Batch data{checked_input(caller, x), detach(y)};
  detail::check_finite(caller, "y", y);
  data.sample_weight = checked_weights(caller, batch.sample_weight, data.rows());
  if (input_shape_) {
    loss.check_targets(y, output_shapes_.back());
  } else {
    Built built = built_for(data.x.shape());
    loss.check_targets(y, built.output_shapes.back());
    adopt(std::move(built));
  }
  return data;
}

void Sequential::call(std::vector<Callback>& callbacks, Hook hook, std::int64_t index,
                      const Logs& logs) {
  for (const bool last : {false, true})
    for (Callback& callback : callbacks)
      if (callback.runs_last() == last) callback.call(hook, index, logs, *this);
}

Evaluation Sequential::evaluation(const detail::Totals& totals) const {
  Logs logs;
  totals.report(*compiled_, logs);
  Evaluation result{.loss = logs["loss"]};
  for (const auto& [name, number] : logs)
    if (name != "loss") result.metrics[name] = number;
  return result;
}

MonitorMode Sequential::direction_of(std::string_view metric) const {
  check_compiled("direction_of");
  auto direction = MonitorMode::automatic;
  detail::for_each_metric(*compiled_, [&](std::size_t, const Metric& m, bool) {
    if (m.name() == metric) direction = m.direction();
  });
  return direction;
}

Evaluation Sequential::evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options) {
  check_options("evaluate", options);
  std::vector<Callback> callbacks = options.callbacks;
  const Batch data = checked_batch("evaluate", {x, y, options.sample_weight});
  return evaluation(
      evaluate_rows(data, options.batch_size, options.steps ? options.steps->count : 0, callbacks));
}

Evaluation Sequential::test_on_batch(const Tensor& x, const Tensor& y,
                                     const BatchOptions& options) {
  check(options.class_weight.empty(), "test_on_batch: class_weight must be empty");
  const Batch data = checked_batch("test_on_batch", {x, y, options.sample_weight});
  std::vector<Callback> none;
  return evaluation(evaluate_rows(data, data.rows(), 0, none));
}

/// In batches of `batch_size`, at most `steps` of them, or all if that is 0.
detail::Totals Sequential::evaluate_rows(const Batch& data, std::int64_t batch_size,
                                         std::int64_t steps, std::vector<Callback>& callbacks) {
  const NoGrad off;
  const Threads threads(compiled_->threads);
  detail::Totals totals;
  Logs logs;
  call(callbacks, Hook::test_begin, 0, logs);
  std::int64_t done = 0;
  for (std::int64_t start = 0; start < data.rows() && (steps == 0 || done < steps);
       start += batch_size, ++done) {
    call(callbacks, Hook::test_batch_begin, done, logs);
    const Batch batch = detail::row_range(data, start, std::min(data.rows(), start + batch_size));
    const Tensor y_pred = (*this)(batch.x);
    totals.add(*compiled_, batch, y_pred, value(loss_of(batch, y_pred).item()));
    if (!callbacks.empty()) totals.report(*compiled_, logs);
    call(callbacks, Hook::test_batch_end, done, logs);
  }
  call(callbacks, Hook::test_end, 0, logs);
  return totals;
}

Tensor Sequential::predict(const Tensor& x, const EvaluateOptions& options) {
  check<StateError>(compiled_ || input_shape_, "predict: call compile() first");
  check_options("predict", options);
  check(options.sample_weight.size() == 0, "predict: sample_weight must be empty");
  const NoGrad off;
  const Threads threads(compiled_ ? compiled_->threads : Extent(detail::threads()));
  const Tensor rows = checked_input("predict", x);
  build(rows.shape());
  std::vector<Callback> callbacks = options.callbacks;
  const Logs none;
  call(callbacks, Hook::predict_begin, 0, none);
  const std::int64_t count = rows.shape()[0];
  std::vector<Tensor> parts;
  for (std::int64_t start = 0; start < count; start += options.batch_size) {
    const std::int64_t done = std::ssize(parts);
    if (options.steps && done == *options.steps) break;
    call(callbacks, Hook::predict_batch_begin, done, none);
    parts.push_back((*this)(
        detail::row_range(rows, start, std::min<std::int64_t>(count, start + options.batch_size))));
    call(callbacks, Hook::predict_batch_end, done, none);
  }
  call(callbacks, Hook::predict_end, 0, none);
  return concat(parts, 0);
}

}}  // namespace gradus
