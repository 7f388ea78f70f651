/// Derivatives of a trained network's loss by every number of every rule, and through every layer,
/// loss, penalty and option, beside differences.

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <set>

#include "differences.h"

using namespace gradus;
using differences::Compared;
using differences::trained;
using differences::Training;

namespace {

/// So small that the first updates do not overshoot, and moving.
const Schedule small = PolynomialDecay{0.01, 200.5, 0.001, 2.0};

void add(Compared& all, const Optimizer& optimizer, const Training& training = {},
         double h = 3e-4) {
  differences::compare(
      all, optimizer, [&](const Optimizer& at) { return trained(at, training); }, h);
}

/// By the rate and the momentum.
void add(Compared& all, const Training& training) {
  add(all, SGD{.learning_rate = small, .momentum = 0.9}, training);
}
Training with(const Layer& hidden, const Loss& loss = MeanSquaredError{}) {
  return {.net = Sequential({hidden, Dense{.units = 3}}), .loss = loss, .epochs = 6};
}
Training with(Tensor (*activation)(const Tensor&)) {
  return with(Dense{.units = 8, .activation = activation});
}

void check_all(const Compared& all, int numbers, int kinks = 0) {
  CAPTURE(all.where);
  CHECK(all.worst < 1e-8);
  CHECK(all.kinks <= kinks);
  CHECK(all.numbers - all.refused >= numbers);
}

}  // namespace

TEST_CASE("derivatives: each number of every rule, over 60 updates") {
  const Schedule rate = linear(0, 0.05, 20.5) >> CosineDecay{0.05, 60.2, 0.1};
  const Optimizer optimizers[] = {
      SGD{.learning_rate = rate, .momentum = 0.9},
      SGD{.learning_rate = rate, .momentum = mirror(rate, 0.95, 0.85), .nesterov = true},
      Adam{.learning_rate = small},
      AdamW{.learning_rate = small},
      Nadam{.learning_rate = small},
      Adagrad{.learning_rate = small},
      Adadelta{.learning_rate = 1.0},
      Adafactor{.learning_rate = small, .clip_threshold = 0.8},  // 1: the first update, at a kink
      RMSprop{.learning_rate = small, .momentum = 0.5, .centered = true},
      Ftrl{.learning_rate = 0.05, .l2_regularization_strength = 0.001},
      Lamb{.learning_rate = small},
      ScheduleFreeSGD{.learning_rate = linear(0.01, 0.05, 20.5) >> CosineDecay{0.05, 60.2, 0.1},
                      .warmup_steps = 5.5,
                      .weight_decay = 0.1,
                      .r = 1},
      ScheduleFreeAdamW{.learning_rate = small, .weight_decay = 0.1, .weight_lr_power = 1.5},
  };
  Compared all;
  std::set<std::string_view> names{"Adamax", "Lion", "Muon"};  // the next test
  for (const Optimizer& optimizer : optimizers) {
    names.insert(optimizer.name());
    add(all, optimizer, {.epochs = 12});
  }
  check_all(all, 80);
  CHECK(names.size() == known_optimizers().size());
}

TEST_CASE("derivatives: where no sign, maximum or clip changes, they are exact there too") {
  Compared all;
  add(all, Lion{.learning_rate = small, .beta_1 = 0.8}, {.epochs = 1});
  add(all, Adamax{.learning_rate = small}, {.epochs = 2});
  add(all, Muon{.learning_rate = small}, {.epochs = 1}, 3e-5);  // a power of 5^5
  add(all, Adam{.learning_rate = small, .amsgrad = true}, {.epochs = 1});
  add(all, Ftrl{.learning_rate = 0.05, .l1_regularization_strength = 1e-4}, {.epochs = 1});
  check_all(all, 40);
}

TEST_CASE("derivatives: each option of every optimizer") {
  const SGD rule{.learning_rate = small, .momentum = 0.9};
  const OptimizerOptions options[] = {
      {.weight_decay = linear(0.01, 0.001, 30.5)},
      {.clipnorm = 0.02},
      {.global_clipnorm = 0.03},
      {.clipvalue = 0.01},
      {.use_ema = true, .ema_momentum = 0.9},
      {.use_ema = true, .ema_momentum = 0.9, .ema_overwrite_frequency = 3},
      {.gradient_accumulation_steps = 2},
      {.weight_decay = 0.01, .exclude_from_weight_decay = {"bias"}},
      {.learning_rate_multipliers = {{"dense/kernel", 0.3}, {"bias", 2}}},
  };
  Compared all;
  for (const OptimizerOptions& option : options) add(all, {rule, option}, {.epochs = 6});
  add(all, {Adam{.learning_rate = small}, {.weight_decay = 0.01, .global_clipnorm = 0.03}},
      {.epochs = 6});
  check_all(all, 60, 2);  // a clip may begin or end between the runs of a difference
}

TEST_CASE("derivatives: through every smooth layer, activation, penalty and constraint") {
  Compared all;
  add(all, Training{.net{Dense{8, tanh}, Dropout{.rate = 0.2}, Dense{3}}, .epochs = 6});
  add(all, Training{.net{Dense{8, tanh}, GaussianNoise{.stddev = 0.1}, Dense{3}}, .epochs = 6});
  add(all, Training{.net{Dense{8}, BatchNormalization{}, Activation(tanh), Dense{3}}, .epochs = 6});
  add(all, Training{.net{Dense{8}, LayerNormalization{}, Activation(tanh), Dense{3}}, .epochs = 6});
  for (const Regularizer& penalty : {Regularizer(L2{0.01}), Regularizer(L1L2{0.0, 0.02}),
                                     Regularizer(OrthogonalRegularizer{0.01})})
    add(all, with(Dense{.units = 8, .activation = tanh, .kernel_regularizer = penalty}));
  for (const Constraint& constraint :
       {Constraint(MaxNorm{0.5}), Constraint(UnitNorm{}), Constraint(MinMaxNorm{0.3, 0.6, 0.5})})
    add(all, with(Dense{.units = 8, .activation = tanh, .kernel_constraint = constraint}));
  using Op = Tensor (*)(const Tensor&);
  for (const Op op : {Op(sigmoid), Op(gelu), Op(silu), Op(softplus), Op(log_sigmoid), Op(softmax),
                      Op(log_softmax), Op(mish), Op(tanh_shrink), Op(squareplus), Op(exponential),
                      Op(square), Op(sin), Op(cos)})
    add(all, with(op));
  check_all(all, 120);
}

TEST_CASE("derivatives: through every smooth loss") {
  Compared all;
  const auto to = [&](const Loss& loss, Tensor (*last)(const Tensor&) = linear) {
    add(all, Training{.net{Dense{8, tanh}, Dense{3, last}}, .loss = loss, .epochs = 6});
  };
  to(LogCosh{});
  to(Huber{.delta = 5});
  to(CosineSimilarity{});
  to(Poisson{}, softplus);
  to(MeanSquaredLogarithmicError{}, softplus);
  to(BinaryCrossentropy{.from_logits = true, .label_smoothing = 0.1});
  to(BinaryCrossentropy{}, sigmoid);
  to(CategoricalCrossentropy{.from_logits = true, .label_smoothing = 0.1});
  check_all(all, 40);
}

TEST_CASE("derivatives: by the factor of a penalty, which a program seeds itself") {
  const auto loss = [](Real factor) {
    return trained(SGD{.learning_rate = small},
                   with(Dense{.units = 8, .activation = tanh, .kernel_regularizer = L2{factor}}));
  };
  const auto plain = [&](double by) { return value(loss(0.01 + by)); };
  const double wanted = differences::difference(plain, 1e-5);
  CHECK(loss(Dual::parameter(0.01, 4)).d[4] == doctest::Approx(wanted).epsilon(1e-8));
  const Dual at_zero = loss(Dual::parameter(0, 1));
  CHECK(at_zero.d[1] != 0);
}

TEST_CASE("derivatives are those of the loss in the targets' own units") {
  const auto loss = [](double target_deviation) {
    return trained(SGD{.learning_rate = Dual::parameter(0.1, 2)},
                   {.target_deviation = target_deviation});
  };
  const Dual plain = loss(1), own = loss(512);
  CHECK(plain.d[2] != 0);
  CHECK(own.v == 512 * 512 * plain.v);
  CHECK(own.d[2] == 512 * 512 * plain.d[2]);
}

TEST_CASE("the dual build keeps no model in a file, and says why") {
  Sequential net{Dense{.units = 1}};
  net.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  net.build({1, 2});
  const char* why = "files hold numbers without derivatives; train a model to keep with gradus_f64";
  CHECK_THROWS_WITH_AS(net.save("none"), (std::string("save: ") + why).c_str(), StateError);
  CHECK_THROWS_WITH_AS(net.load("none"), (std::string("load: ") + why).c_str(), StateError);
  CHECK_THROWS_WITH_AS(net.load_weights("none"), (std::string("load_weights: ") + why).c_str(),
                       StateError);
  CHECK_THROWS_WITH_AS(read_metadata("none"), (std::string("read_metadata: ") + why).c_str(),
                       StateError);
}

TEST_CASE("the dual build refuses a bad number by its value, as the others do") {
  CHECK_THROWS_WITH_AS(repeat(linear(0, 1, 10), {.grow = 0.9}),
                       "Repeat: grow must be finite and >= 1 (got 0.9)", ValueError);
  CHECK_THROWS_AS(repeat(linear(0, 1, 10), {.decay = -1}), ValueError);
  CHECK_THROWS_AS(Optimizer(SGD{}, {.clipnorm = 0}), ValueError);
  CHECK_THROWS_AS(Optimizer(Adam{.epsilon = -1}), ValueError);
}
