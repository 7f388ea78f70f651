/// What all optimizers share: clipping, decay, averages, accumulation, selections, state, texts.

#include <gradus/optim/optimizer_options.h>

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
constexpr double inf = std::numeric_limits<double>::infinity();

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

}  // namespace

// ---- clipping -----------------------------------------------------------------------------------

TEST_CASE("clipnorm shortens each gradient, global_clipnorm all of them together") {
  const Tensor a = parameter({0, 0}), b = parameter({0.0});
  Optimizer each(SGD{.learning_rate = 1}, {.clipnorm = 1.0});
  each.apply(Tensors{{3, 4}, {0.5}}, Tensors{a, b});
  CHECK(a(0) == Approx(-0.6));
  CHECK(a(1) == Approx(-0.8));
  CHECK(b(0) == Approx(-0.5));
  const Tensor c = parameter({0, 0}), d = parameter({0.0});
  Optimizer all(SGD{.learning_rate = 1}, {.global_clipnorm = 1.0});
  all.apply(Tensors{{3, 4}, {12}}, Tensors{c, d});
  CHECK(c(0) == Approx(-3.0 / 13));
  CHECK(d(0) == Approx(-12.0 / 13));
  all.apply(Tensors{{0.1, 0}, {0}}, Tensors{c, d});  // below the limit: as it is
  CHECK(c(0) == Approx(-3.0 / 13 - 0.1));
}

TEST_CASE("clipvalue cuts each element") {
  const Tensor w = parameter({0, 0, 0});
  Optimizer opt(SGD{.learning_rate = 1}, {.clipvalue = 0.5});
  apply(opt, w, {3, -4, 0.25});
  CHECK(w(0) == -0.5);
  CHECK(w(1) == 0.5);
  CHECK(w(2) == -0.25);
}

TEST_CASE("a norm whose square is beyond all numbers is clipped all the same") {
  const double huge = sizeof(Scalar) == 4 ? 3e38 : 3e307,
               tiny = sizeof(Scalar) == 4 ? 1e-37 : 1e-300;
  for (const OptimizerOptions& options :
       {OptimizerOptions{.clipnorm = 1.0}, OptimizerOptions{.global_clipnorm = 1.0}}) {
    const Tensor w = parameter({0, 0});
    Optimizer opt(SGD{.learning_rate = 1}, options);
    apply(opt, w, {huge, -huge});
    CHECK(w(0) == Approx(-std::sqrt(0.5)));
    CHECK(w(1) == Approx(std::sqrt(0.5)));
    apply(opt, w, {huge, 0.5});
    CHECK(w(0) == Approx(-std::sqrt(0.5) - 1));
  }
  const Tensor w = parameter({0.0});
  Optimizer opt(SGD{.learning_rate = 1}, {.clipnorm = tiny});
  apply(opt, w, {4 * tiny});
  CHECK(w(0) / tiny == Approx(-1));
}

// ---- decay, selections --------------------------------------------------------------------------

TEST_CASE("weight decay may move, and goes with the rate") {
  const Tensor w = parameter({2});
  Optimizer opt(SGD{.learning_rate = 0.5},
                {.weight_decay = [](double t) { return 0.1 * (1 + t); }});
  apply(opt, w, {0});
  CHECK(w(0) == Approx(2 * (1 - 0.1 * 0.5)));
  apply(opt, w, {0});
  CHECK(w(0) == Approx(2 * (1 - 0.1 * 0.5) * (1 - 0.2 * 0.5)));
  Optimizer bad(SGD{.learning_rate = 0.5}, {.weight_decay = [](double t) { return t - 1; }});
  CHECK_THROWS_WITH_AS(apply(bad, w, {0}),
                       Contains("Optimizer: weight_decay schedule returned -1 at step 0"),
                       NumericError);
}

TEST_CASE("parameters are selected by name or by handle") {
  const Names names{"dense/kernel", "dense/bias", "dense_1/kernel"};
  const Tensors w{parameter({1}), parameter({1}), parameter({1})};
  const Tensors zero{{0}, {0}, {0}}, one{{1}, {1}, {1}};
  const auto run = [&](Optimizer opt, const Tensors& g) {
    const Tensors copy{parameter(w[0]), parameter(w[1]), w[2]};
    opt.adopt(copy, names);
    opt.apply(g, copy);
    const Tensor last = copy[2];
    std::vector<double> values{copy[0](0), copy[1](0), last(0)};
    return values;
  };
  const std::vector<double> by_name =
      run(Optimizer(SGD{.learning_rate = 1},
                    {.weight_decay = 0.5, .exclude_from_weight_decay = {"bias"}}),
          zero);
  CHECK(by_name == std::vector<double>{0.5, 1, 0.5});
  const std::vector<double> by_handle =
      run(Optimizer(SGD{.learning_rate = 1},
                    {.weight_decay = 0.5, .exclude_from_weight_decay = {w[2]}}),
          zero);
  CHECK(by_handle == std::vector<double>{0.5, 0.5, 0.5});
  const std::vector<double> rates =
      run(Optimizer(SGD{.learning_rate = 0.5},
                    {.learning_rate_multipliers = {{"dense_1", 2.0}, {w[2], 0.5}, {"bias", 0}}}),
          one);
  CHECK(rates == std::vector<double>{0.5, 1, 0});
}

TEST_CASE("a selector takes whole names only, from the start or else further on") {
  const Names names{"dense/kernel",        "dense/bias",    "dense_1/kernel",    "dense_1/bias",
                    "dense_10/kernel",     "dense_10/bias", "wide/dense/kernel", "wide/dense/bias",
                    "wide/dense_2/kernel", "scale/0",       "10/bias_2"};
  const std::pair<const char*, Names> cases[] = {
      {"dense_1", {"dense_1/kernel", "dense_1/bias"}},
      {"dense", {"dense/kernel", "dense/bias"}},
      {"dense/", {"dense/kernel", "dense/bias"}},
      {"bias", {"dense/bias", "dense_1/bias", "dense_10/bias", "wide/dense/bias"}},
      {"dense_1/bias", {"dense_1/bias"}},
      {"wide", {"wide/dense/kernel", "wide/dense/bias", "wide/dense_2/kernel"}},
      {"wide/dense", {"wide/dense/kernel", "wide/dense/bias"}},
      {"dense_2", {"wide/dense_2/kernel"}},
      {"dense_2/kernel", {"wide/dense_2/kernel"}},
      {"0", {"scale/0"}},
      {"10", {"10/bias_2"}}};
  for (const auto& [text, want] : cases) {
    Names got;
    for (const std::string& name : names)
      if (ParameterSelector(text).selects({}, name, names)) got.push_back(name);
    const std::string selector = text;
    CAPTURE(selector);
    CHECK(got == want);
  }
  for (const char* none : {"", "dens", "ense", "dense_", "bia", "kernel/dense", "1", "/", "bias/x"})
    for (const std::string& name : names)
      CHECK_FALSE(ParameterSelector(none).selects({}, name, names));
}

TEST_CASE("a multiplier scales the decay too") {
  const Tensor w = parameter({1});
  Optimizer opt(SGD{.learning_rate = 0.5},
                {.weight_decay = 0.5, .learning_rate_multipliers = {{w, 0.5}}});
  apply(opt, w, {0});
  CHECK(w(0) == Approx(1 - 0.5 * 0.25));
}

TEST_CASE("a selector that fits nothing is refused, with the names there are") {
  const Tensor w = parameter({1}), b = parameter({1}), other = parameter({1});
  Optimizer opt(SGD{}, {.exclude_from_weight_decay = {"bia_s"}});
  CHECK_THROWS_WITH_AS(opt.adopt(Tensors{w, b}, Names{"dense/kernel", "dense/bias"}),
                       "Optimizer: exclude_from_weight_decay must select a parameter of these: "
                       "dense/kernel, dense/bias (got bia_s)",
                       ValueError);
  Optimizer handle(SGD{}, {.learning_rate_multipliers = {{other, 0.1}}});
  CHECK_THROWS_WITH_AS(apply(handle, w, {1}),
                       "Optimizer: learning_rate_multipliers must select a parameter of these: 0 "
                       "(got a parameter)",
                       ValueError);
  CHECK(w(0) == 1);
}

// ---- averages, accumulation ---------------------------------------------------------------------

TEST_CASE("averages start as the weights after the first update and replace them at the end") {
  const Tensor w = parameter({5});
  Optimizer opt(SGD{.learning_rate = 1}, {.use_ema = true, .ema_momentum = 0.5});
  opt.adopt(Tensors{w});
  Optimizer another = SGD{.learning_rate = 1};
  apply(another, w, {-1});
  opt.finalize();  // before the first update there is no average
  CHECK(w(0) == 6);
  apply(another, w, {1});
  for (int i = 0; i < 3; ++i) apply(opt, w, {1});
  CHECK(w(0) == 2);
  CHECK(state_of(opt).at("0/average")[0] == Approx(((4 + 3) / 2.0 + 2) / 2));
  opt.finalize();
  CHECK(w(0) == Approx(2.75));
}

TEST_CASE("averages overwrite the weights every so many updates") {
  const Tensor w = parameter({5});
  Optimizer opt(SGD{.learning_rate = 1},
                {.use_ema = true, .ema_momentum = 0.5, .ema_overwrite_frequency = 2});
  apply(opt, w, {1});
  CHECK(w(0) == 4);
  apply(opt, w, {1});
  CHECK(w(0) == 3.5);
}

TEST_CASE(
    "N accumulated calls are one update by their mean and schedules and the counter see updates") {
  const Tensor w = parameter({1, 1}), v = parameter({1, 1});
  const Schedule rate = [](double t) { return 1 / (1 + t); };
  Optimizer parts(Adam{.learning_rate = rate}, {.gradient_accumulation_steps = 3});
  Optimizer whole = Adam{.learning_rate = rate};
  for (int update = 0; update < 2; ++update) {
    apply(parts, w, {3, 0});
    apply(parts, w, {0, 6});
    CHECK(w(0) == v(0));
    CHECK(parts.iterations() == update);
    CHECK(parts.counters().collected == 2);
    apply(parts, w, {3, 0});
    apply(whole, v, {2, 2});
    CHECK(parts.iterations() == update + 1);
    for (int i = 0; i < 2; ++i) CHECK(w(i) == Approx(v(i)).epsilon(1e-6));
  }
  CHECK(parts.last_learning_rate() == 0.5);
}

TEST_CASE(
    "a parameter with a gradient in an earlier part only is updated and one with none is not") {
  const Tensor a = parameter({1}), b = parameter({1}), c = parameter({1});
  Optimizer opt(SGD{.learning_rate = 1}, {.weight_decay = 0.5, .gradient_accumulation_steps = 2});
  opt.apply(Tensors{{1}, {1}, Tensor()}, Tensors{a, b, c});
  opt.apply(Tensors{{1}, Tensor(), Tensor()}, Tensors{a, b, c});
  CHECK(a(0) == -0.5);
  CHECK(b(0) == 0);
  CHECK(c(0) == 1);
  opt.apply(Tensors{{0}, Tensor(), Tensor()}, Tensors{a, b, c});
  opt.apply(Tensors{{0}, Tensor(), Tensor()}, Tensors{a, b, c});
  CHECK(b(0) == 0);  // nothing is left of the first two
}

TEST_CASE("a bad gradient is refused also where it would only be collected") {
  const Tensor w = parameter({1});
  Optimizer opt(SGD{.learning_rate = 1}, {.gradient_accumulation_steps = 2});
  apply(opt, w, {1});
  CHECK_THROWS_WITH_AS(apply(opt, w, {not_a_number}),
                       "Optimizer: the gradient of parameter 0 must be finite (got nan at element "
                       "0, step 0)",
                       NumericError);
  CHECK(opt.counters() == OptimizerCounters{0, 1, 0});
  apply(opt, w, {3});
  CHECK(w(0) == -1);
}

TEST_CASE("the mean of parts of a batch is the batch's gradient") {
  const Tensor x{{1}, {2}, {3}, {4}}, y{{3}, {5}, {7}, {9}};
  const auto loss = [](const Tensor& w, const Tensor& some_x, const Tensor& some_y) {
    return mean(square(matmul(some_x, w) - some_y));
  };
  const Tensor w = parameter({{0.5}}), v = parameter({{0.5}});
  Optimizer parts(RMSprop{.learning_rate = 0.1}, {.gradient_accumulation_steps = 2});
  Optimizer whole = RMSprop{.learning_rate = 0.1};
  for (int i = 0; i < 10; ++i) {
    for (const int start : {0, 2}) {
      loss(w, slice(x, 0, start, start + 2), slice(y, 0, start, start + 2)).backward();
      parts.step({w});
    }
    loss(v, x, y).backward();
    whole.step({v});
    CHECK(w(0, 0) == Approx(v(0, 0)).epsilon(1e-5));
  }
}

// ---- options ------------------------------------------------------------------------------------

TEST_CASE("bad options are refused where they are given") {
  const auto fails = [](auto rule, const OptimizerOptions& options, const char* text) {
    CHECK_THROWS_WITH_AS(Optimizer(rule, options), Contains(text), ValueError);
  };
  for (const double beta : {-0.1, 1.0, not_a_number}) {
    fails(Adam{.beta_1 = beta}, {}, "Adam: beta_1 must be in [0, 1) (got ");
    fails(AdamW{.beta_2 = beta}, {}, "AdamW: beta_2 must be in [0, 1) (got ");
    fails(Adamax{.beta_1 = beta}, {}, "Adamax: beta_1 must be in [0, 1) (got ");
    fails(Nadam{.beta_2 = beta}, {}, "Nadam: beta_2 must be in [0, 1) (got ");
    fails(Lion{.beta_1 = beta}, {}, "Lion: beta_1 must be in [0, 1) (got ");
    fails(Lamb{.beta_1 = beta}, {}, "Lamb: beta_1 must be in [0, 1) (got ");
    fails(RMSprop{.rho = beta}, {}, "RMSprop: rho must be in [0, 1) (got ");
    fails(RMSprop{.momentum = beta}, {}, "RMSprop: momentum must be in [0, 1) (got ");
    fails(Adadelta{.rho = beta}, {}, "Adadelta: rho must be in [0, 1) (got ");
    fails(Muon{.momentum = beta}, {}, "Muon: momentum must be in [0, 1) (got ");
    fails(Muon{.adam_beta_1 = beta}, {}, "Muon: adam_beta_1 must be in [0, 1) (got ");
  }
  for (const double epsilon : {0.0, -1e-7, not_a_number, inf, 1e-320}) {
    fails(Adam{.epsilon = epsilon}, {}, "Adam: epsilon must be finite and > 0");
    fails(RMSprop{.epsilon = epsilon}, {}, "RMSprop: epsilon must be finite and > 0");
    fails(Adafactor{.epsilon_1 = epsilon}, {}, "Adafactor: epsilon_1 must be finite and > 0");
  }
  for (const double bad : {-0.1, not_a_number, inf}) {
    fails(Adam{.learning_rate = bad}, {}, "Adam: learning_rate must be finite and >= 0 (got ");
    fails(AdamW{.weight_decay = bad}, {}, "AdamW: weight_decay must be finite and >= 0 (got ");
    fails(SGD{}, {.weight_decay = bad}, "Optimizer: weight_decay must be finite and >= 0 (got ");
    fails(SGD{}, {.learning_rate_multipliers = {{"b", bad}}},
          "Optimizer: learning_rate_multipliers[0] must be finite and >= 0 (got ");
    fails(Adagrad{.initial_accumulator_value = bad}, {}, "initial_accumulator_value must be");
    fails(Ftrl{.l1_regularization_strength = bad}, {}, "l1_regularization_strength must be");
    fails(Muon{.rms_rate = bad}, {}, "Muon: rms_rate must be finite and >= 0 (got ");
  }
  fails(Ftrl{.learning_rate_power = 0.5}, {},
        "learning_rate_power must be finite and <= 0 (got 0.5)");
  fails(Muon{.ns_steps = 0}, {}, "Muon: ns_steps must be finite and >= 1 (got 0)");
  for (const double limit : {0.0, -1.0, not_a_number, inf}) {
    fails(SGD{}, {.clipnorm = limit}, "Optimizer: clipnorm must be finite and > 0 (got ");
    fails(SGD{}, {.clipvalue = limit}, "Optimizer: clipvalue must be finite and > 0 (got ");
    fails(SGD{}, {.global_clipnorm = limit},
          "Optimizer: global_clipnorm must be finite and > 0 (got ");
  }
  fails(SGD{}, {.clipnorm = 1.0, .global_clipnorm = 1.0},
        "Optimizer: at most one of clipnorm, clipvalue and global_clipnorm must be given (got 2)");
  fails(SGD{}, {.ema_momentum = 1.1}, "Optimizer: ema_momentum must be in [0, 1] (got 1.1)");
  fails(SGD{}, {.ema_overwrite_frequency = 0},
        "Optimizer: ema_overwrite_frequency must be a whole number >= 1 (got 0)");
  fails(SGD{}, {.gradient_accumulation_steps = 1},
        "Optimizer: gradient_accumulation_steps must be a whole number >= 2 (got 1)");
  fails(SGD{}, {.gradient_accumulation_steps = 2.5}, "must be a whole number >= 2 (got 2.5)");
  fails(AdamW{}, {.weight_decay = 0.1},
        "Optimizer: weight_decay must be given once, among the options of AdamW (got 0.1)");
}

TEST_CASE("options are written in Keras's order and read as Keras's calls") {
  Optimizer a(Adam{.learning_rate = 1e-3}, {.global_clipnorm = 1.0});
  CHECK(to_string(a) ==
        "Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, amsgrad=False, "
        "global_clipnorm=1)");
  CHECK(a.name() == "Adam");
  Optimizer b(SGD{.learning_rate = CosineDecay{0.1, 100}, .momentum = 0.9},
              {.weight_decay = 0.01,
               .use_ema = true,
               .gradient_accumulation_steps = 4,
               .exclude_from_weight_decay = {"bias", parameter({1})},
               .learning_rate_multipliers = {{"kernel", 0.5}}});
  CHECK(to_string(b) ==
        "SGD(learning_rate=CosineDecay(initial_learning_rate=0.1, decay_steps=100), momentum=0.9, "
        "nesterov=False, weight_decay=0.01, use_ema=True, gradient_accumulation_steps=4, "
        "exclude_from_weight_decay=[\"bias\", \"a parameter\"], "
        "learning_rate_multipliers=[[\"kernel\", 0.5]])");
  struct Mine {
    Schedule learning_rate = 0.5;
    int slots() const { return 0; }
    void update(ParameterUpdate&) const {}
  };
  CHECK(to_string(Optimizer(Mine{})) == "Mine(learning_rate=0.5)");
}
