#include <gradus/models/curvature.h>

#include <doctest/doctest.h>

#include <gradus/gradus.h>

using namespace gradus;

namespace {

/// Half the sum of curvature times w^2, in axes turned by 30 degrees in the first two.
Tensor turned(const Tensor& w, const Tensor& curvatures) {
  const double c = std::cos(0.5235987755982988), s = 0.5;
  const Tensor a = slice(w, 0, 0, 1), b = slice(w, 0, 1, 2), rest = slice(w, 0, 2, w.shape()[0]);
  return 0.5 * sum(curvatures * square(concat({c * a - s * b, s * a + c * b, rest}, 0)));
}

struct Problem {
  Tensor x, y;
  Sequential net;
  explicit Problem(Tensor (*activation)(const Tensor&))
      : net{Dense{.units = 8, .activation = activation}, Dense{.units = 2}} {
    Random random(11, "rows");
    x = Tensor::uniform({40, 3}, -1, 1, random);
    y = tanh(matmul(x, Tensor::normal({3, 2}, 0, 1, random)));
    net.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}, .seed = 3});
    net.build({1, 3});
  }
  Tensor loss() { return mean(square(net(x) - y)); }
};

/// The greatest curvature by 400 products with one direction.
double by_power(Problem& p) {
  std::int64_t size = 0;
  for (const Tensor& w : p.net.parameters()) size += w.size();
  std::vector<Direction> v{Direction(static_cast<std::size_t>(size), 1.0)};
  double curvature = 0;
  for (int i = 0; i < 400; ++i) {
    const auto product = hessian_times([&] { return p.loss(); }, p.net.parameters(), v);
    double length = 0;
    for (const double e : product[0]) length += e * e;
    curvature = std::sqrt(length);
    for (std::size_t e = 0; e < v[0].size(); ++e) v[0][e] = product[0][e] / curvature;
  }
  return curvature;
}

}  // namespace

TEST_CASE("curvature: a quadratic's own, and products with its Hessian") {
  const Tensor w = parameter({0.3, -0.2, 0.5, 1, -1, 2, 0.1, 0.7, 0.4});
  const Tensor curvatures{9, 4, 7, 0.5, 0, -2, 3, 0.25, 1};
  const auto loss = [&] { return turned(w, curvatures); };
  Curvature memory;
  const std::vector<double> found = sharpness(loss, std::vector{w}, memory);
  const double wanted[] = {9, 7, 4, 3, 1, 0.5, -2};
  REQUIRE(found.size() == 7);
  CHECK(found[0] == doctest::Approx(9).epsilon(1e-9));
  for (std::size_t i = 0; i < 4; ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-3));
  CHECK(found[6] == doctest::Approx(-2).epsilon(1e-3));

  sharpness(loss, std::vector{w}, memory);  // from where the last call ended
  CHECK(memory.products <= 2);
  const Direction v{0, 0, 1, 0, 0, 2, 0, 0, 0};
  const auto product = hessian_times(loss, std::vector{w}, std::vector<Direction>{v});
  CHECK(product[0][2] == 7);
  CHECK(product[0][5] == -4);
  for (const Scalar& e : w.values()) CHECK(!(e.d[0] != 0));  // at rest again
}

TEST_CASE("curvature: fewer weights than directions, and weights in several tensors") {
  const Tensor a = parameter(1.0), b = parameter(2.0);
  const auto loss = [&] { return square(a) * 3 + a * b + square(b); };  // 6 1; 1 2
  Curvature memory;
  const std::vector<double> found = sharpness(loss, std::vector{a, b}, memory);
  REQUIRE(found.size() == 2);
  CHECK(found[0] == doctest::Approx(4 + std::sqrt(5)).epsilon(1e-12));
  CHECK(found[1] == doctest::Approx(4 - std::sqrt(5)).epsilon(1e-12));
}

TEST_CASE("curvature: along a training run it is that of 400 power iterations") {
  for (Tensor (*activation)(const Tensor&) :
       {+[](const Tensor& x) { return tanh(x); }, +[](const Tensor& x) { return relu(x); }}) {
    Problem p(activation);
    Curvature memory;
    int products = 0;
    for (int k = 0; k < 4; ++k) {
      const std::vector<double> found =
          sharpness([&] { return p.loss(); }, p.net.parameters(), memory);
      CHECK(found[0] == doctest::Approx(by_power(p)).epsilon(1e-6));
      products = memory.products;
      for (int i = 0; i < 10; ++i) p.net.train_on_batch(p.x, p.y);
    }
    CHECK(products < 30);
  }
}

TEST_CASE("curvature: descent converges below the rate 2 / curvature, and not above") {
  const Tensor curvatures{9, 4, 1, 0.5, 0.25};
  const auto descends = [&](double times) {
    const Tensor w = parameter({1, 1, 1, 1, 1});
    Curvature memory;
    const auto loss = [&] { return turned(w, curvatures); };
    const double limit = 2 / sharpness(loss, std::vector{w}, memory).front();
    Optimizer opt = SGD{.learning_rate = times * limit};
    for (int i = 0; i < 500; ++i) loss().backward(), opt.step({w});
    return value(loss().item()) < 1;
  };
  CHECK(descends(0.99));
  CHECK_FALSE(descends(1.01));
}

TEST_CASE("Sharpness records the greatest curvature of a fit") {
  Problem p(tanh);
  Sharpness sharp{.every = 10,
                  .loss = [&](Sequential& net) { return mean(square(net(p.x) - p.y)); }};
  Curvature memory;
  const double first = sharpness([&] { return p.loss(); }, p.net.parameters(), memory).front();
  Sharpness of_fit{.every = 10};  // without a loss of its own, that of the rows
  p.net.fit(p.x, p.y,
            {.batch_size = 8,
             .epochs = 5,
             .verbose = 0,
             .callbacks = {std::ref(sharp), std::ref(of_fit)}});
  CHECK(of_fit.values == sharp.values);
  REQUIRE(sharp.values.size() == 3);  // before updates 1, 11 and 21, and after 25 none
  CHECK(sharp.values[0] == doctest::Approx(first).epsilon(1e-8));
  CHECK(sharp.values[2] > sharp.values[0]);
}

TEST_CASE("curvature: refusals") {
  const Tensor w = parameter({1.0, 2.0});
  const auto loss = [&] { return sum(square(w)); };
  CHECK_THROWS_WITH_AS(hessian_times(loss, std::vector{w}, std::vector<Direction>(1, Direction{1})),
                       "hessian_times: a direction must have the parameters' size 2 (got 1)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      hessian_times(loss, std::vector{w}, std::vector<Direction>(8, Direction{1, 0})),
      "hessian_times: directions must be at most 7 (got 8)", ValueError);
  Curvature memory;
  CHECK_THROWS_AS(sharpness(loss, {}, memory), ValueError);
}
