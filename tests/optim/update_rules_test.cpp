/// Each update rule against a few updates worked out by hand from its formula.

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;
using doctest::Approx;

namespace {

constexpr double accuracy = sizeof(Scalar) == 4 ? 1e-6 : 1e-12;

/// Weights after updates by these gradients.
std::vector<double> weights(Optimizer opt, const Tensor& start, const std::vector<Tensor>& by) {
  const Tensor w = parameter(start);
  for (const Tensor& g : by) opt.apply(std::vector<Tensor>{g}, std::vector<Tensor>{w});
  return {w.values().begin(), w.values().end()};
}

void check_weights(const Optimizer& opt, const Tensor& start, const std::vector<Tensor>& by,
                   const std::vector<double>& want) {
  const std::vector<double> got = weights(opt, start, by);
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(want[i]).epsilon(accuracy));
}

}  // namespace

TEST_CASE("Adam's first step is the rate, whatever the gradient's size, up to epsilon") {
  // m = 0.1 g, v = 0.001 g^2: rate sqrt(0.001) / 0.1 * 0.1 g / (sqrt(0.001) |g| + epsilon).
  const double eps = 1e-7 / std::sqrt(0.001);
  check_weights(Adam{.learning_rate = 0.5}, {1, 1}, {Tensor{4, -0.01}},
                {1 - 0.5 * 4 / (4 + eps), 1 + 0.5 * 0.01 / (0.01 + eps)});
}

TEST_CASE("Adam's second step weighs both gradients and amsgrad keeps the greater square") {
  // beta_1 = 0.5, beta_2 = 0.75, epsilon 1: m = 1, 0.5; v = 1, 0.75 after g = 2, 0.
  const double first = 0.1 * 0.5 / 0.5 * 1 / (1 + 1);
  const double corrected = 0.1 * std::sqrt(1 - 0.5625) / 0.75;
  const Adam adam{.learning_rate = 0.1, .beta_1 = 0.5, .beta_2 = 0.75, .epsilon = 1};
  check_weights(adam, {0}, {Tensor{2}, Tensor{0}},
                {-first - corrected * 0.5 / (std::sqrt(0.75) + 1)});
  Adam greatest = adam;
  greatest.amsgrad = true;
  check_weights(greatest, {0}, {Tensor{2}, Tensor{0}}, {-first - corrected * 0.5 / (1 + 1)});
}

TEST_CASE("a bias correction that takes the short way is the same number") {
  for (const double beta : {0.0, 0.5, 0.9, 0.99, 0.999})
    for (const double t : {1.0, 40.0, 45.0, 75.0, 81.0, 250.0, 350.0, 400.0, 401.0, 2'500.0,
                           25'000.0, 39'999.0, 40'001.0, 1e6, 1e15}) {
      INFO(beta, " after ", t);
      CHECK(detail::bias_correction(beta, t) == 1 - std::pow(beta, t));
    }
}

TEST_CASE("AdamW decays before it steps, at the rate in force") {
  const std::vector<double> plain = weights(Adam{.learning_rate = 0.5}, {2}, {Tensor{1}});
  check_weights(AdamW{.learning_rate = 0.5, .weight_decay = 0.1}, {2}, {Tensor{1}},
                {plain[0] - 2 * 0.1 * 0.5});
  const Schedule falling = [](double t) { return t < 1 ? 0.5 : 0.0; };
  check_weights(AdamW{.learning_rate = falling, .weight_decay = 0.1}, {2}, {Tensor{1}, Tensor{1}},
                {plain[0] - 2 * 0.1 * 0.5});
}

TEST_CASE("Adamax divides by the greatest recent gradient") {
  // m = 0.5, 0.75; norm = 1, max(0.75, 1) with beta_1 0.5, beta_2 0.75.
  check_weights(Adamax{.learning_rate = 0.1, .beta_1 = 0.5, .beta_2 = 0.75, .epsilon = 1}, {0},
                {Tensor{1}, Tensor{-1}}, {-0.1 / 0.5 * 0.5 / 2 - 0.1 / 0.75 * -0.25 / 2});
  check_weights(Adamax{.learning_rate = 0.1}, {3}, {Tensor{0}}, {3});
}

TEST_CASE("Nadam looks one momentum ahead") {
  const double mu = 0.5 * (1 - 0.5 * 0.96), next = 0.5 * (1 - 0.5 * 0.96 * 0.96);
  const double mean = next * 1 / (1 - mu * next) + (1 - mu) * 2 / (1 - mu);  // m = 1, g = 2
  check_weights(Nadam{.learning_rate = 0.1, .beta_1 = 0.5, .beta_2 = 0.75, .epsilon = 1}, {0},
                {Tensor{2}}, {-0.1 * mean / (2 + 1)});
}

TEST_CASE("RMSprop: plain, centered, with momentum") {
  const RMSprop plain{.learning_rate = 0.1, .rho = 0.75, .epsilon = 0.5};
  const double first = 0.1 * 2 / std::sqrt(1.5), second = 0.1 * 1 / std::sqrt(0.75 + 0.25 + 0.5);
  check_weights(plain, {0}, {Tensor{2}, Tensor{1}}, {-first - second});
  RMSprop rolling = plain;
  rolling.momentum = 0.5;
  check_weights(rolling, {0}, {Tensor{2}, Tensor{1}}, {-first - (0.5 * first + second)});
  RMSprop centered = plain;
  centered.centered = true;  // v - a^2 = 1 - 0.25
  check_weights(centered, {0}, {Tensor{2}}, {-0.1 * 2 / std::sqrt(1.25)});
}

TEST_CASE("centered RMSprop takes a variance that rounding makes negative for 0") {
  // v and a^2 both go to g^2; in float about every third, in double every fifth of these differ.
  std::vector<Scalar> g;
  for (int k = 1; k < 200; ++k) g.push_back(static_cast<Scalar>((k < 100 ? 0.1 : 1000.0) * k * k));
  const Tensor gradient({std::ssize(g)}, g);
  const RMSprop centered{.learning_rate = 1e-9, .rho = 0.5, .centered = true};
  for (const double w :
       weights(centered, Tensor::zeros(gradient.shape()), std::vector<Tensor>(100, gradient)))
    CHECK(std::isfinite(w));
}

TEST_CASE("Adagrad adds up squares from its initial value") {
  check_weights(Adagrad{.learning_rate = 0.1, .initial_accumulator_value = 0.5, .epsilon = 0.5},
                {0}, {Tensor{1}, Tensor{2}}, {-0.1 / std::sqrt(2.0) - 0.1 * 2 / std::sqrt(6.0)});
}

TEST_CASE("Adadelta steps by the ratio of recent steps and gradients") {
  const double d = -std::sqrt(0.5) / std::sqrt(1.5) * 2;  // a = 0.25 * 4
  const double next = -std::sqrt(0.25 * d * d + 0.5) / std::sqrt(0.75 + 0.25 + 0.5);
  check_weights(Adadelta{.learning_rate = 0.1, .rho = 0.75, .epsilon = 0.5}, {0},
                {Tensor{2}, Tensor{1}}, {0.1 * d + 0.1 * next});
}

TEST_CASE("Ftrl forgets the first weight, and l1 sets weights to exactly 0") {
  // n' = 0.25 + 2 = 1.5^2; z = g - (1.5 - 0.5) / 0.5 w.
  const Ftrl ftrl{.learning_rate = 0.5, .initial_accumulator_value = 0.25};
  const double g = std::sqrt(2.0);
  check_weights(ftrl, {3}, {Tensor{g}}, {-(g - 2 * 3) / 3});
  Ftrl sparse = ftrl;
  sparse.l1_regularization_strength = 5;
  check_weights(sparse, {3, 0}, {Tensor{g, g}}, {0, 0});
  Ftrl heavy = ftrl;
  heavy.l2_regularization_strength = 0.5;
  heavy.beta = 0.5;
  heavy.l2_shrinkage_regularization_strength = 0.25;
  check_weights(heavy, {3}, {Tensor{g}}, {-(g + 0.5 * 3 - 2 * 3) / (3 + 1 + 1)});
}

TEST_CASE("Ftrl without a rate or without any gradient leaves the weights alone") {
  check_weights(Ftrl{.learning_rate = 0.0}, {3}, {Tensor{1}}, {3});
  check_weights(Ftrl{.initial_accumulator_value = 0}, {3}, {Tensor{0}}, {3});
}

TEST_CASE("Lion steps by the rate, and not at all where the direction is 0") {
  check_weights(Lion{.learning_rate = 0.5, .beta_1 = 0.5, .beta_2 = 0.5}, {0, 0, 0},
                {Tensor{2, -1e-3, 0}, Tensor{-1, 0, 0}}, {-0.5 + 0.0, 1, 0});
}

TEST_CASE("Lamb's step is as long as the weights are") {
  const std::vector<double> w = weights(Lamb{.learning_rate = 0.1}, {3, 4}, {Tensor{1, -1}});
  CHECK(w[0] == Approx(3 - 0.5 / std::sqrt(2)).epsilon(1e-5));  // 0.1 * 5 along (1, -1)
  CHECK(w[1] == Approx(4 + 0.5 / std::sqrt(2)).epsilon(1e-5));
  check_weights(Lamb{.learning_rate = 0.1}, {3, 4}, {Tensor{0, 0}}, {3, 4});
  CHECK(weights(Lamb{.learning_rate = 0.1}, {0}, {Tensor{1}})[0] == Approx(-0.1).epsilon(1e-5));
}

TEST_CASE("Adafactor of a product of rows and columns is exact, at any rank") {
  // g^2 = r c / mean(r): d is the sign of g, rms(d) = 1; the step is 0.5 rms(w) 1.
  const Tensor matrix{{1, -2}, {2, 4}}, two{{{1, -2}, {2, 4}}, {{3, 3}, {-3, 3}}};
  check_weights(Adafactor{.learning_rate = 0.5}, Tensor{{2, 2}, {2, 2}}, {matrix}, {1, 3, 1, 1});
  check_weights(Adafactor{.learning_rate = 0.5}, Tensor::full({2, 2, 2}, 2), {two},
                {1, 3, 1, 1, 1, 1, 3, 1});
  // A vector keeps its squares: v = g^2 + tiny, so again the sign; epsilon_2 stands in for rms 0.
  check_weights(Adafactor{.learning_rate = 0.5, .epsilon_2 = 0.5}, {0, 0}, {Tensor{3, -2}},
                {-0.25, 0.25});
}

TEST_CASE("Adafactor's rate falls as the inverse root of the update's number") {
  const std::vector<double> w =
      weights(Adafactor{.learning_rate = 10}, {1}, {Tensor{1}, Tensor{1}, Tensor{1}});
  // From 1: w -= |w| / sqrt(T) while |w| > epsilon_2: 0 after the first; then 1e-3 / sqrt(T).
  CHECK(w[0] == Approx(-1e-3 * (1 / std::sqrt(2)) - 1e-3 / std::sqrt(3)).epsilon(1e-4));
}

TEST_CASE("Muon's step has singular values near 1 and what is no matrix goes by Adam") {
  // Each singular value, over the norm sqrt(13), goes five times through the polynomial.
  const auto polished = [](double s) {
    for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.775 * std::pow(s, 3) + 2.0315 * std::pow(s, 5);
    return s;
  };
  const Tensor wide{{3, 0, 0}, {0, 2, 0}};
  for (const Tensor& g : {wide, transpose(wide)}) {
    const Muon muon{.learning_rate = 1, .weight_decay = 0, .rms_rate = {}};
    const std::vector<double> w = weights(muon, Tensor::zeros(g.shape()), {g});
    for (std::size_t i = 0; i < w.size(); ++i)
      CHECK(-w[i] == Approx(polished(g.values()[i] / std::sqrt(13))).epsilon(1e-4));
  }
  const AdamW adam{.learning_rate = 0.1, .weight_decay = 0.25};
  const Muon muon{.learning_rate = 0.1, .adam_weight_decay = 0.25};
  for (const Tensor& start : {Tensor{1, 2}, Tensor{{{1, 2}}}})
    check_weights(muon, start, {start, start}, weights(adam, start, {start, start}));
  check_weights(Muon{.learning_rate = 1, .weight_decay = 0.5}, Tensor{{2}}, {Tensor{{0}}}, {1});
}

TEST_CASE("moving betas, rho and strengths are asked at each update") {
  const Schedule half_then_none = [](double t) { return t < 1 ? 0.5 : 0.0; };
  // With beta_1 = 0 the second direction is the second gradient's alone.
  check_weights(Lion{.learning_rate = 1, .beta_1 = half_then_none}, {0}, {Tensor{9}, Tensor{-1}},
                {0});
  check_weights(RMSprop{.learning_rate = 1, .rho = half_then_none}, {0}, {Tensor{9}, Tensor{-1}},
                {-9 / std::sqrt(0.5 * 81 + 1e-7) + 1 / std::sqrt(1 + 1e-7)});
}

TEST_CASE("a gradient of zeros never makes a nan, in any rule") {
  const auto check_rule = [](const Optimizer& opt) {
    for (const Tensor& start : {Tensor{0, 0}, Tensor{{1, 2}, {3, 4}}, Tensor::zeros({0})}) {
      const Tensor zero = Tensor::zeros(start.shape());
      for (const double x : weights(opt, start, {zero, zero, zero})) CHECK(std::isfinite(x));
    }
  };
  check_rule(SGD{.momentum = 0.9});
  check_rule(Adam{.amsgrad = true});
  check_rule(AdamW{});
  check_rule(Adamax{});
  check_rule(Nadam{});
  check_rule(RMSprop{.momentum = 0.5, .centered = true});
  check_rule(Adagrad{.initial_accumulator_value = 0});
  check_rule(Adadelta{});
  check_rule(Ftrl{.initial_accumulator_value = 0});
  check_rule(Lion{});
  check_rule(Lamb{});
  check_rule(Adafactor{});
  check_rule(Muon{});
}
