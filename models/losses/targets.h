#pragma once
/// Targets beside outputs: shapes compared, values brought to one per row. For losses and metrics.

#include <cstdint>
#include <string_view>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// What Keras calls epsilon: it keeps log() off 0 and quotients finite.
inline constexpr double fuzz = 1e-7;

/// The extent of axis 0; 0 for a scalar.
std::int64_t rows_of(const Tensor& x);
/// ShapeError unless targets have the outputs' shape, or one is (n) and the other (n, 1).
void check_shapes(std::string_view owner, const Shape& y_true, const Shape& y_pred);
/// The targets in the outputs' shape, checked so.
Tensor fitted(std::string_view owner, const Tensor& y_true, const Tensor& y_pred);
/// The outputs' shape with the targets' number of rows.
Shape with_rows(Shape y_pred, const Tensor& y_true);
/// One value per row: the mean over all axes but the first.
Tensor row_means(const Tensor& x);
/// Weights (rows) or (rows, 1) as (rows), else ShapeError; none stay none.
Tensor row_weights(std::string_view owner, const Tensor& sample_weight, std::int64_t rows);
/// The plain sum, in double.
double total(const Tensor& x);

}}}  // namespace gradus::detail
