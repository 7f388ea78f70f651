#include <gradus/models/activations.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <gradus/core/check_gradients.h>
#include <gradus/models/layers.h>

using namespace gradus;
using doctest::Approx;

namespace {

using Op = Tensor (*)(const Tensor&);

struct Named {
  const char* name;
  std::function<Tensor(const Tensor&)> function;
};

const std::vector<Named>& all() {
  static const std::vector<Named> list{
      {"linear", static_cast<Op>(linear)},
      {"relu6", relu6},
      {"hard_tanh", hard_tanh},
      {"hard_sigmoid", hard_sigmoid},
      {"hard_silu", hard_silu},
      {"hard_shrink", static_cast<Op>(hard_shrink)},
      {"soft_shrink", static_cast<Op>(soft_shrink)},
      {"threshold", [](const Tensor& x) { return threshold(x, 0.6, -2); }},
      {"sparse_sigmoid", sparse_sigmoid},
      {"sparse_plus", sparse_plus},
      {"selu", selu},
      {"celu", [](const Tensor& x) { return celu(x, 0.7); }},
      {"exponential", exponential},
      {"softsign", softsign},
      {"tanh_shrink", tanh_shrink},
      {"mish", mish},
      {"squareplus", [](const Tensor& x) { return squareplus(x, 0.5); }},
      {"sparsemax", sparsemax},
      {"glu", static_cast<Op>(glu)},
      {"relu", [](const Tensor& x) {
         return relu(x, {.negative_slope = 0.3, .max_value = 2.7, .threshold = 0.2});
       }}};
  return list;
}

double at(const std::function<Tensor(const Tensor&)>& f, double x) { return f(Tensor(x)).item(); }
double slope(const std::function<Tensor(const Tensor&)>& f, double x) {
  const Tensor at_x = parameter(Tensor(x));
  return gradients(f(at_x), {at_x})[0].item();
}

}  // namespace

TEST_CASE("the gradients of activations agree with finite differences") {
  const Tensor x{{-7.3, -3.4, -2.2, -1.3},
                 {-0.7, -0.3, -0.1, 0.15},
                 {0.25, 0.7, 1.2, 2.3},
                 {2.9, 3.3, 5.4, 6.6}};
  for (const Named& activation : all()) {
    const GradientCheck r =
        check_gradients([&](std::span<const Tensor> in) { return activation.function(in[0]); },
                        {activation.name == std::string("exponential") ? x / 4 : x});
    CHECK_MESSAGE(r.ok, activation.name, ": ", r.max_error);
  }
}

TEST_CASE("activations stay finite for large inputs, and nan passes through") {
  for (const Named& activation : all()) {
    const std::string name = activation.name;
    if (name == "exponential") continue;
    const Tensor x = parameter({{-1e4, 1e4}});
    const Tensor y = activation.function(x);
    for (const Scalar v : y.values()) CHECK_MESSAGE(std::isfinite(v), name);
    const std::vector<Tensor> g = gradients(sum(y), {x});
    for (const Scalar v : g[0].values()) CHECK_MESSAGE(std::isfinite(v), name);
    if (name == "threshold" || name == "glu") continue;
    CHECK_MESSAGE(std::isnan(activation.function(Tensor{{std::nan(""), 1}})(0, 0)), name);
  }
}

TEST_CASE("small results keep their digits") {
  CHECK(at(static_cast<Op>(squareplus), -1e3) == Approx(1e-3 * (1 - 1e-6)).epsilon(1e-6));
  CHECK(at(mish, -20) == Approx(-20 * std::exp(-20)).epsilon(1e-5));
  CHECK(at([](const Tensor& x) { return celu(x, 2); }, -1e-6) == Approx(-1e-6).epsilon(1e-5));
  CHECK(at(selu, 1) == Approx(1.0507009873554805));
}

TEST_CASE("the slopes at kinks are those of the header") {
  CHECK(slope(relu6, 0) == 0);
  CHECK(slope(relu6, 6) == 0);
  CHECK(slope(hard_tanh, -1) == 0);
  CHECK(slope(hard_tanh, 1) == 0);
  CHECK(slope(hard_sigmoid, -3) == 0);
  CHECK(slope(hard_sigmoid, 3) == 0);
  CHECK(slope(hard_silu, -3) == -0.5);
  CHECK(slope(hard_silu, 3) == 1);
  CHECK(slope(static_cast<Op>(hard_shrink), 0.5) == 0);
  CHECK(slope(static_cast<Op>(soft_shrink), -0.5) == 0);
  CHECK(slope(sparse_sigmoid, 1) == 0);
  CHECK(slope(sparse_plus, 1) == 1);
  CHECK(slope(static_cast<Op>(squareplus), 0) == 0.5);
  CHECK(slope([](const Tensor& x) { return threshold(x, 1, 5); }, 1) == 0);
  CHECK(slope([](const Tensor& x) { return relu(x, {.max_value = 2}); }, 2) == 1);
  CHECK(slope([](const Tensor& x) { return relu(x, {.negative_slope = 0.25}); }, 0) == 0.25);
  CHECK(slope([](const Tensor& x) { return relu(x, {.threshold = 1}); }, 1) == 0);
}

TEST_CASE("relu with all its arguments") {
  const ReluOptions options{.negative_slope = 0.5, .max_value = 3, .threshold = 1};
  const auto f = [&](const Tensor& x) { return relu(x, options); };
  for (const auto& [x, want] :
       {std::pair{-1.0, -1.0}, {0.0, -0.5}, {1.0, 0.0}, {1.5, 1.5}, {3.0, 3.0}, {7.0, 3.0}})
    CHECK(at(f, x) == want);
}

TEST_CASE("sparsemax returns the nearest distribution") {
  const auto rows = [](const Tensor& got, std::initializer_list<double> want) {
    std::size_t i = 0;
    for (const double w : want) CHECK(got.values()[i++] == Approx(w));
  };
  rows(sparsemax(Tensor{{1, 2, 3}, {0.1, 0.2, 0.3}, {5, 5, 5}, {1000, 1000, 999}}),
       {0, 0, 1, 0.7 / 3, 1.0 / 3, 1.3 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3, 0.5, 0.5, 0});
  rows(sparsemax(Tensor{0.6, 0}), {0.8, 0.2});
  CHECK(std::isnan(sparsemax(Tensor{{1, std::nan(""), 2}})(0, 0)));
  CHECK(sparsemax(Tensor::zeros({0, 3})).shape() == Shape{0, 3});
}

TEST_CASE("glu halves an axis") {
  const Tensor y = glu(Tensor{{2, 4, 0, 0}});
  CHECK(y.shape() == Shape{1, 2});
  CHECK(y(0, 0) == 1);
  CHECK(y(0, 1) == 2);
  CHECK(glu(Tensor{{2}, {0}}, 0)(0, 0) == 1);
  CHECK_THROWS_WITH_AS(glu(Tensor{{1, 2, 3}}), "glu: axis -1 must have an even extent (got 3)",
                       ShapeError);
  CHECK_THROWS_AS(glu(Tensor{1, 2}, 1), ValueError);
}

TEST_CASE("arguments out of range are refused") {
  const Tensor x{1, 2};
  CHECK_THROWS_WITH_AS(celu(x, 0), "celu: alpha must be finite and > 0 (got 0)", ValueError);
  CHECK_THROWS_AS(squareplus(x, -1), ValueError);
  CHECK_THROWS_AS(hard_shrink(x, -1), ValueError);
  CHECK_THROWS_AS(soft_shrink(x, std::nan("")), ValueError);
  CHECK_THROWS_WITH_AS(relu(x, {.negative_slope = -1}),
                       "relu: negative_slope must be finite and >= 0 (got -1)", ValueError);
  CHECK_THROWS_AS(relu(x, {.max_value = -1}), ValueError);
  CHECK_THROWS_AS(relu(x, {.threshold = std::numeric_limits<double>::infinity()}), ValueError);
}

TEST_CASE("every activation fits in a layer by its name") {
  for (const Dense& dense :
       {Dense{.units = 2, .activation = linear}, Dense{2, relu}, Dense{2, hard_shrink},
        Dense{2, soft_shrink}, Dense{2, celu}, Dense{2, squareplus}, Dense{2, glu}, Dense{2, mish},
        Dense{2, sparsemax}, Dense{2, softmax}, Dense{2, gelu}, Dense{2, leaky_relu}}) {
    Random random(1);
    Layer layer = dense;
    CHECK(layer(Tensor{{1, 2, 3}}, {.training = false, .random = random}).shape()[0] == 1);
  }
}
