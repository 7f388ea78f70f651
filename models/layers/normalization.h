#pragma once
/// Layers that bring their input to mean 0 and deviation 1. Options are in Keras's order; made by
/// build(), of shape (extent of the axis): gamma, which multiplies, and beta, which is added.

#include <gradus/models/initializers.h>
#include <gradus/models/layer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance of each row by itself
/// along one axis (Ba et al. 2016): the same in training and afterwards.
struct LayerNormalization {
  int axis = -1;          ///< not 0, the rows' own
  double epsilon = 1e-3;  ///< > 0
  bool center = true;     ///< whether there is a beta
  bool scale = true;      ///< whether there is a gamma
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};

  Tensor gamma = {}, beta = {};

  void validate() const;
  void build(const Shape& input, Random& random);
  Tensor operator()(const Tensor& x) const;
  static void weights(auto& self, auto&& weight) {
    if (self.scale)
      weight("gamma", self.gamma,
             {.regularizer = self.gamma_regularizer, .constraint = self.gamma_constraint});
    if (self.center)
      weight("beta", self.beta,
             {.regularizer = self.beta_regularizer, .constraint = self.beta_constraint});
  }
  std::int64_t input_width() const;
};

/// gamma (x - mean) / sqrt(variance + epsilon) + beta, feature by feature (Ioffe and Szegedy 2015).
/// While training, mean and variance are those of the batch, over all axes but one, and moving
/// averages follow them: moving = momentum moving + (1 - momentum) batch. Otherwise they are the
/// moving ones, which are weights that no optimizer touches.
struct BatchNormalization {
  int axis = -1;           ///< the features' axis, not 0
  double momentum = 0.99;  ///< in [0, 1]
  double epsilon = 1e-3;   ///< > 0
  bool center = true;      ///< whether there is a beta
  bool scale = true;       ///< whether there is a gamma
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Initializer moving_mean_initializer = Zeros{};
  Initializer moving_variance_initializer = Ones{};
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};

  Tensor gamma = {}, beta = {}, moving_mean = {}, moving_variance = {};

  void validate() const;
  void build(const Shape& input, Random& random);
  Tensor operator()(const Tensor& x, const Mode& mode) const;
  static void weights(auto& self, auto&& weight) {
    LayerNormalization::weights(self, weight);
    weight("moving_mean", self.moving_mean, {.trainable = false});
    weight("moving_variance", self.moving_variance, {.trainable = false});
  }
  std::int64_t input_width() const;
};

}}  // namespace gradus
