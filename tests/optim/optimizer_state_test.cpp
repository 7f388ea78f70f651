/// What an optimizer remembers: its state out and in again, copies, names.

#include <gradus/optim/optimizer.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

#include <gradus/core/node.h>
#include <gradus/gradus.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

using Tensors = std::vector<Tensor>;
using Names = std::vector<std::string>;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Applies one gradient to one parameter.
void apply(Optimizer& opt, const Tensor& w, const Tensor& g) { opt.apply(Tensors{g}, Tensors{w}); }

std::map<std::string, std::vector<double>> state_of(const Optimizer& opt) {
  std::map<std::string, std::vector<double>> state;
  opt.state([&](const std::string& name, std::span<const Scalar> values, const Shape& shape) {
    CHECK(shape.count() == static_cast<std::int64_t>(values.size()));
    state[name].assign(values.begin(), values.end());
  });
  return state;
}

/// Writes the whole state of one optimizer into another.
void restore(Optimizer& to, const Optimizer& from) {
  const auto saved = state_of(from);
  to.state([&](const std::string& name, std::span<Scalar> values, const Shape&) {
    std::copy(saved.at(name).begin(), saved.at(name).end(), values.begin());
  });
  to.set_counters(from.counters());
}

}  // namespace

TEST_CASE("an optimizer restored into a fresh one goes on bit for bit") {
  const auto make = [] {
    return Optimizer(Nadam{.learning_rate = CosineDecay{0.1, 10}},
                     {.use_ema = true, .gradient_accumulation_steps = 2});
  };
  const Tensor w = parameter({1, 2, 3});
  const Tensors gradients{{1, -2, 3}, {0.5, 0.25, -1}, {2, 2, 2}, {-1, 3, 0.1}, {1, 1, -1}};
  Optimizer opt = make();
  for (int i = 0; i < 3; ++i) apply(opt, w, gradients[static_cast<std::size_t>(i)]);
  const Tensor v = parameter(w);
  Optimizer fresh = make();
  fresh.adopt(Tensors{v});
  restore(fresh, opt);
  CHECK(fresh.counters() == OptimizerCounters{1, 1, 0.1});
  for (std::size_t i = 3; i < 5; ++i) {
    apply(opt, w, gradients[i]);
    apply(fresh, v, gradients[i]);
  }
  CHECK(state_of(opt) == state_of(fresh));
  for (int i = 0; i < 3; ++i) CHECK(w(i) == v(i));
  CHECK(opt.iterations() == 2);
}

TEST_CASE("state has each parameter's slots by name") {
  const Tensor kernel = parameter(Tensor::zeros({3, 2})), bias = parameter(Tensor::zeros({2}));
  Optimizer opt(Adafactor{}, {.use_ema = true, .gradient_accumulation_steps = 2});
  opt.adopt(Tensors{kernel, bias}, Names{"dense/kernel", "dense/bias"});
  std::vector<std::string> seen;
  opt.state([&](const std::string& name, std::span<Scalar>, const Shape& shape) {
    seen.push_back(fmt::format("{} {}", name, shape));
  });
  CHECK(seen == std::vector<std::string>{
                    "dense/kernel/r (3)", "dense/kernel/c (2)", "dense/kernel/average (3,2)",
                    "dense/kernel/gradient_accumulator (3,2)", "dense/bias/velocity (2)",
                    "dense/bias/average (2)", "dense/bias/gradient_accumulator (2)"});
}

TEST_CASE("slots start at what the rule says, and may have a shape of their own") {
  struct Counting {
    Schedule learning_rate = 1;
    int slots() const { return 2; }
    SlotInfo slot_info(int i, const Shape&) const {
      return i == 0 ? SlotInfo{"count", 10, Shape{}} : SlotInfo{};
    }
    void update(ParameterUpdate& u) const { u.slot(0)[0] += u.slot(1)[1] + 1; }
  };
  const Tensor w = parameter({1, 2});
  Optimizer opt = Counting{};
  apply(opt, w, {1, 1});
  CHECK(state_of(opt).at("0/count") == std::vector<double>{11});
  CHECK(state_of(opt).at("0/slot_1") == std::vector<double>{0, 0});
  struct Twins {
    Schedule learning_rate = 1;
    int slots() const { return 2; }
    SlotInfo slot_info(int, const Shape&) const { return {"same"}; }
    void update(ParameterUpdate&) const {}
  };
  Optimizer twins = Twins{};
  CHECK_THROWS_WITH_AS(apply(twins, w, {1, 1}),
                       "Twins: names of slots must differ (got same twice)", ValueError);
  struct Homeless {
    Schedule learning_rate = 1;
    int slots() const { return 0; }
    void update(ParameterUpdate&) const {}
    void start_average(std::span<const Scalar>, std::span<const std::span<Scalar>>) const {}
  };
  Optimizer homeless = Homeless{};
  CHECK_THROWS_WITH_AS(apply(homeless, w, {1, 1}),
                       "Homeless: slot 0 must be the average, in the shape of its parameter",
                       ValueError);
}

TEST_CASE("a copy has averages and accumulators of its own") {
  const Tensor w = parameter({1});
  Optimizer one(SGD{.learning_rate = 1}, {.use_ema = true, .gradient_accumulation_steps = 2});
  apply(one, w, {1});
  Optimizer two = one;
  const auto before = state_of(one);
  apply(two, w, {1});
  CHECK(state_of(one) == before);
  CHECK(one.counters() == OptimizerCounters{0, 1, 0});
  CHECK(two.counters() == OptimizerCounters{1, 0, 1});
}

TEST_CASE(
    "an optimizer that is copied with its parameters goes on with the copies, also where an option "
    "selects one by its handle") {
  const Tensor w = parameter({2});
  Optimizer one(SGD{.learning_rate = 1}, {.weight_decay = 0.5, .exclude_from_weight_decay = {w}});
  one.adopt(Tensors{w});
  const auto [copy, its] = [&] {
    const detail::DeepCopies deep;
    return std::pair<Tensor, Optimizer>(w, one);
  }();
  Optimizer moved = its;
  apply(moved, copy, {1});
  CHECK(copy(0) == 1);
  CHECK(w(0) == 2);
}

TEST_CASE("adopting names parameters once more, but changes none after the first update") {
  const Tensor w = parameter({1}), other = parameter({1});
  Optimizer opt = SGD{.learning_rate = 1, .momentum = 0.5};
  opt.adopt(Tensors{other});
  opt.adopt(Tensors{w}, Names{"w"});
  apply(opt, w, {1});
  opt.adopt(Tensors{w}, Names{"v"});
  CHECK(state_of(opt).at("v/momentum")[0] == -1);
  CHECK_THROWS_WITH_AS(opt.adopt(Tensors{other}), Contains("those of the first update"),
                       StateError);
  CHECK_THROWS_WITH_AS(opt.adopt(Tensors{w}, Names{"a", "b"}), Contains("(got 2 and 1)"),
                       ValueError);
  CHECK_THROWS_AS(opt.adopt(Tensors{w, w}), StateError);
}

TEST_CASE("counters that no run can have left are refused") {
  Optimizer opt(SGD{}, {.gradient_accumulation_steps = 2});
  CHECK_THROWS_WITH_AS(opt.set_counters({-1, 0, 0}), Contains("iterations must be >= 0"),
                       ValueError);
  CHECK_THROWS_WITH_AS(opt.set_counters({0, 2, 0}), Contains("collected must be in [0,2)"),
                       ValueError);
  CHECK_THROWS_WITH_AS(opt.set_counters({0, 0, not_a_number}),
                       Contains("last_learning_rate must be"), ValueError);
  const Tensor w = parameter({1});
  opt.adopt(Tensors{w});
  opt.set_counters({std::numeric_limits<Step>::max(), 0, 0.1});
  CHECK(opt.learning_rate() == 0.01);
  CHECK_THROWS_WITH_AS(apply(opt, w, {1}), Contains("iterations must be below 2^63 - 1"),
                       StateError);
}

TEST_CASE("the schedule given first stays known") {
  Optimizer opt = SGD{.learning_rate = 0.25};
  opt.set_learning_rate(0.5);
  CHECK(opt.schedule()(0) == 0.5);
  CHECK(opt.initial_schedule()(0) == 0.25);
  const Optimizer copy = opt;
  CHECK(copy.schedule()(0) == 0.5);
  CHECK(copy.initial_schedule()(0) == 0.25);
}

TEST_CASE("a rate times a multiplier beyond the weights' numbers is refused") {
  const double rate = sizeof(Scalar) == 4 ? 1e38 : 1e308;
  const Tensor w = parameter({1});
  Optimizer opt(SGD{.learning_rate = rate}, {.learning_rate_multipliers = {{w, 100}}});
  CHECK_THROWS_WITH_AS(apply(opt, w, {1}), Contains("must fit the weights' number type"),
                       NumericError);
  CHECK(w(0) == 1);
}
