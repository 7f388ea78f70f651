#pragma once
/// Comparing gradients with finite differences: for whoever writes an op, a layer or a loss.

#include <functional>
#include <span>
#include <vector>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// What check_gradients() found.
struct GradientCheck {
  double max_error = 0;  ///< the largest |gradient - difference| / (1 + |gradient|)
  double tolerance = 0;  ///< what `ok` compared it with
  bool ok = true;        ///< max_error <= tolerance
};

/// Differentiates `f` at `inputs` backward, and by central differences of fourth order,
/// (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, at every element of every input, and
/// compares.
///
///     GradientCheck r = check_gradients(
///         [](std::span<const Tensor> in) { return mean(tanh(in[0])); }, {x});
///
/// A result with more than one element is weighted with fixed random numbers and summed first, so
/// that every element counts. Keep inputs away from kinks. In the float build the differences are
/// coarse: h is 1e-2 and the tolerance 1e-2; in the double build 1e-4 and 1e-7.
GradientCheck check_gradients(const std::function<Tensor(std::span<const Tensor>)>& f,
                              const std::vector<Tensor>& inputs);

}}  // namespace gradus
