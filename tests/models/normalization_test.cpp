#include <gradus/models/normalization.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/core/check_gradients.h>
#include <gradus/core/ops.h>

using namespace gradus;
using doctest::Approx;

namespace {

Mode mode(bool training) {
  static Random random(5);
  return {.training = training, .random = random};
}

template <class L>
L built(L layer, const Shape& input) {
  Random random(1);
  layer.build(input, random);
  return layer;
}

void check_values(const Tensor& got, std::initializer_list<double> want) {
  REQUIRE(got.size() == static_cast<std::int64_t>(want.size()));
  std::size_t i = 0;
  for (const double w : want) CHECK(got.values()[i++] == Approx(w).epsilon(1e-5));
}

std::vector<std::string> names(const Layer& layer) {
  std::vector<std::string> all;
  for (const Weight& weight : layer.weights())
    all.push_back(weight.name + (weight.trainable ? "" : " (kept)"));
  return all;
}

}  // namespace

TEST_CASE("layer normalization treats each row separately") {
  const LayerNormalization layer = built(
      LayerNormalization{
          .epsilon = 1, .beta_initializer = Constant{10}, .gamma_initializer = Constant{2}},
      {1, 2});
  // Row (1, 5): mean 3, variance 4; row (0, 0): 0 and 0.
  const double far = 2 * 2 / std::sqrt(5);
  check_values(layer(Tensor{{1, 5}, {0, 0}}), {10 - far, 10 + far, 10, 10});
  check_values(
      built(LayerNormalization{.axis = 1, .epsilon = 1}, {1, 2, 1})(Tensor{{{1}, {5}}, {{0}, {0}}}),
      {-far / 2, far / 2, 0, 0});
  check_values(
      built(LayerNormalization{.axis = 1, .epsilon = 1}, {1, 2, 2})(Tensor{{{1, 0}, {5, 0}}}),
      {-far / 2, 0, far / 2, 0});
}

TEST_CASE("batch normalization trains on the batch and follows it") {
  const BatchNormalization layer =
      built(BatchNormalization{.momentum = 0.75, .epsilon = 1}, {1, 2});
  const Tensor x{{1, 2}, {5, 2}};  // means 3 and 2, variances 4 and 0
  const double far = 2 / std::sqrt(5);
  check_values(layer(x, mode(false)), {1 / std::sqrt(2), 2 / std::sqrt(2), 5 / std::sqrt(2),
                                       2 / std::sqrt(2)});  // 0 and 1 at first
  check_values(layer(x, mode(true)), {-far, 0, far, 0});
  check_values(layer.moving_mean, {0.75, 0.5});
  check_values(layer.moving_variance, {0.75 + 1, 0.75});
  check_values(layer(x, mode(true)), {-far, 0, far, 0});
  check_values(layer.moving_mean, {0.75 * 0.75 + 0.75, 0.75 * 0.5 + 0.5});
  check_values(layer(Tensor{{1.3125, 0.875}}, mode(false)), {0, 0});
}

TEST_CASE("batch normalization along another axis") {
  const BatchNormalization layer = built(BatchNormalization{.axis = 1, .epsilon = 1}, {1, 2, 2});
  CHECK(layer.gamma.shape() == Shape{2});
  const double far = 2 / std::sqrt(5);
  check_values(layer(Tensor{{{1, 5}, {7, 7}}}, mode(true)), {-far, far, 0, 0});
  check_values(layer.moving_mean, {0.03, 0.07});
}

TEST_CASE("state is assigned where the mode says") {
  const BatchNormalization layer = built(BatchNormalization{}, {1, 1});
  std::vector<Mode::Assignment> later;
  Mode training = mode(true);
  training.assignments = &later;
  layer(Tensor{{1}, {3}}, training);
  CHECK(layer.moving_mean(0) == 0);
  REQUIRE(later.size() == 2);
  CHECK(later[0].state.node() == layer.moving_mean.node());
  CHECK(later[0].value(0) == Approx(0.02));
}

TEST_CASE("the gradients of normalizations agree with finite differences") {
  Random random(3);
  const Tensor x = Tensor::uniform({5, 3}, -2, 2, random);
  const Tensor gamma{0.5, 2, -1}, beta{1, 0, 3};
  const auto check = [&](auto layer, bool training) {
    const auto f = [&](std::span<const Tensor> in) {
      layer.gamma = in[1];
      layer.beta = in[2];
      Layer l = layer;
      return l(in[0], mode(training));
    };
    const GradientCheck r = check_gradients(f, {x, gamma, beta});
    CHECK_MESSAGE(r.ok, r.max_error);
  };
  check(built(LayerNormalization{.epsilon = 0.1}, {1, 3}), true);
  check(built(BatchNormalization{.epsilon = 0.1}, {1, 3}), true);
  check(built(BatchNormalization{.moving_mean_initializer = Constant{2}}, {1, 3}), false);
}

TEST_CASE("normalizations name their weights in Keras's order") {
  using Names = std::vector<std::string>;
  CHECK(names(built(LayerNormalization{}, {1, 2})) == Names{"gamma", "beta"});
  CHECK(names(built(LayerNormalization{.center = false}, {1, 2})) == Names{"gamma"});
  CHECK(names(built(BatchNormalization{}, {1, 2})) ==
        Names{"gamma", "beta", "moving_mean (kept)", "moving_variance (kept)"});
  CHECK(names(built(BatchNormalization{.scale = false}, {1, 2})) ==
        Names{"beta", "moving_mean (kept)", "moving_variance (kept)"});
  const LayerNormalization bare =
      built(LayerNormalization{.center = false, .scale = false}, {1, 2});
  CHECK(bare(Tensor{{1, 3}})(0, 1) == Approx(1 / std::sqrt(1.001)));
  const BatchNormalization penalised =
      built(BatchNormalization{.beta_regularizer = L2{1}, .gamma_constraint = NonNeg{}}, {1, 2});
  CHECK(static_cast<bool>(Layer(penalised).weights()[0].constraint));
  CHECK(static_cast<bool>(Layer(penalised).weights()[1].regularizer));
}

TEST_CASE("bad options of normalizations are refused where they are given") {
  CHECK_THROWS_WITH_AS(Layer(BatchNormalization{.momentum = 1.5}),
                       "BatchNormalization: momentum must be in [0, 1] (got 1.5)", ValueError);
  CHECK_THROWS_WITH_AS(Layer(LayerNormalization{.epsilon = 0}),
                       "LayerNormalization: epsilon must be finite and > 0 (got 0)", ValueError);
  CHECK_THROWS_AS(Layer(BatchNormalization{.axis = 0}), ValueError);
  CHECK_THROWS_AS(Layer(LayerNormalization{.gamma_initializer = nullptr}), ValueError);
  Random random(1);
  LayerNormalization layer{.axis = 2};
  CHECK_THROWS_WITH_AS(layer.build({1, 3}, random),
                       "LayerNormalization: the input must be (rows, features...) with an axis 2 "
                       "(got shape (1,3))",
                       ShapeError);
}
