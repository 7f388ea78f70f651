#pragma once
/// Layers that normalize their input to mean 0 and deviation 1. Options are in Keras's order.
/// build() makes gamma, a factor, and beta, a summand: one number per index of the axis.

#include <gradus/models/initializers.h>
#include <gradus/models/layer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace rules {
inline constexpr Rule not_the_rows{[](double axis) { return axis != 0; },
                                   "other than 0, the rows' axis"};
}

/// gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance along one axis of
/// each row (Ba et al. 2016): the same in training and afterwards.
struct LayerNormalization {
  int axis = -1;          ///< not 0, the rows' axis
  double epsilon = 1e-3;  ///< > 0
  bool center = true;     ///< adds beta
  bool scale = true;      ///< multiplies by gamma
  Initializer beta_initializer = Zeros{}, gamma_initializer = Ones{};
  Regularizer beta_regularizer = {}, gamma_regularizer = {};
  Constraint beta_constraint = {}, gamma_constraint = {};

  Tensor gamma = {}, beta = {};

  static void fields(auto& self, auto&& field) {
    field("axis", self.axis, rules::not_the_rows), field("epsilon", self.epsilon, rules::positive);
    field("center", self.center), field("scale", self.scale);
    field("beta_initializer", self.beta_initializer, rules::given);
    field("gamma_initializer", self.gamma_initializer, rules::given);
    field("beta_regularizer", self.beta_regularizer);
    field("gamma_regularizer", self.gamma_regularizer);
    field("beta_constraint", self.beta_constraint);
    field("gamma_constraint", self.gamma_constraint);
  }
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
  std::int64_t input_width() const { return axis == -1 ? (scale ? gamma : beta).size() : 0; }
};

/// gamma (x - mean) / sqrt(variance + epsilon) + beta, feature by feature (Ioffe and Szegedy 2015).
/// In training, mean and variance are those of the batch, over all axes but one, and moving
/// averages follow them: moving = momentum moving + (1 - momentum) batch. Otherwise they are the
/// moving averages, which are weights that no optimizer changes.
struct BatchNormalization {
  int axis = -1;           ///< the features' axis, not 0
  double momentum = 0.99;  ///< in [0, 1]
  double epsilon = 1e-3;   ///< > 0
  bool center = true;      ///< adds beta
  bool scale = true;       ///< multiplies by gamma
  Initializer beta_initializer = Zeros{}, gamma_initializer = Ones{};
  Initializer moving_mean_initializer = Zeros{}, moving_variance_initializer = Ones{};
  Regularizer beta_regularizer = {}, gamma_regularizer = {};
  Constraint beta_constraint = {}, gamma_constraint = {};

  Tensor gamma = {}, beta = {}, moving_mean = {}, moving_variance = {};

  static void fields(auto& self, auto&& field) {
    field("axis", self.axis, rules::not_the_rows);
    field("momentum", self.momentum, rules::unit_interval);
    field("epsilon", self.epsilon, rules::positive);
    field("center", self.center), field("scale", self.scale);
    field("beta_initializer", self.beta_initializer, rules::given);
    field("gamma_initializer", self.gamma_initializer, rules::given);
    field("moving_mean_initializer", self.moving_mean_initializer, rules::given);
    field("moving_variance_initializer", self.moving_variance_initializer, rules::given);
    field("beta_regularizer", self.beta_regularizer);
    field("gamma_regularizer", self.gamma_regularizer);
    field("beta_constraint", self.beta_constraint);
    field("gamma_constraint", self.gamma_constraint);
  }
  void build(const Shape& input, Random& random);
  Tensor operator()(const Tensor& x, const Mode& mode) const;
  static void weights(auto& self, auto&& weight) {
    LayerNormalization::weights(self, weight);
    weight("moving_mean", self.moving_mean, {.trainable = false});
    weight("moving_variance", self.moving_variance, {.trainable = false});
  }
  std::int64_t input_width() const { return axis == -1 ? moving_mean.size() : 0; }
};

}}  // namespace gradus
