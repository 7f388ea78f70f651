#pragma once
/// Compares gradients with finite differences: for authors of ops, layers and losses.

#include <functional>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The result of check_gradients().
struct GradientCheck {
  double max_error = 0;  ///< the largest |gradient - difference| / (1 + |gradient|)
  double tolerance = 0;  ///< the bound for `ok`
  bool ok = true;        ///< max_error <= tolerance
};

/// Differentiates `f` at `inputs` by backward() and by central differences of fourth order,
/// (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, and compares the two at every element.
///
///     GradientCheck r = check_gradients(
///         [](std::span<const Tensor> in) { return mean(tanh(in[0])); }, {x});
///
/// A result with several elements is summed with fixed random weights. Keep inputs away from kinks.
/// h and the tolerance are 1e-2 and 1e-2 in the float build, 1e-4 and 1e-7 in the double build.
GradientCheck check_gradients(const std::function<Tensor(std::span<const Tensor>)>& f,
                              const std::vector<Tensor>& inputs);

}}  // namespace gradus
