#pragma once
/// Dense: the fully connected layer.

#include <vector>

#include <gradus/models/activations.h>
#include <gradus/models/initializers.h>
#include <gradus/models/layer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// activation(x kernel + bias): `units` weighted sums of the last axis. Keras: keras.layers.Dense.
///
///     Dense{.units = 128, .activation = relu}     Dense{16, tanh}
///
/// A copy of the struct shares the weights, as a copy of a Tensor does; a copy of a Layer or a
/// model has its own. ValueError unless units >= 1; ShapeError for an input of another width.
/// Options are in Keras's order; regularizers add to the loss, constraints act after each update.
struct Dense {
  Extent units = 0;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};  ///< such as L2{}, or null
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};  ///< such as MaxNorm{}, or null
  Constraint bias_constraint = {};

  Tensor kernel = {};  ///< (inputs, units), made by build()
  Tensor bias = {};    ///< (units), if used

  void validate() const;
  void build(const Shape& input, Random& random);
  Tensor operator()(const Tensor& x) const {
    return activation(use_bias ? affine(x, kernel, bias) : matmul(x, kernel));
  }
  std::vector<Weight> weights() const;
  std::int64_t input_width() const { return kernel.size() > 0 ? kernel.shape()[0] : 0; }
};

}}  // namespace gradus
