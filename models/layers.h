#pragma once
/// The layers: Dense, Activation, Flatten, Dropout.

#include <functional>
#include <utility>
#include <vector>

#include <gradus/core/ops.h>
#include <gradus/models/initializers.h>
#include <gradus/models/layer.h>

namespace gradus::inline GRADUS_VARIANT {

/// A function of a tensor as a value, and a layer: an op such as `relu`, or any callable
/// `Tensor(const Tensor&)`. Without one it returns its input.
class Activation {
 public:
  Activation() = default;
  /// For ops: this one of their overloads is meant. ValueError for null.
  Activation(Tensor (*op)(const Tensor&)) : function_(op) {
    check(op != nullptr, "Activation: the function must not be null");
  }
  template <class F>
  requires std::is_invocable_r_v<Tensor, const F&, const Tensor&> &&
      (!std::same_as<F, Activation>)Activation(F function)
      : function_(std::move(function)) {}

  Tensor operator()(const Tensor& x) const { return function_ ? function_(x) : x; }

 private:
  std::function<Tensor(const Tensor&)> function_;
};

/// activation(x kernel + bias): `units` weighted sums of the last axis. Keras: keras.layers.Dense.
///
///     Dense{.units = 128, .activation = relu}     Dense{16, tanh}
///
/// A copy of the struct shares the weights, as a copy of a Tensor does; a copy of a Layer or a
/// model has its own. ValueError unless units >= 1; ShapeError for an input of another width.
struct Dense {
  Extent units = 0;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};

  Tensor kernel = {};  ///< (inputs, units), made by build()
  Tensor bias = {};    ///< (units), if used

  void validate() const;
  void build(const Shape& input, Random& random);
  Tensor operator()(const Tensor& x) const;
  std::vector<Tensor> parameters() const;
  std::vector<Weight> weights() const;
  std::int64_t input_width() const { return kernel.size() > 0 ? kernel.shape()[0] : 0; }
};

/// (rows, a, b, ...) to (rows, a b ...), row by row.
struct Flatten {
  Tensor operator()(const Tensor& x) const;
};

/// While training, sets a share `rate` of the elements to 0 at random and scales the others by
/// 1 / (1 - rate) (Srivastava et al. 2014); otherwise returns its input. ValueError unless rate is
/// in [0, 1).
struct Dropout {
  double rate = 0;
  void validate() const;
  Tensor operator()(const Tensor& x, const Mode& mode) const;
};

}  // namespace gradus
