#include <gradus/optim/optimizer.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <gradus/core/ops.h>
#include <gradus/optim/sgd.h>
#include <gradus/schedules/exponential_decay.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

/// Gives `w` the gradient g.
void set_grad(const Tensor& w, const Tensor& g) { sum(w * g).backward(); }

struct CountingRule {
  Schedule learning_rate = 0.5;
  int slots() const { return 2; }
  void update(ParameterUpdate& u) const {
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      u.slot(0)[i] += 1;
      u.slot(1)[i] += u.g[i];
      u.w[i] = u.slot(0)[i] * 100 + u.slot(1)[i] + static_cast<Scalar>(u.step) * 1000;
    }
  }
};

}  // namespace

TEST_CASE("plain SGD moves against the gradient") {
  const Tensor w = parameter({1, 2}), b = parameter(3.0);
  Optimizer opt = SGD{.learning_rate = 0.5};
  set_grad(w, {2, -4});
  set_grad(b, 1);
  opt.step({w, b});
  CHECK(w(0) == 0);
  CHECK(w(1) == 4);
  CHECK(b.item() == 2.5);
  CHECK(opt.iterations() == 1);
  CHECK_FALSE(w.has_grad());
}

TEST_CASE("momentum holds the rate inside the velocity as Keras does") {
  // v = 0.5 v - rate g with g = 1 and rates 0.1 0.1 0.05: v = -0.1, -0.15, -0.125.
  const Schedule rate = ExponentialDecay{
      .initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5, .staircase = true};
  const Tensor w = parameter({1});
  Optimizer opt = SGD{.learning_rate = rate, .momentum = 0.5};
  for (const double want : {0.9, 0.75, 0.625}) {
    set_grad(w, {1});
    opt.step({w});
    CHECK(w(0) == Approx(want));
  }
  const Tensor n = parameter({1});
  Optimizer nesterov = SGD{.learning_rate = rate, .momentum = 0.5, .nesterov = true};
  for (const double want : {0.85, 0.675, 0.5625}) {  // w += 0.5 v - rate g
    set_grad(n, {1});
    nesterov.step({n});
    CHECK(n(0) == Approx(want));
  }
}

TEST_CASE("momentum may be a schedule") {
  const Tensor w = parameter({0});
  Optimizer opt = SGD{.learning_rate = 1, .momentum = [](double t) { return t < 1 ? 0.0 : 0.5; }};
  for (const double want : {-1.0, -2.5}) {
    set_grad(w, {1});
    opt.step({w});
    CHECK(w(0) == Approx(want));
  }
}

TEST_CASE("all four forms of a rate work and the next rate is shown") {
  const ExponentialDecay decay{.initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 0.5};
  const Schedule schedule = decay;
  Optimizer a = SGD{.learning_rate = 0.1};
  Optimizer b = SGD{.learning_rate = decay};
  Optimizer c = SGD{.learning_rate = [](double step) { return 0.1 / (1 + step); }};
  Optimizer d = SGD{.learning_rate = schedule};
  const Tensor w = parameter({1});
  for (Optimizer* opt : {&a, &b, &c, &d}) {
    CHECK(opt->learning_rate() == 0.1);
    set_grad(w, {1});
    opt->step({w});
  }
  CHECK(a.learning_rate() == 0.1);
  CHECK(b.learning_rate() == 0.05);
  CHECK(c.learning_rate() == 0.05);
  CHECK(d.learning_rate() == 0.05);
}

TEST_CASE("a rule of a user's own has slots that start at zero and are kept") {
  const Tensor w = parameter({0, 0});
  Optimizer opt = CountingRule{};
  set_grad(w, {1, 2});
  opt.step({w});
  CHECK(w(1) == 102);
  set_grad(w, {1, 2});
  opt.step({w});
  CHECK(w(1) == 1204);
}

TEST_CASE("a parameter without a gradient is left alone") {
  const Tensor w = parameter({1}), idle = parameter({5});
  Optimizer opt = SGD{.learning_rate = 0.1, .momentum = 0.9};
  set_grad(w, {1});
  opt.step({w, idle});
  CHECK(idle(0) == 5);
  CHECK_THROWS_WITH_AS(opt.step({w, idle}), Contains("no parameter has a gradient"), StateError);
  CHECK(opt.iterations() == 1);
}

TEST_CASE("a copy has a counter and slots of its own") {
  const Tensor w = parameter({1});
  Optimizer one = SGD{.learning_rate = 0.1, .momentum = 0.9};
  set_grad(w, {1});
  one.step({w});
  Optimizer two = one;
  set_grad(w, {1});
  two.step({w});  // v = -0.19
  CHECK(one.iterations() == 1);
  CHECK(two.iterations() == 2);
  const Scalar before = w(0);
  set_grad(w, {1});
  one.step({w});  // again from v = -0.1, not from -0.19
  CHECK(w(0) - before == Approx(-0.19).epsilon(1e-5));
}

TEST_CASE("the rate can be replaced at any time") {
  Optimizer opt = SGD{.learning_rate = ExponentialDecay{
                          .initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 0.5}};
  opt.set_learning_rate(0.3);
  CHECK(opt.learning_rate() == 0.3);
  CHECK_THROWS_WITH_AS(opt.set_learning_rate(-1), Contains("learning_rate must be"), ValueError);
  CHECK(opt.learning_rate() == 0.3);
}

TEST_CASE("bad options of SGD are refused where they are given") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (const double rate : {-0.1, nan, inf})
    CHECK_THROWS_WITH_AS(Optimizer(SGD{.learning_rate = rate}),
                         Contains("SGD: learning_rate must be finite and >= 0 (got "), ValueError);
  for (const double momentum : {-0.1, 1.0, 1.5, nan})
    CHECK_THROWS_WITH_AS(Optimizer(SGD{.momentum = momentum}),
                         Contains("SGD: momentum must be in [0, 1) (got "), ValueError);
  CHECK_THROWS_WITH_AS(Optimizer(SGD{.nesterov = true}), Contains("nesterov"), ValueError);
  CHECK_NOTHROW(Optimizer(SGD{.learning_rate = 0}));
}

TEST_CASE("a moving value that goes wrong stops the update and changes nothing") {
  const Tensor w = parameter({1});
  Optimizer rate = SGD{.learning_rate = [](double step) { return step < 1 ? 0.1 : std::nan(""); }};
  Optimizer negative = SGD{.learning_rate = [](double step) { return 0.1 - step; }};
  Optimizer momentum =
      SGD{.learning_rate = 0.1, .momentum = [](double step) { return 0.5 + step; }};
  for (Optimizer* opt : {&rate, &negative, &momentum}) {
    set_grad(w, {1});
    opt->step({w});
  }
  const Scalar before = w(0);
  set_grad(w, {1});
  CHECK_THROWS_WITH_AS(rate.step({w}), Contains("learning_rate schedule returned nan at step 1"),
                       NumericError);
  CHECK_THROWS_WITH_AS(negative.step({w}),
                       Contains("learning_rate schedule returned -0.9 at step 1"), NumericError);
  CHECK_THROWS_WITH_AS(momentum.step({w}), Contains("momentum schedule returned 1.5 at step 1"),
                       NumericError);
  CHECK_THROWS_AS(rate.learning_rate(), NumericError);
  CHECK(w(0) == before);
  CHECK(rate.iterations() == 1);
  CHECK(w.has_grad());
}

TEST_CASE("an exception from a user's schedule passes through") {
  struct Mine {};
  const Tensor w = parameter({1});
  Optimizer opt = SGD{.learning_rate = [](double) -> double { throw Mine(); }};
  set_grad(w, {1});
  CHECK_THROWS_AS(opt.step({w}), Mine);
  CHECK(w(0) == 1);
}

TEST_CASE("bad gradients and parameters are refused and change nothing") {
  const Tensor w = parameter({{1, 2}}), b = parameter({3, 4});
  Optimizer opt = SGD{.learning_rate = 0.1};
  const double nan = std::nan("");
  const std::vector<Tensor> both{w, b};
  CHECK_THROWS_WITH_AS(opt.apply(std::vector<Tensor>{{{1, 2}}, {1, 2, 3}}, both),
                       "Optimizer: gradients[1] must have the parameter's shape (2) (got (3))",
                       ShapeError);
  CHECK_THROWS_WITH_AS(opt.apply(std::vector<Tensor>{{{1, 2}}}, both), Contains("(got 1 and 2)"),
                       ValueError);
  CHECK_THROWS_WITH_AS(
      opt.apply(std::vector<Tensor>{{{1, 2}}, {1, nan}}, both),
      "Optimizer: the gradient of parameter 1 must be finite (got nan at element 1, step 0)",
      NumericError);
  CHECK_THROWS_WITH_AS(opt.step({w, Tensor{1}}), Contains("must be made with parameter()"),
                       StateError);
  CHECK_THROWS_WITH_AS(opt.step({w, w}), Contains("must be given once"), StateError);
  opt.apply(std::vector<Tensor>{{{1, 2}}, {1, 1}}, both);
  CHECK_THROWS_WITH_AS(opt.apply(std::vector<Tensor>{{1, 1}, {1, 1}}, std::vector<Tensor>{b, b}),
                       "Optimizer: parameters[1] must be given once", StateError);
  const Tensor late = parameter({1});
  set_grad(late, {1});
  CHECK_THROWS_WITH_AS(opt.step({w, late}), Contains("parameters[1] was not in the first update"),
                       StateError);
  CHECK(w(0, 0) == Approx(0.9));
  CHECK(opt.iterations() == 1);
}

TEST_CASE("an update writes new storage while a graph still needs the old") {
  const Tensor w = parameter({2});
  const Tensor early = sum(w * w);
  Optimizer opt = SGD{.learning_rate = 1};
  set_grad(w, {1});
  opt.step({w});
  CHECK(w(0) == 1);
  early.backward();
  CHECK(w.grad()(0) == 4);  // 2 w with the w of then
}

TEST_CASE("a rate is asked for once per update") {
  int asked = 0;
  Optimizer opt = SGD{.learning_rate = [&asked](double) { return ++asked, 0.1; }};
  const Tensor w = parameter({1});
  set_grad(w, {1});
  opt.step({w});
  CHECK(asked == 1);
  CHECK(opt.last_learning_rate() == 0.1);
}

TEST_CASE("a slot that the rule did not ask for is refused") {
  struct Greedy {
    Schedule learning_rate = 0.1;
    int slots() const { return 1; }
    void update(ParameterUpdate& u) const { u.slot(1)[0] = 1; }
  };
  Optimizer opt = Greedy{};
  const Tensor w = parameter({1});
  set_grad(w, {1});
  CHECK_THROWS_WITH_AS(opt.step({w}), Contains("slot must be in [0,1)"), ValueError);
}

TEST_CASE("a rate beyond the weights' numbers is refused") {
  if (sizeof(Scalar) == 8) return;
  Optimizer opt = SGD{.learning_rate = 1e39};
  const Tensor w = parameter({1});
  set_grad(w, {1});
  CHECK_THROWS_WITH_AS(opt.step({w}), Contains("must fit the weights' number type"), NumericError);
  CHECK(w(0) == 1);
}
