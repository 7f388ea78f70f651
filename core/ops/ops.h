#pragma once
/// Differentiable operations on tensors.
///
/// Shapes that differ are broadcast as NumPy does: aligned at the last axis, an axis of extent 1
/// or a missing one repeats; otherwise ShapeError. Numbers convert to scalars, so `2 * x + 1`
/// works. Values follow IEEE arithmetic: log(-1) is nan (fit() then throws). Gradients are the
/// ordinary derivatives; at a kink the comment states the slope.

#include <ranges>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// One axis, a list of axes, or (default) all. Negative axes count from the end.
class Axes {
 public:
  Axes() = default;
  Axes(int axis) : Axes({axis}) {}
  Axes(std::initializer_list<int> axes) : Axes(std::span<const int>(axes.begin(), axes.size())) {}
  Axes(std::span<const int> axes);
  Axes(const std::vector<int>& axes) : Axes(std::span<const int>(axes)) {}

  bool all() const { return count_ == 0; }
  const int* begin() const { return axes_.data(); }
  const int* end() const { return axes_.data() + count_; }
  std::size_t size() const { return count_; }

 private:
  std::array<int, Shape::max_rank> axes_{};
  std::size_t count_ = 0;
};

/// The axes that a reduction runs over, and whether they stay, with extent 1.
struct Reduction {
  Axes axis = {};
  bool keepdims = false;
};

/// Row numbers. Integers have no gradient, so row numbers are a plain list rather than a Tensor.
class Indices {
 public:
  Indices(std::initializer_list<std::int64_t> list) : list_(list) {}
  template <std::ranges::input_range R>
  requires std::integral<std::ranges::range_value_t<R>> Indices(const R& range) {
    for (const auto i : range) list_.push_back(static_cast<std::int64_t>(i));
  }
  std::span<const std::int64_t> list() const { return list_; }

 private:
  std::vector<std::int64_t> list_;
};

// ---- arithmetic ---------------------------------------------------------------------------------

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Tensor& b);
Tensor neg(const Tensor& x);
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }

/// x^y. At x = 0 the slope by y is 0 for y >= 0. The slope of x^0 by x is 0 everywhere.
Tensor pow(const Tensor& x, const Tensor& y);
Tensor pow(const Tensor& x, double y);
/// The larger (smaller) of two; at a tie each side gets half of the gradient.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// (a - b)^2, as one op.
Tensor squared_difference(const Tensor& a, const Tensor& b);
/// a where condition is not 0, else b. The other side gets gradient 0, and its derivative is still
/// multiplied by that 0: keep it finite, as in where(mask, sqrt(maximum(x, 1e-9)), 0).
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
/// x limited to [low, high]; slope 1 at both bounds. ValueError unless low <= high.
Tensor clip(const Tensor& x, double low, double high);

// ---- functions, element by element --------------------------------------------------------------

Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);   ///< log(1 + x), exact for small x
Tensor expm1(const Tensor& x);   ///< e^x - 1, exact for small x
Tensor sqrt(const Tensor& x);    ///< slope inf at 0
Tensor square(const Tensor& x);  ///< x x
Tensor abs(const Tensor& x);     ///< slope 0 at 0
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);

// ---- activations --------------------------------------------------------------------------------

Tensor tanh(const Tensor& x);
Tensor sigmoid(const Tensor& x);                   ///< 1 / (1 + e^-x)
Tensor relu(const Tensor& x);                      ///< max(x, 0); slope 0 at 0
Tensor leaky_relu(const Tensor& x);                ///< with Keras's slope, 0.2
Tensor leaky_relu(const Tensor& x, double slope);  ///< x > 0 ? x : slope x; `slope` at 0
Tensor elu(const Tensor& x);                       ///< with alpha = 1
Tensor elu(const Tensor& x, double alpha);         ///< x > 0 ? x : alpha (e^x - 1); alpha at 0
Tensor gelu(const Tensor& x);                      ///< x Phi(x), exact (erf)
Tensor gelu(const Tensor& x, bool approximate);    ///< true: the approximation with tanh
Tensor silu(const Tensor& x);                      ///< x sigmoid(x)
Tensor softplus(const Tensor& x);                  ///< log(1 + e^x)
Tensor log_sigmoid(const Tensor& x);               ///< log sigmoid(x)
Tensor softmax(const Tensor& x);                   ///< over the last axis
Tensor softmax(const Tensor& x, int axis);         ///< e^x / sum e^x along an axis
Tensor log_softmax(const Tensor& x);               ///< over the last axis
Tensor log_softmax(const Tensor& x, int axis);     ///< log of softmax, never log(0)

// ---- reductions ---------------------------------------------------------------------------------

/// `sum(x)` over all elements, `sum(x, {.axis = 1, .keepdims = true})`, `sum(x, {.axis = {0, 2}})`.
/// A sum over no elements is 0. ValueError for an axis that x lacks or that is named twice.
Tensor sum(const Tensor& x, const Reduction& over = {});
/// ValueError over no elements, also for the reductions below.
Tensor mean(const Tensor& x, const Reduction& over = {});
/// Elements that tie share the gradient equally.
Tensor max(const Tensor& x, const Reduction& over = {});
Tensor min(const Tensor& x, const Reduction& over = {});
/// log sum e^x, without overflow.
Tensor logsumexp(const Tensor& x, const Reduction& over = {});

// ---- shapes and products ------------------------------------------------------------------------

/// (..., m, k) times (..., k, n) = (..., m, n); leading axes broadcast. ShapeError for rank 0 or 1.
Tensor matmul(const Tensor& a, const Tensor& b);
/// x w + b as one op, as in a Dense layer: x (..., m, k), w (k, n), b (n); else ShapeError.
Tensor affine(const Tensor& x, const Tensor& w, const Tensor& b);
/// All axes in reverse order: the transpose of a matrix.
Tensor transpose(const Tensor& x);
/// Axis i of the result is axis axes[i] of x. ValueError unless axes is a permutation.
Tensor transpose(const Tensor& x, const Axes& axes);
/// The same values in a shape of equal size (ShapeError); one extent may be -1 and is computed.
Tensor reshape(const Tensor& x, const Shape& shape);
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Joins tensors along an axis. ShapeError unless all other extents agree.
Tensor concat(std::span<const Tensor> parts, int axis);
inline Tensor concat(std::initializer_list<Tensor> parts, int axis) {
  return concat(std::span<const Tensor>(parts.begin(), parts.size()), axis);
}
/// Elements start, start + step, ... before stop of one axis. Negative start and stop count from
/// the end. ValueError outside [0, extent], or for a step below 1.
Tensor slice(const Tensor& x, int axis, std::int64_t start, std::int64_t stop,
             std::int64_t step = 1);
/// Rows (axis 0) in this order; the gradients of a repeated row add up. ValueError out of range.
Tensor gather_rows(const Tensor& x, const Indices& rows);
/// One element of each row of a matrix: result[i] = x(i, columns[i]). The column numbers have shape
/// (n) or (n, 1), like class numbers; else ShapeError. ValueError if one is not a column.
Tensor pick(const Tensor& x, const Tensor& columns);
/// The same values; gradients stop here.
Tensor detach(const Tensor& x);

}}  // namespace gradus
