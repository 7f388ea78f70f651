#include <gradus/models/layers.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/models/sequential.h>
#include <gradus/optim/sgd.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

/// A user's layer: multiplies by a weight per feature, doubled in training.
struct Scale {
  Tensor weight;
  void build(const Shape& input, Random&) { weight = parameter(Tensor::full({input.back()}, 3)); }
  std::vector<Tensor> parameters() const { return {weight}; }
  Tensor operator()(const Tensor& x, const Mode& mode) const {
    return x * weight * (mode.training ? 2 : 1);
  }
};

Mode mode(bool training) {
  static Random random(5);
  return {.training = training, .random = random};
}

}  // namespace

TEST_CASE("dense is a product, a bias and an activation") {
  Random random(1);
  Dense dense{.units = 2, .activation = relu, .bias_initializer = Constant{0.5}};
  dense.build(Shape{1, 3}, random);
  CHECK(dense.kernel.shape() == Shape{3, 2});
  CHECK(dense.bias(1) == 0.5);
  const Tensor x{{1, -2, 3}};
  const Tensor y = dense(x);
  for (int j = 0; j < 2; ++j) {
    const double z = dense.kernel(0, j) - 2 * dense.kernel(1, j) + 3 * dense.kernel(2, j) + 0.5;
    CHECK(y(0, j) == Approx(std::max(0.0, z)).epsilon(1e-6));
  }
  CHECK(Layer(dense).weights().size() == 2);
  Dense bare{.units = 2, .use_bias = false};
  bare.build(Shape{1, 3}, random);
  CHECK(Layer(bare).weights().size() == 1);
  CHECK(bare(Tensor::zeros({4, 5, 3})).shape() == Shape{4, 5, 2});
}

TEST_CASE("dense takes its options by position and any callable as activation") {
  const Dense positional{16, tanh};
  CHECK(positional.units == 16);
  CHECK(positional.activation(Tensor(0.5)).item() == Approx(std::tanh(0.5)));
  const Dense custom{.units = 1, .activation = [](const Tensor& x) { return x * x; }};
  CHECK(custom.activation(Tensor(3.0)).item() == 9);
  CHECK(Activation()(Tensor(3.0)).item() == 3);
  Tensor (*none)(const Tensor&) = nullptr;
  CHECK_THROWS_AS(Activation{none}, ValueError);
}

TEST_CASE("bad options of layers are refused where they are given") {
  CHECK_THROWS_WITH_AS(Layer(Dense{.units = 0}), "Dense: units must be >= 1 (got 0)", ValueError);
  CHECK_THROWS_WITH_AS(Layer(Dense{.units = -4}), "Dense: units must be >= 1 (got -4)", ValueError);
  for (const double rate : {-0.1, 1.0, std::nan("")})
    CHECK_THROWS_WITH_AS(Layer(Dropout{.rate = rate}), Contains("Dropout: rate must be in [0, 1)"),
                         ValueError);
}

TEST_CASE("a layer built for another width is refused") {
  Random random(1);
  Dense dense{.units = 2};
  dense.build(Shape{1, 4}, random);
  Sequential model{Dense{.units = 3}, dense};
  CHECK_THROWS_WITH_AS(model.build(Shape{1, 2}),
                       "build: dense (Dense) gives 3 features, but dense_1 (Dense) must have 4",
                       ShapeError);
}

TEST_CASE("dropout drops a share in training and scales the rest") {
  const Dropout dropout{.rate = 0.25};
  const Tensor x = Tensor::ones({100, 100});
  const Tensor y = dropout(x, mode(true));
  int dropped = 0;
  for (const Scalar v : y.values()) {
    CHECK_MESSAGE((v == 0 || std::abs(v - 4.0 / 3) < 1e-6), v);
    dropped += v == 0;
  }
  CHECK(dropped == Approx(2500).epsilon(0.06));
  const Tensor still = dropout(x, mode(false));
  CHECK(still.node() == x.node());
}

TEST_CASE("gaussian noise is added in training only") {
  const GaussianNoise noise{.stddev = 0.5};
  const Tensor x = Tensor::full({100, 100}, 3);
  const Tensor y = noise(x, mode(true));
  double mean = 0, square = 0;
  for (const double v : y.values()) {
    mean += v / 1e4;
    square += (v - 3) * (v - 3) / 1e4;
  }
  CHECK(mean == Approx(3).epsilon(0.01));  // to 0.005
  CHECK(std::sqrt(square) == Approx(0.5).epsilon(0.04));
  CHECK(noise(x, mode(false)).node() == x.node());
  CHECK(GaussianNoise{}(x, mode(true)).node() == x.node());
  CHECK_THROWS_WITH_AS(Layer(GaussianNoise{.stddev = -1}),
                       "GaussianNoise: stddev must be finite and >= 0 (got -1)", ValueError);
}

TEST_CASE("dense reports its weights with their regularizers and constraints") {
  Random random(1);
  Dense dense{.units = 2,
              .kernel_regularizer = L2{.l2 = 0.5},
              .bias_regularizer = [](const Tensor& w) { return sum(w); },
              .kernel_constraint = MaxNorm{},
              .bias_constraint = NonNeg{}};
  dense.build(Shape{1, 3}, random);
  const std::vector<Weight> weights = Layer(dense).weights();
  REQUIRE(weights.size() == 2);
  CHECK(weights[0].name == "kernel");
  CHECK(weights[1].name == "bias");
  CHECK(weights[0].regularizer(Tensor{{1, 2}}).item() == 2.5);
  CHECK(weights[1].regularizer(Tensor{1, 2}).item() == 3);
  CHECK(weights[0].constraint(Tensor{{4}, {0}})(0, 0) == Approx(2).epsilon(1e-6));
  CHECK(weights[1].constraint(Tensor{-1})(0) == 0);
  Dense plain{.units = 2};
  plain.build(Shape{1, 3}, random);
  CHECK_FALSE(static_cast<bool>(Layer(plain).weights()[0].regularizer));
  CHECK_THROWS_WITH_AS(Layer(Dense{.units = 1, .kernel_regularizer = L1{-1}}),
                       "L1: l1 must be finite and >= 0 (got -1)", ValueError);
}

TEST_CASE("flatten keeps rows") {
  CHECK(Flatten{}(Tensor::zeros({5, 2, 3})).shape() == Shape{5, 6});
  CHECK(Flatten{}(Tensor::zeros({5})).shape() == Shape{5, 1});
  CHECK(Flatten{}(Tensor::zeros({0, 2, 3})).shape() == Shape{0, 6});
}

TEST_CASE("a user's layers are built, trained and given the mode") {
  Sequential model{Scale{}, Activation{relu}, Dense{.units = 1, .kernel_initializer = Constant{1}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  model.build(Shape{1, 1});
  CHECK(model.parameters().size() == 3);
  CHECK(model.predict({{1}})(0, 0) == 3);
  CHECK(model({{1}}, mode(true))(0, 0) == 6);
  const Tensor x{{1}, {2}}, y{{1}, {2}};
  model.fit(x, y, {.epochs = 1, .verbose = 0});
  CHECK(model.predict({{1}})(0, 0) != 3);
}

TEST_CASE("a copied layer copies its weights, and handles to one weight stay one") {
  struct Tied {
    Tensor a = {}, b = {};
    void build(const Shape&, Random&) { a = b = parameter({1}); }
    std::vector<Tensor> parameters() const { return {a, b}; }
    Tensor operator()(const Tensor& x) const { return x * a + b; }
  };
  Random random(1);
  Layer layer = Tied{};
  layer.build(Shape{1, 1}, random);
  Layer copy = layer;
  const auto before = layer.parameters(), after = copy.parameters();
  CHECK(before[0].node() == before[1].node());
  CHECK(after[0].node() == after[1].node());
  CHECK(before[0].node() != after[0].node());
}

TEST_CASE("layers that share a weight train it once, and copies share the copied weight") {
  struct Shared {
    Tensor w;
    std::vector<Tensor> parameters() const { return {w}; }
    Tensor operator()(const Tensor& x) const { return x * w; }
  };
  const Tensor w = parameter({2});
  Sequential model{Shared{w}, Shared{w}};
  model.compile({.optimizer = SGD{.learning_rate = 0.01}, .loss = MeanSquaredError{}});
  const Tensor x{{1}, {2}};
  model.fit(x, x, {.epochs = 50, .verbose = 0});
  CHECK(model.parameters().size() == 1);
  const double scale = model.predict({{1}})(0, 0);
  CHECK(scale == Approx(1).epsilon(0.1));
  CHECK(std::sqrt(scale) == Approx(model.get_weights()[0](0)));
}

TEST_CASE("an initializer must return the requested shape") {
  Sequential model{Dense{
      .units = 3, .bias_initializer = [](const Shape&, Random&) { return Tensor::zeros({1}); }}};
  CHECK_THROWS_WITH_AS(model.build(Shape{1, 2}),
                       "dense: Dense: bias_initializer must give shape (3) (got (1))", ShapeError);
  CHECK_THROWS_AS(Layer(Dense{.units = 1, .kernel_initializer = nullptr}), ValueError);
  Layer layer = Flatten{};
  const Layer taken = std::move(layer);
  CHECK_THROWS_AS(layer.parameters(), StateError);
}

TEST_CASE("after a failed build or fit the model can be built again") {
  struct Picky {
    Tensor operator()(const Tensor& x) const {
      check(x.shape().back() != 5, "Picky: not 5");
      return x;
    }
    void build(const Shape& input, Random&) { check(input.back() == 2, "Picky: 2"); }
  };
  Sequential model{Dense{.units = 2}, Picky{}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  const Tensor x = Tensor::ones({4, 3}), y = Tensor::ones({4, 1});
  CHECK_THROWS_AS(model.fit(y, x, {.verbose = 0}), ShapeError);
  model.fit(x, y, {.verbose = 0});
  CHECK(model.parameters()[0].shape() == Shape{3, 2});
}

TEST_CASE("a loss of another shape is refused, and metrics of one name get numbers") {
  Sequential model{Dense{.units = 1}};
  const auto outer = [](const Tensor& y_true, const Tensor& y_pred) {
    return square(y_pred - y_true);  // (n,1) - (n) is (n,n)
  };
  const Tensor x = Tensor::ones({4, 3}), y = Tensor::ones({4});
  model.compile({.optimizer = SGD{}, .loss = outer});
  CHECK_THROWS_WITH_AS(model.fit(x, y, {.verbose = 0}), Contains("one value per row"), ShapeError);
  model.compile({.optimizer = SGD{},
                 .loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}, MeanAbsoluteError{}}});
  const History h = model.fit(x, y, {.verbose = 0});
  CHECK(h["mean_absolute_error"].size() == 1);
  CHECK(h["mean_absolute_error_1"] == h["mean_absolute_error"]);
}

TEST_CASE("a model that was moved from is not compiled") {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  const Tensor x{{1}, {2}};
  model.fit(x, x, {.verbose = 0});
  Sequential other = std::move(model);
  CHECK(other.optimizer().iterations() == 1);
  CHECK_THROWS_AS(model.predict({{7}}), StateError);
  CHECK_THROWS_AS(model.fit(x, x), StateError);
}
