#pragma once
/// Dense: the fully connected layer.

#include <gradus/models/activations.h>
#include <gradus/models/initializers.h>
#include <gradus/models/layer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// activation(x kernel + bias): `units` weighted sums of the last axis. Keras: keras.layers.Dense.
///
///     Dense{.units = 128, .activation = relu}     Dense{16, tanh}
///
/// A copy of the struct shares the weights, as a copy of a Tensor does; a copy of a Layer or a
/// model copies them. ValueError unless units >= 1; ShapeError for an input of another width.
/// Options are in Keras's order; regularizers add to the loss, constraints act after each update.
struct Dense {
  Count units = 0;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{}, bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};  ///< such as L2{}, or null
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};  ///< such as MaxNorm{}, or null
  Constraint bias_constraint = {};

  Tensor kernel = {};  ///< (inputs, units), made by build()
  Tensor bias = {};    ///< (units), if used

  static void fields(auto& self, auto&& field) {
    field("units", self.units, rules::one_or_more);
    field("activation", self.activation), field("use_bias", self.use_bias);
    field("kernel_initializer", self.kernel_initializer, rules::given);
    field("bias_initializer", self.bias_initializer, rules::given);
    field("kernel_regularizer", self.kernel_regularizer);
    field("bias_regularizer", self.bias_regularizer);
    field("kernel_constraint", self.kernel_constraint);
    field("bias_constraint", self.bias_constraint);
  }
  void build(const Shape& input, Random& random);
  Tensor operator()(const Tensor& x) const {
    return activation(use_bias ? affine(x, kernel, bias) : matmul(x, kernel));
  }
  static void weights(auto& self, auto&& weight) {
    weight("kernel", self.kernel,
           {.regularizer = self.kernel_regularizer, .constraint = self.kernel_constraint});
    if (self.use_bias)
      weight("bias", self.bias,
             {.regularizer = self.bias_regularizer, .constraint = self.bias_constraint});
  }
  std::int64_t input_width() const { return kernel.size() > 0 ? kernel.shape()[0] : 0; }
};

}}  // namespace gradus
