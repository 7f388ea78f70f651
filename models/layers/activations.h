#pragma once
/// Activations: functions of a layer's sums, element by element or along the last axis. Names and
/// defaults are Keras's (keras.activations); core/ops.h has tanh, sigmoid, relu, leaky_relu, elu,
/// gelu, silu, softplus, log_sigmoid, softmax and log_softmax.
///
/// Each is a function `Tensor(const Tensor&)`, so that `.activation = mish` works. An overload
/// takes further arguments; call it from a lambda: `[](const Tensor& x) { return celu(x, 0.7); }`.
/// Comments state the slope at each kink. ValueError for arguments out of range.

#include <gradus/core/ops.h>
#include <gradus/models/function.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct Activation;

namespace detail {
template <class F>
concept NoActivation =
    (Callable<F> ||
     std::convertible_to<F, std::string_view>)&&!std::is_invocable_r_v<Tensor, const F&,
                                                                       const Tensor&> &&
    !std::derived_from<F, Activation>;
}  // namespace detail

/// A function of a tensor as a value, and a layer: an activation such as `relu`, or any callable
/// `Tensor(const Tensor&)`. Without one it returns its input.
struct Activation : Function<Tensor(const Tensor&)> {
  using Function::Function;
  /// For ops: this overload is meant. ValueError for null.
  Activation(Tensor (*op)(const Tensor&)) : Function(op) {
    check(op != nullptr, "Activation: the function must not be null");
  }
  template <detail::NoActivation F>
  Activation(F, detail::Expects<"relu or [](const Tensor& x) { return 2 * x; }"> = {}) = delete;
  Tensor operator()(const Tensor& x) const { return *this ? Function::operator()(x) : x; }
};

// ---- straight pieces ----------------------------------------------------------------------------

inline Tensor linear(const Tensor& x) { return x; }

struct ReluOptions {
  double negative_slope = 0;             ///< >= 0; below the threshold: slope (x - threshold)
  std::optional<double> max_value = {};  ///< >= 0; cuts the result there, with slope 1 at the cut
  double threshold = 0;                  ///< x up to this value counts as negative
  static void fields(auto& self, auto&& field) {
    field("negative_slope", self.negative_slope, rules::not_negative);
    field("max_value", self.max_value, rules::zero_or_more);
    field("threshold", self.threshold, rules::finite_number);
  }
};
/// x above the threshold, else negative_slope (x - threshold). Slope at the threshold:
/// negative_slope if it is 0 and nothing is cut, else 0.
Tensor relu(const Tensor& x, const ReluOptions& options);
Tensor relu6(const Tensor& x);      ///< x cut to [0, 6]; slope 0 at both
Tensor hard_tanh(const Tensor& x);  ///< x cut to [-1, 1]; slope 0 at both
/// x / 6 + 1 / 2 cut to [0, 1]: the ends are at x = -3 and 3, slope 0 at both.
Tensor hard_sigmoid(const Tensor& x);
/// x hard_sigmoid(x), also called hard_swish; slope -1/2 at -3 and 1 at 3.
Tensor hard_silu(const Tensor& x);
Tensor hard_shrink(const Tensor& x, double threshold);  ///< x where |x| > threshold >= 0, else 0
inline Tensor hard_shrink(const Tensor& x) { return hard_shrink(x, 0.5); }
/// x moved towards 0 by `threshold` >= 0, and 0 within it; slope 0 at both ends.
Tensor soft_shrink(const Tensor& x, double threshold);
inline Tensor soft_shrink(const Tensor& x) { return soft_shrink(x, 0.5); }
/// x above the threshold, else `default_value`.
Tensor threshold(const Tensor& x, double threshold, double default_value);
/// (x + 1) / 2 cut to [0, 1]; slope 0 at x = -1 and 1.
Tensor sparse_sigmoid(const Tensor& x);
/// The integral of sparse_sigmoid: 0 up to -1, (x + 1)^2 / 4 between, x from 1 on.
inline Tensor sparse_plus(const Tensor& x) { return square(clip(x, -1, 1) + 1) / 4 + relu(x - 1); }

// ---- curves -------------------------------------------------------------------------------------

/// 1.0507 x, and below 0 1.7581 (e^x - 1): keeps mean 0 and variance 1 through deep nets
/// (Klambauer et al. 2017). Slope 1.7581 at 0.
inline Tensor selu(const Tensor& x) { return 1.0507009873554805 * elu(x, 1.6732632423543772); }
/// x, and below 0 alpha (e^(x / alpha) - 1); alpha > 0.
Tensor celu(const Tensor& x, double alpha);
inline Tensor celu(const Tensor& x) { return elu(x); }  ///< with alpha = 1
inline Tensor exponential(const Tensor& x) { return exp(x); }
inline Tensor softsign(const Tensor& x) { return x / (1 + abs(x)); }
inline Tensor tanh_shrink(const Tensor& x) { return x - tanh(x); }
inline Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }  ///< Misra 2019
/// (x + sqrt(x^2 + b)) / 2 for b > 0, exact also for x far below 0 (Barron 2021).
Tensor squareplus(const Tensor& x, double b);
inline Tensor squareplus(const Tensor& x) { return squareplus(x, 4); }

// ---- along an axis ------------------------------------------------------------------------------

/// The point nearest to x whose elements along the last axis are >= 0 and sum to 1: max(x - t, 0)
/// for the right t (Martins and Astudillo 2016). Unlike softmax it gives zeros.
Tensor sparsemax(const Tensor& x);
/// a sigmoid(b) for the two halves a, b of an axis (Dauphin et al. 2017). ShapeError if it is odd.
Tensor glu(const Tensor& x, int axis);
inline Tensor glu(const Tensor& x) { return glu(x, -1); }

}}  // namespace gradus
