#pragma once
/// Helpers of losses and metrics: targets compared with outputs, values reduced to one per row.

#include <cstdint>
#include <string_view>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Keras's epsilon: it keeps the arguments of log() above 0 and quotients finite.
inline constexpr double keras_epsilon = 1e-7;

/// The extent of axis 0; 0 for a scalar.
std::int64_t rows_of(const Tensor& x);
/// The extent of the last axis: outputs per row. Rows of rank 1 hold one output each.
std::int64_t width_of(const Tensor& y_pred);
/// ShapeError unless targets have the outputs' shape, or one is (n) and the other (n, 1).
void check_shapes(std::string_view owner, const Shape& y_true, const Shape& y_pred);
/// The targets in the outputs' shape; ShapeError as check_shapes().
Tensor fitted(std::string_view owner, const Tensor& y_true, const Tensor& y_pred);
/// The outputs' shape with the targets' number of rows.
Shape with_rows(Shape y_pred, const Tensor& y_true);
/// One value per row: the mean over all axes but the first.
Tensor row_means(const Tensor& x);
/// True for one value per row, false for one in all; ShapeError for other values, and StateError
/// for sample weights beside one value in all. `kind` is "loss" or "metric".
bool one_per_row(std::string_view kind, std::string_view owner, const Tensor& values,
                 std::int64_t rows, const Tensor& sample_weight);
/// Weights (rows) or (rows, 1) as (rows), else ShapeError; an empty tensor stays empty.
Tensor row_weights(std::string_view owner, const Tensor& sample_weight, std::int64_t rows);
/// x divided by its length along an axis, which is at least 1e-7.
Tensor unit_vectors(const Tensor& x, int axis);
/// The plain sum, in double.
double total(const Tensor& x);

}}}  // namespace gradus::detail
