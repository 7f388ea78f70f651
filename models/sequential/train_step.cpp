/// One training step: forward, loss, backward, update.

#include <algorithm>
#include <cmath>

#include <gradus/core/denormals.h>
#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/core/thread_pool.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

/// The class of each row: its number, or where its largest mark is.
std::int64_t class_of(const Scalar* row, std::int64_t marks) {
  if (marks == 1) return std::llround(value(*row));
  return std::max_element(row, row + marks) - row;
}

}  // namespace

Tensor detail::weights_of(const char* caller, const ClassWeight& class_weight,
                          const Tensor& sample_weight, const Tensor& y) {
  if (class_weight.empty()) return sample_weight;
  check(sample_weight.size() == 0, "{}: class_weight must come without sample_weight", caller);
  for (const auto& [number, weight] : class_weight)
    check(std::isfinite(weight) && number >= 0,
          "{}: class_weight must map class numbers >= 0 to finite weights (got {}: {})", caller,
          number, weight);
  const std::int64_t rows = y.rank() > 0 ? y.shape()[0] : 0;
  const std::int64_t marks = rows > 0 ? y.size() / rows : 1;
  NewTensor weights(Shape{rows});
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto found = class_weight.find(class_of(y.values().data() + i * marks, marks));
    weights.data[i] = static_cast<Scalar>(found == class_weight.end() ? 1 : found->second);
  }
  return std::move(weights.tensor);
}

Tensor Sequential::loss_of(const Batch& batch, const Tensor& y_pred) const {
  Tensor loss = compiled_->loss.reduced(batch.y, y_pred, batch.sample_weight);
  for (const Weight& weight : weights_)
    if (weight.regularizer) loss = loss + weight.regularizer(weight.tensor);
  return loss;
}

/// Forward, loss, backward, metrics, update.
std::string Sequential::train_step(const Batch& batch, Random random, detail::Totals& totals) {
  const detail::FlushDenormals flush;
  assignments_.clear();
  const Tensor y_pred =
      (*this)(batch.x, {.training = true, .random = random, .assignments = &assignments_});
  const Tensor loss = loss_of(batch, y_pred);
  const double number = value(loss.item());
  if (!std::isfinite(number)) [[unlikely]]
    return "non-finite loss";
  detail::gradients_into(loss, parameters_, gradients_);
  totals.add(*compiled_, batch, y_pred, number);  // first: a metric may throw
  std::string fault = compiled_->optimizer.try_apply(gradients_, parameters_);
  if (!fault.empty()) return fault;

  const NoGrad off;
  ++batches_;
  for (const auto& [state, now] : assignments_)
    detail::node_of(state).value = detail::node_of(now).value;
  for (const Weight& weight : weights_)
    if (weight.constraint)
      detail::node_of(weight.tensor).value =
          detail::node_of(weight.constraint(detach(weight.tensor))).value;
  return {};
}

Evaluation Sequential::train_on_batch(const Tensor& x, const Tensor& y,
                                      const BatchOptions& options) {
  const Batch batch = checked_batch(
      "train_on_batch",
      {x, y, detail::weights_of("train_on_batch", options.class_weight, options.sample_weight, y)});
  const Threads threads(compiled_->threads);
  detail::Totals totals;
  const Step step = compiled_->optimizer.iterations();
  const std::string fault = train_step(
      batch, Random(compiled_->seed, "training", static_cast<std::uint64_t>(batches_)), totals);
  check<NumericError>(fault.empty(), "train_on_batch: {} at step {}", fault, step);
  return evaluation(totals);
}

}}  // namespace gradus
