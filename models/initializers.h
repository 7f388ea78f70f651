#pragma once
/// How weights begin.

#include <functional>

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_VARIANT {

/// Any callable `Tensor(const Shape&, Random&)`: one of the structs below, or a lambda.
using Initializer = std::function<Tensor(const Shape& shape, Random& random)>;

/// All 0: Keras's default for biases.
struct Zeros {
  Tensor operator()(const Shape& shape, Random&) const { return Tensor::zeros(shape); }
};

/// All `value`.
struct Constant {
  double value = 0;
  Tensor operator()(const Shape& shape, Random&) const { return Tensor::full(shape, value); }
};

/// Uniform in [-l, l), l = sqrt(6 / (fan_in + fan_out)): keeps the spread of activations and of
/// gradients alike (Glorot and Bengio 2010). Keras's default for kernels. For a kernel of shape
/// (in, out), the fans are those; axes before them multiply both.
struct GlorotUniform {
  Tensor operator()(const Shape& shape, Random& random) const;
};

/// Normal with deviation sqrt(2 / fan_in), drawn again beyond two deviations and widened so that
/// the deviation is kept: for relu layers (He et al. 2015).
struct HeNormal {
  Tensor operator()(const Shape& shape, Random& random) const;
};

}  // namespace gradus
