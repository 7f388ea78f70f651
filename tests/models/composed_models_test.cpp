#include <gradus/models/layer.h>

#include <cmath>

#include <gradus/core/check_gradients.h>
#include <gradus/models/activations.h>
#include <gradus/models/normalization.h>
#include <gradus/optim/adam.h>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;

namespace {

/// Models with branches.
struct TwoTowers {
  Layer left = Dense{.units = 4, .activation = tanh}, right = Dense{.units = 3, .activation = tanh};
  Layer head = Dense{.units = 1};
  Tensor operator()(const Tensor& x, const Mode& mode) {
    const Tensor a = left(slice(x, 1, 0, 1), mode), b = right(slice(x, 1, 1, 2), mode);
    return head(concat({a, b}, 1), mode);
  }
  static void layers(auto& self, auto&& layer) {
    layer(self.left), layer(self.right), layer(self.head);
  }
};
struct Residual {
  Layer norm = BatchNormalization{}, inner = Dense{.units = 2, .activation = tanh};
  Tensor operator()(const Tensor& x, const Mode& mode) { return x + inner(norm(x, mode), mode); }
  static void layers(auto& self, auto&& layer) { layer(self.norm), layer(self.inner); }
};
/// One layer used twice, and another weight.
struct Twice {
  Layer step = Dense{.units = 2, .activation = tanh};
  Tensor scale;
  void build(const Shape&, Random&) { scale = parameter(Tensor::ones({2})); }
  Tensor operator()(const Tensor& x, const Mode& mode) { return scale * step(step(x, mode), mode); }
  static void layers(auto& self, auto&& layer) { layer(self.step); }
  static void weights(auto& self, auto&& weight) { weight("scale", self.scale); }
};

/// One of its layers is never called.
struct Idle {
  Layer used = Dense{.units = 1}, idle = Dense{.units = 1};
  Tensor operator()(const Tensor& x, const Mode& mode) { return used(x, mode); }
  static void layers(auto& self, auto&& layer) { layer(self.used), layer(self.idle); }
};

const Tensor x{{0.1, 0.9}, {-0.4, 0.3}, {0.7, -0.8}, {-0.6, -0.2}, {0.2, 0.5}, {0.8, 0.1}};
const Tensor y = sin(2 * slice(x, 1, 0, 1)) + square(slice(x, 1, 1, 2));

std::vector<std::string> weight_names(const Sequential& model) {
  std::vector<std::string> all;
  for (const Weight& weight : model.weights()) all.push_back(weight.name);
  return all;
}

/// The gradients by the weights agree with central differences of the loss.
void check_weights_gradients(Sequential& model) {
  model.build(x.shape());
  Random random(1);
  const auto loss = [&] {
    return MeanSquaredError{}(y, model(x, {.training = false, .random = random}));
  };
  const Tensor now = mean(loss());
  const std::vector<Tensor> slopes = gradients(now, model.parameters());
  const double h = sizeof(Scalar) == 4 ? 1e-2 : 1e-4, tolerance = sizeof(Scalar) == 4 ? 2e-3 : 1e-7;
  for (std::size_t i = 0; i < slopes.size(); ++i)
    for (std::int64_t j = 0; j < slopes[i].size(); ++j) {
      const auto moved = [&](double by) {
        Tensor& parameter = const_cast<Tensor&>(model.parameters()[i]);
        Scalar* element = detail::node_of(parameter).writable() + j;
        const Scalar before = *element;
        *element += static_cast<Scalar>(by);
        const double result = value(mean(loss()).item());
        detail::node_of(parameter).writable()[j] = before;
        return result;
      };
      const double difference = (moved(h) - moved(-h)) / (2 * h);
      CHECK(value(slopes[i].values()[static_cast<std::size_t>(j)]) ==
            Approx(difference).scale(1).epsilon(tolerance));
    }
}

}  // namespace

TEST_CASE("a struct of layers names its weights after the layers") {
  Sequential towers{TwoTowers{}, Dense{.units = 1}};
  towers.build({1, 2});
  CHECK(weight_names(towers) ==
        std::vector<std::string>{"two_towers/dense/kernel", "two_towers/dense/bias",
                                 "two_towers/dense_1/kernel", "two_towers/dense_1/bias",
                                 "two_towers/dense_2/kernel", "two_towers/dense_2/bias",
                                 "dense/kernel", "dense/bias"});
  Sequential blocks{Residual{}, Residual{}};
  blocks.build({1, 2});
  const auto names = weight_names(blocks);
  REQUIRE(names.size() == 12);
  CHECK(names[2] == "residual/batch_normalization/moving_mean");
  CHECK(names[11] == "residual_1/dense/bias");
  CHECK(blocks.parameters().size() == 8);
  Sequential twice{Twice{}};
  twice.build({1, 2});
  CHECK(weight_names(twice) ==
        std::vector<std::string>{"twice/dense/kernel", "twice/dense/bias", "twice/scale"});
}

TEST_CASE("gradients of structs of layers agree with finite differences") {
  Sequential towers{TwoTowers{}}, blocks{Residual{}, Residual{}, Dense{.units = 1}},
      twice{Twice{}, Dense{.units = 1}};
  twice.build({1, 2});
  auto weights = twice.get_weights();
  weights[2] = Tensor{0.5, -1.5};
  twice.set_weights(weights);
  for (Sequential* model : {&towers, &blocks, &twice}) {
    check_weights_gradients(*model);
    const auto f = [&](std::span<const Tensor> in) { return (*model)(in[0]); };
    CHECK(check_gradients(f, {x}).ok);
  }
}

TEST_CASE("structs of layers train, and a copy trains separately") {
  const auto trains = [&](Sequential model) {
    model.compile({.optimizer = Adam{.learning_rate = 0.02}, .loss = MeanSquaredError{}});
    const History h = model.fit(x, y, {.batch_size = 3, .epochs = 60, .verbose = 0});
    CHECK(h["loss"].back() < 0.5 * h["loss"].front());
    Sequential copy = model;
    const auto before = model.get_weights();
    CHECK(same(copy.predict(x), model.predict(x)));
    copy.fit(x, y, {.verbose = 0});
    CHECK(same(model.get_weights(), before));
    CHECK_FALSE(same(copy.get_weights(), before));
    CHECK(copy.optimizer().iterations() == model.optimizer().iterations() + 1);
    model.fit(x, y, {.verbose = 0});  // from the same state, the same bits
    CHECK(same(copy.get_weights(), model.get_weights()));
  };
  trains(Sequential{TwoTowers{}});
  trains(Sequential{Residual{}, Residual{}, Dense{.units = 1}});
  trains(Sequential{Dense{.units = 2, .activation = tanh}, Residual{}, Dense{.units = 1}});
}

TEST_CASE("one struct in two models makes two separate models") {
  const TwoTowers towers;
  Sequential a{towers}, b{towers};
  for (Sequential* model : {&a, &b})
    model->compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  a.fit(x, y, {.verbose = 0});
  b.build(x.shape());
  CHECK_FALSE(same(a.get_weights(), b.get_weights()));
  b.fit(x, y, {.verbose = 0});
  CHECK(same(a.get_weights(), b.get_weights()));
}

TEST_CASE("building a model refuses a layer that its struct never calls") {
  Sequential model{Idle{}};
  CHECK_THROWS_WITH_AS(
      model.build({1, 2}),
      "build: idle (Idle) must make its dense_1/kernel with parameter(), or, where "
      "a layer in it has that weight, call the layer",
      StateError);
}

TEST_CASE("summary counts the weights of a struct of layers") {
  Sequential towers{TwoTowers{}};
  towers.build({1, 2});
  CHECK(towers.summary().find("two_towers (TwoTowers)") != std::string::npos);
  CHECK(towers.summary().find("Total params: 22") != std::string::npos);  // 8 + 6 + 8
}
