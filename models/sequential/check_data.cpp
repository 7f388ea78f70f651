/// Checks of data against a model.

#include <gradus/core/ops.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Expected and given rows: `4 features (got 5)`, or shapes for images.
std::string mismatch(const Shape& expected, const Shape& got) {
  if (expected.rank() == 2 && got.rank() == 2)
    return fmt::format("{} features (got {})", expected[1], got[1]);
  return fmt::format("rows as in shape {} (got {})", expected, got);
}

/// Sample weights as one number per row.
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
  detail::check_finite(caller, "x",
                       x);  // x, which remembers the result; rows is a new tensor each time
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

}}  // namespace gradus
