#include <gradus/models/initializers.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/core/ops.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

struct Statistics {
  double mean = 0, deviation = 0, largest = 0;
};
Statistics statistics(const Tensor& x) {
  Statistics s;
  const auto n = static_cast<double>(x.size());
  for (const double v : x.values()) s.mean += v / n;
  for (const double v : x.values()) {
    s.deviation += (v - s.mean) * (v - s.mean) / n;
    s.largest = std::max(s.largest, std::abs(v));
  }
  s.deviation = std::sqrt(s.deviation);
  return s;
}

Statistics of(const Initializer& make, const Shape& shape = {300, 200}) {
  Random random(2);
  return statistics(make(shape, random));
}

template <class I>
std::string refusal(I made) {
  try {
    const Initializer initializer = made;
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

/// The largest difference between x x^T, or x^T x if x is tall, and gain^2 times the unit matrix.
double skew(const Tensor& x, double gain) {
  const Tensor m = x.shape()[0] > x.shape()[1] ? transpose(x) : x;
  Random random(0);
  const Tensor unit = Identity{gain * gain}({m.shape()[0], m.shape()[0]}, random);
  return max(abs(matmul(m, transpose(m)) - unit)).item();
}

}  // namespace

// 60000 values: a deviation is known to 1 / sqrt(120000) = 0.3 %, a mean to 0.4 % of it.
TEST_CASE("initializers have the published spread") {
  const double limit = std::sqrt(6.0 / 500);
  const Statistics glorot = of(GlorotUniform{});
  CHECK(glorot.largest <= limit);
  CHECK(glorot.largest > 0.99 * limit);
  CHECK(std::abs(glorot.mean) < 0.02 * limit);
  CHECK(glorot.deviation == Approx(limit / std::sqrt(3.0)).epsilon(0.01));
  CHECK(of(RandomNormal{.mean = 3, .stddev = 0.5}).mean == Approx(3).epsilon(0.01));
  CHECK(of(RandomNormal{}).deviation == Approx(0.05).epsilon(0.01));
  CHECK(of(RandomNormal{}).largest > 0.15);
  CHECK(of(RandomUniform{}).largest <= 0.05);
  CHECK(of(RandomUniform{.minval = 2, .maxval = 4}).mean == Approx(3).epsilon(0.01));
  CHECK(of(TruncatedNormal{}).largest <= 0.1);
  CHECK(of(TruncatedNormal{}).deviation == Approx(0.05 * 0.8796).epsilon(0.01));
  CHECK(of(VarianceScaling{.scale = 3, .mode = FanMode::fan_out}).deviation ==
        Approx(std::sqrt(3.0 / 200)).epsilon(0.01));
  const Statistics plain = of(VarianceScaling{.distribution = Distribution::untruncated_normal});
  CHECK(plain.deviation == Approx(std::sqrt(1.0 / 300)).epsilon(0.01));
  CHECK(plain.largest > 3 * plain.deviation);
  // Axes before the last two multiply the fans.
  CHECK(of(HeNormal{}, {3, 5, 20, 100}).deviation == Approx(std::sqrt(2.0 / 300)).epsilon(0.02));
}

TEST_CASE("Zeros, Ones, Constant and Identity draw nothing") {
  Random random(1);
  CHECK(Zeros{}({2}, random)(1) == 0);
  CHECK(Ones{}({2}, random)(1) == 1);
  CHECK(Constant{0.5}({2}, random)(1) == 0.5);
  const Tensor unit = Identity{.gain = 3}({2, 3}, random);
  const Tensor want{{3, 0, 0}, {0, 3, 0}};
  for (std::size_t i = 0; i < 6; ++i) CHECK(unit.values()[i] == want.values()[i]);
  CHECK_THROWS_AS(Identity{}({2, 2, 2}, random), ValueError);
}

TEST_CASE("Orthogonal makes the rows or columns orthonormal") {
  Random random(4);
  const double tolerance = sizeof(Scalar) == 4 ? 1e-5 : 1e-12;
  for (const Shape& shape : {Shape{5, 5}, Shape{3, 40}, Shape{40, 3}, Shape{1, 1}})
    CHECK(skew(Orthogonal{}(shape, random), 1) < tolerance);
  CHECK(skew(Orthogonal{.gain = 2}({4, 6}, random), 2) < tolerance);
  CHECK(skew(reshape(Orthogonal{}({2, 3, 4}, random), {6, 4}), 1) < tolerance);
  CHECK(Orthogonal{}({0, 3}, random).size() == 0);
  CHECK_THROWS_WITH_AS(Orthogonal{}({3}, random),
                       "Orthogonal: the shape must have at least two axes (got (3))", ValueError);
}

TEST_CASE("an initializer with a seed gives the same values at every call") {
  Random random(1);
  const Tensor a = HeNormal{.seed = 9}({3}, random), b = HeNormal{.seed = 9}({3}, random);
  const Tensor c = HeNormal{}({3}, random), d = HeNormal{}({3}, random);
  CHECK(a(2) == b(2));
  CHECK(c(2) != d(2));
  CHECK(Orthogonal{.seed = 9}({2, 2}, random)(0, 0) == Orthogonal{.seed = 9}({2, 2}, random)(0, 0));
}

TEST_CASE("bad options of initializers are refused where they are given") {
  CHECK(refusal(RandomNormal{.stddev = -1}) ==
        "RandomNormal: stddev must be finite and >= 0 (got -1)");
  CHECK(refusal(RandomUniform{.minval = 1, .maxval = 0}) ==
        "RandomUniform: minval must be <= maxval (got 1 and 0)");
  CHECK(refusal(TruncatedNormal{.mean = std::nan("")}) ==
        "TruncatedNormal: mean must be finite (got nan)");
  CHECK(refusal(VarianceScaling{.scale = 0}) ==
        "VarianceScaling: scale must be finite and > 0 (got 0)");
  CHECK(refusal(Constant{std::nan("")}) == "Constant: value must be finite (got nan)");
  CHECK(refusal(Orthogonal{.gain = std::nan("")}) != "accepted");
  CHECK(refusal(Identity{.gain = std::nan("")}) != "accepted");
}

TEST_CASE("an initializer is any callable, or null") {
  const Initializer ramp = [](const Shape& shape, Random&) { return Tensor::full(shape, 7); };
  Random random(1);
  CHECK(ramp({2}, random)(1) == 7);
  CHECK(static_cast<bool>(ramp));
  CHECK_FALSE(static_cast<bool>(Initializer(nullptr)));
  Tensor (*none)(const Shape&, Random&) = nullptr;
  CHECK_FALSE(static_cast<bool>(Initializer(none)));
}
