/// evaluate(), predict(), and the two functions for one batch.

#include <gradus/core/thread_pool.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::Hook;

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
  detail::validate(options, "evaluate");
  detail::CallbackList callbacks(options.callbacks);
  const Batch data = checked_batch("evaluate", {x, y, options.sample_weight});
  return evaluation(
      evaluate_rows(data, options.batch_size, options.steps ? options.steps->count : 0, callbacks));
}

Real Sequential::loss(const Tensor& x, const Tensor& y) {
  const Batch data = checked_batch("loss", {x, y, {}});
  const NoGrad off;
  const Threads threads(compiled_->threads);
  const auto shown = averages_shown();
  const Real loss = loss_of(data, (*this)(data.x)).loss.item();
  return loss * loss_unit();
}

Evaluation Sequential::train_on_batch(const Tensor& x, const Tensor& y, const BatchOptions& with) {
  const Batch batch = checked_batch(
      "train_on_batch",
      {x, y, detail::weights_of("train_on_batch", with.class_weight, with.sample_weight, y)});
  const Threads threads(compiled_->threads);
  detail::Totals totals;
  const Step step = compiled_->optimizer.iterations();
  const detail::Fault fault = train_step(
      batch, Random(compiled_->seed, "training", static_cast<std::uint64_t>(batches_)), totals);
  check<NumericError>(!fault, "train_on_batch: {} at step {}", fault.text, step);
  compiled_->optimizer.present();
  return evaluation(totals);
}

Evaluation Sequential::test_on_batch(const Tensor& x, const Tensor& y, const BatchOptions& with) {
  check(with.class_weight.empty(), "test_on_batch: class_weight must be empty");
  const Batch data = checked_batch("test_on_batch", {x, y, with.sample_weight});
  detail::CallbackList none({});
  return evaluation(evaluate_rows(data, data.rows(), 0, none));
}

/// In batches of `batch_size`, at most `steps` of them, or all if that is 0.
detail::Totals Sequential::evaluate_rows(const Batch& data, std::int64_t batch_size,
                                         std::int64_t steps, detail::CallbackList& callbacks) {
  const NoGrad off;
  const Threads threads(compiled_->threads);
  const auto shown = averages_shown();
  detail::Totals totals;
  Logs logs;
  callbacks.call(Hook::test_begin, 0, logs, *this);
  std::vector<Tensor> outputs;  // kept only where one value in all is asked for, or may be
  std::int64_t done = 0, seen = 0;
  for (std::int64_t start = 0; start < data.rows() && (steps == 0 || done < steps);
       start += batch_size, ++done) {
    callbacks.call(Hook::test_batch_begin, done, logs, *this);
    const Batch batch = detail::row_range(data, start, std::min(data.rows(), start + batch_size));
    const Tensor y_pred = (*this)(batch.x);
    totals.add(*compiled_, batch, y_pred, loss_of(batch, y_pred));
    if (totals.whole || batch.rows() == 1) outputs.push_back(y_pred);
    seen += batch.rows();
    if (!callbacks.empty()) totals.report(*compiled_, logs);
    callbacks.call(Hook::test_batch_end, done, logs, *this);
  }
  if (done > 1 && std::ssize(outputs) == done) {
    const Batch all = detail::row_range(data, 0, seen);
    const Tensor y_pred = concat(outputs, 0);
    totals.clear();
    totals.add(*compiled_, all, y_pred, loss_of(all, y_pred));
    totals.report(*compiled_, logs);
  }
  callbacks.call(Hook::test_end, 0, logs, *this);
  return totals;
}

Tensor Sequential::predict(const Tensor& x, const EvaluateOptions& options) {
  check<StateError>(compiled_ || parts_.input_shape, "predict: call compile() first");
  detail::validate(options, "predict");
  check(options.sample_weight.size() == 0, "predict: sample_weight must be empty");
  const NoGrad off;
  const Threads threads(compiled_ ? compiled_->threads : Extent(detail::threads()));
  const auto shown = averages_shown();
  const Tensor rows = checked_input("predict", x);
  build(rows.shape());
  detail::CallbackList callbacks(options.callbacks);
  const Logs none;
  callbacks.call(Hook::predict_begin, 0, none, *this);
  const std::int64_t count = rows.shape()[0];
  std::vector<Tensor> parts;
  for (std::int64_t start = 0; start < count; start += options.batch_size) {
    const std::int64_t done = std::ssize(parts);
    if (options.steps && done == *options.steps) break;
    callbacks.call(Hook::predict_batch_begin, done, none, *this);
    const std::int64_t stop = std::min<std::int64_t>(count, start + options.batch_size);
    parts.push_back((*this)(slice(rows, 0, start, stop)));
    callbacks.call(Hook::predict_batch_end, done, none, *this);
  }
  callbacks.call(Hook::predict_end, 0, none, *this);
  return concat(parts, 0);
}

}}  // namespace gradus
