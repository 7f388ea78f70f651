#include <gradus/models/layer.h>

#include <gradus/models/find_learning_rate.h>

#include "training_support.h"

using namespace gradus;
using namespace training;

namespace {

/// build() and parameters(), as the contract has them.
struct Slope {
  Tensor w;
  void build(const Shape& input, Random& random) {
    w = parameter(Tensor::normal({input.back(), 1}, 0, 1, random));
  }
  Tensor operator()(const Tensor& x) const { return matmul(x, w); }
  std::vector<Tensor> parameters() const { return {w}; }
};
/// parameters() alone: made with the struct.
struct Scale {
  Tensor factor = parameter({1.0});
  Tensor operator()(const Tensor& x) const { return x * factor; }
  std::vector<Tensor> parameters() const { return {factor}; }
};
struct ListedScale {
  Tensor factor = parameter({1.0}), calls = Tensor{0.0};
  Tensor operator()(const Tensor& x, const Mode& mode) const {
    if (mode.training) mode.assign(calls, calls + 1);
    return x * factor;
  }
  static void weights(auto& self, auto&& weight) {
    weight("factor", self.factor, {.regularizer = L2{.l2 = 0.1}});
    weight("calls", self.calls, {.trainable = false});
  }
};
/// Two layers that share a weight, and one that can be copied only by its struct.
struct Shared {
  Layer first, second;
  explicit Shared(const Dense& dense) : first(dense), second(dense) {}
  Tensor operator()(const Tensor& x, const Mode& mode) { return second(first(x, mode), mode); }
  static void layers(auto& self, auto&& layer) { layer(self.first), layer(self.second); }
};
struct Around {
  Layer inner = Scale{};
  Tensor operator()(const Tensor& x, const Mode& mode) { return inner(x, mode); }
  static void layers(auto& self, auto&& layer) { layer(self.inner); }
};

const Tensor x{{1}, {2}, {3}, {4}}, y{{3}, {5}, {7}, {9}};

Sequential compiled(Sequential model) {
  model.compile(
      {.optimizer = SGD{.learning_rate = 0.01, .momentum = 0.9}, .loss = MeanSquaredError{}});
  return model;
}
/// A copy starts at the model's values and state, trains apart, and goes the same way.
void copies_deeply(Sequential model) {
  model.fit(x, y, {.epochs = 3, .verbose = 0});
  Sequential copy = model;
  const auto before = model.get_weights();
  CHECK(same(copy.get_weights(), before));
  copy.fit(x, y, {.epochs = 2, .verbose = 0});
  CHECK(same(model.get_weights(), before));
  CHECK_FALSE(same(copy.get_weights(), before));
  model.fit(x, y, {.epochs = 2, .verbose = 0});
  CHECK(same(copy.get_weights(), model.get_weights()));
}

}  // namespace

TEST_CASE("a copy of a model has its own weights, whichever way its layers list them") {
  copies_deeply(compiled({Slope{}}));
  copies_deeply(compiled({ListedScale{}}));
  copies_deeply(compiled({ListedScale{}, Slope{}, Dense{.units = 1}}));
}

TEST_CASE("a copy of a Layer has its own weights with the same values") {
  Random random(1);
  Layer one = Slope{};
  one.build({1, 3}, random);
  const Layer two = one;
  CHECK(same(one.parameters(), two.parameters()));
  CHECK(one.parameters()[0].node() != two.parameters()[0].node());
  const Layer listed = ListedScale{}, other = listed;
  CHECK(listed.weights()[0].tensor.node() != other.weights()[0].tensor.node());
  CHECK(listed.weights()[1].tensor.node() != other.weights()[1].tensor.node());
  CHECK(other.weights()[0].name == "factor");
  CHECK(static_cast<bool>(other.weights()[0].regularizer));
  CHECK_FALSE(other.weights()[1].trainable);
}

TEST_CASE("a copy of a Tensor is a handle to the same tensor") {
  const Tensor w = parameter({1.0}), handle = w;
  CHECK(handle.node() == w.node());
  const std::vector<Tensor> all(3, w);
  CHECK(all[2].node() == w.node());
}

TEST_CASE("layers that share a weight go on sharing it in a copy") {
  Random random(1);
  Dense dense{.units = 1};
  dense.build({1, 1}, random);
  for (Sequential model : {compiled({dense, dense}), compiled({Shared(dense)})}) {
    model.build({1, 1});
    CHECK(model.parameters().size() == 2);
    CHECK(model.parameters()[0].node() != dense.kernel.node());
    Sequential copy = model;
    CHECK(copy.parameters().size() == 2);
    CHECK(same(copy.predict(x), model.predict(x)));
    copies_deeply(std::move(copy));
  }
}

TEST_CASE("a struct whose weights came with it trains, as does a copy of its model") {
  for (Sequential* model : {new Sequential{Scale{}}, new Sequential{Around{}}}) {
    const std::unique_ptr<Sequential> owner(model);
    model->compile({.optimizer = SGD{.learning_rate = 0.01}, .loss = MeanSquaredError{}});
    const History h = model->fit(x, y, {.epochs = 20, .verbose = 0});
    CHECK(h["loss"].back() < h["loss"].front());
    copies_deeply(*model);
    CHECK(find_learning_rate(*model, x, y, {.steps = 16}).losses.size() > 0);
  }
  const Layer scale = Scale{}, other = scale;
  CHECK(scale.parameters()[0].node() != other.parameters()[0].node());
}

TEST_CASE("an option that selects a parameter by its handle selects that of a copy, too") {
  Random random(1);
  Sequential model{Dense{.units = 1}};
  model.build({1, 1});
  const Tensor kernel = model.parameters()[0];
  model.compile({.optimizer = Optimizer(SGD{.learning_rate = 0.01},
                                        {.learning_rate_multipliers = {{kernel, 0.0}}}),
                 .loss = MeanSquaredError{}});
  Sequential copy = model;
  copy.fit(x, y, {.epochs = 2, .verbose = 0});
  CHECK(same(copy.get_weights()[0], model.get_weights()[0]));
  CHECK_FALSE(same(copy.get_weights()[1], model.get_weights()[1]));
}
