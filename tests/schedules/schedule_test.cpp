#include <gradus/schedules/schedule.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include <gradus/core/tensor.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/piecewise_constant_decay.h>

using namespace gradus;
using doctest::Contains;

static_assert(!std::is_convertible_v<Tensor, Schedule>);
static_assert(!std::is_convertible_v<const char*, Schedule>);
static_assert(!std::is_convertible_v<bool, Schedule>);
static_assert(!std::is_convertible_v<std::nullptr_t, Schedule>);

namespace {

const ExponentialDecay halving{
    .initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5, .staircase = true};

/// A user's schedule with all the optional parts.
struct Ramp {
  Real end;
  Steps length;
  Real operator()(double step) const { return end * std::min(1.0, step / length.count); }
  double duration() const { return length.count; }
  void validate() const { check(end < 10, "Ramp: end must be < 10 (got {})", end); }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("end", self.end, not_negative);
    field("length", self.length, positive_steps);
  }
};

/// Fields of number types that are not Real.
struct Whole {
  int start;
  float slope;
  Real operator()(double step) const { return start + static_cast<double>(slope) * step; }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("start", self.start, not_negative);
    field("slope", self.slope, not_negative);
  }
};

/// Has no default and holds a schedule.
struct Scaled {
  Schedule base;
  Real factor;
  Real operator()(Real step) const { return factor * base.at(step); }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("base", self.base, finite_number);
    field("factor", self.factor, finite_number, optional);
  }
};

double plain_function(double step) { return step + 1; }

std::string text_of(const char* text) { return to_string(parse_schedule(text)); }

}  // namespace

TEST_CASE("a schedule is a number, a struct, a lambda or a function") {
  CHECK(Schedule([](Step step) { return 0.1 * static_cast<double>(step % 3); })(4) == 0.1);
  CHECK(Schedule([](auto step) { return 2 * step; })(3) == 6);
  CHECK(Schedule(0.1)(7) == 0.1);
  CHECK(Schedule(1)(7) == 1);
  CHECK(Schedule(0.5f)(7) == 0.5);
  CHECK(Schedule(halving)(3) == 0.05);
  CHECK(Schedule([](double step) { return 0.1 / (1 + step); })(1) == 0.05);
  CHECK(Schedule(plain_function)(3) == 4);
  const Schedule s = halving;
  const Schedule copy = s;
  CHECK(copy(std::int64_t{4}) == 0.025);
  CHECK(copy(4u) == 0.025);
  CHECK(copy(4.0f) == 0.025);
}

TEST_CASE("the staircase and its smooth form have the values their header shows") {
  const Schedule stairs = halving;
  ExponentialDecay even = halving;
  even.staircase = false;
  const Schedule smooth = even;
  const double stair_values[] = {0.1, 0.1, 0.05, 0.05, 0.025, 0.025};
  const double smooth_values[] = {0.1, 0.070711, 0.05, 0.035355, 0.025, 0.017678};
  for (int step = 0; step < 6; ++step) {
    CHECK(stairs(step) == stair_values[step]);
    CHECK(smooth(step) == doctest::Approx(smooth_values[step]).epsilon(1e-4));
  }
}

TEST_CASE("piecewise constant decay has the values its header shows") {
  const Schedule s = PiecewiseConstantDecay{.boundaries = {2, 4}, .values = {0.5, 0.4, 0.3}};
  const double values[] = {0.5, 0.5, 0.5, 0.4, 0.4, 0.3, 0.3};
  for (int step = 0; step < 7; ++step) CHECK(s(step) == values[step]);
  CHECK(Schedule(PiecewiseConstantDecay{.boundaries = {}, .values = {0.2}})(5) == 0.2);
}

TEST_CASE("a schedule is pure") {
  const Schedule s = halving;
  const double seven = s(7);
  s(3);
  s(1000000);
  CHECK(s(7) == seven);
}

TEST_CASE("a stair begins on its exact step beyond what a float can count") {
  // Rates that barely fall, so that the value tells which stair a step is on.
  for (const std::int64_t length : {3, 7, 1000, 16777217}) {
    const Schedule s = ExponentialDecay{.initial_learning_rate = 1,
                                        .decay_steps = length,
                                        .decay_rate = 0.999999999,
                                        .staircase = true};
    for (std::int64_t stair : {std::int64_t{1}, std::int64_t{5592407}, std::int64_t{100000001}}) {
      if (stair > (std::int64_t{1} << 52) / length) continue;
      const std::int64_t first = stair * length;
      const auto on = [&](std::int64_t n) { return std::pow(0.999999999, static_cast<double>(n)); };
      CHECK(s(first - 1) == on(stair - 1));
      CHECK(s(first) == on(stair));
      CHECK(s(first + 1) == on(stair));
    }
  }
  const Schedule fractional = ExponentialDecay{
      .initial_learning_rate = 1, .decay_steps = 2.5, .decay_rate = 0.5, .staircase = true};
  CHECK(fractional(2) == 1);
  CHECK(fractional(3) == 0.5);
  CHECK(fractional(5) == 0.25);
}

TEST_CASE("the largest step gives the limit") {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  CHECK(Schedule(halving)(last) == 0);
  CHECK(Schedule(PiecewiseConstantDecay{.boundaries = {5}, .values = {1, 0.5}})(last) == 0.5);
  const Schedule slow = ExponentialDecay{
      .initial_learning_rate = 0.1, .decay_steps = 0x1p60, .decay_rate = 0.5, .staircase = true};
  CHECK(slow(std::int64_t{1} << 59) == 0.1);
  CHECK(slow(std::int64_t{1} << 60) == 0.05);
  CHECK(slow(last) == doctest::Approx(0.1 / 256));
}

TEST_CASE("a function that may take whole steps is asked within their range") {
  const Schedule generic = [](auto t) { return static_cast<double>(t); };
  CHECK(generic(7.5) == 7.5);
  CHECK(generic(std::numeric_limits<std::int64_t>::max()) == 0x1.fffffffffffffp62);
}

TEST_CASE("durations are those of the struct or infinite") {
  CHECK(Schedule(Ramp{.end = 1, .length = 20}).duration() == 20);
  CHECK(std::isinf(Schedule(0.1).duration()));
  CHECK(std::isinf(Schedule(halving).duration()));
}

TEST_CASE("bad options of ExponentialDecay are refused where they are given") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const auto with = [](double rate, double steps, double decay) {
    return Schedule(
        ExponentialDecay{.initial_learning_rate = rate, .decay_steps = steps, .decay_rate = decay});
  };
  CHECK_THROWS_WITH_AS(with(nan, 1, 1),
                       "ExponentialDecay: initial_learning_rate must be finite and >= 0 (got nan)",
                       ValueError);
  CHECK_THROWS_WITH_AS(with(inf, 1, 1), Contains("(got inf)"), ValueError);
  CHECK_THROWS_WITH_AS(with(-0.1, 1, 1), Contains("finite and >= 0 (got -0.1)"), ValueError);
  CHECK_NOTHROW(with(0, 1, 1));
  for (const double steps : {0.0, -3.0})
    CHECK_THROWS_WITH_AS(with(0.1, steps, 1),
                         Contains("ExponentialDecay: decay_steps must be > 0 (got "), ValueError);
  CHECK_THROWS_AS(with(0.1, nan, 1), ValueError);
  for (const double decay : {nan, 0.0, -0.5})
    CHECK_THROWS_WITH_AS(with(0.1, 1, decay),
                         Contains("ExponentialDecay: decay_rate must be finite and > 0 (got "),
                         ValueError);
}

TEST_CASE("bad options of PiecewiseConstantDecay are refused where they are given") {
  const auto with = [](std::vector<Steps> boundaries, std::vector<Real> values) {
    return Schedule(PiecewiseConstantDecay{.boundaries = boundaries, .values = values});
  };
  CHECK_THROWS_WITH_AS(with({1, 10, 5}, {1, 1, 1, 1}),
                       "PiecewiseConstantDecay: boundaries must be strictly increasing (got "
                       "boundaries[2]=5 after 10)",
                       ValueError);
  CHECK_THROWS_WITH_AS(with({3, 3}, {1, 1, 1}), Contains("strictly increasing"), ValueError);
  CHECK_THROWS_WITH_AS(with({1, 2}, {1, 2}), Contains("(got 2 values and 2 boundaries)"),
                       ValueError);
  CHECK_THROWS_WITH_AS(with({}, {}), "PiecewiseConstantDecay: values must not be empty",
                       ValueError);
  CHECK_THROWS_WITH_AS(with({1}, {1, -2}), Contains("values[1] must be finite and >= 0 (got -2)"),
                       ValueError);
  CHECK_THROWS_WITH_AS(with({1}, {std::nan(""), 2}), Contains("values[0]"), ValueError);
  CHECK_NOTHROW(with({}, {0.1}));
}

TEST_CASE("bad steps and values that are not finite are errors") {
  const Schedule s = halving;
  CHECK_THROWS_WITH_AS(s(-1), "Schedule: step must be >= 0 (got -1)", ValueError);
  CHECK_THROWS_AS(s(std::nan("")), ValueError);
  const Schedule growing =
      ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 10};
  CHECK(growing(300) == doctest::Approx(1e299));
  CHECK_THROWS_WITH_AS(growing(400), Contains("ExponentialDecay"), NumericError);
  CHECK_THROWS_WITH_AS(growing(400), Contains("returned inf at step 400"), NumericError);
  const Schedule broken = [](double) { return std::nan(""); };
  CHECK_THROWS_WITH_AS(broken(17), Contains("custom returned nan at step 17"), NumericError);
}

TEST_CASE("a struct's duration is a length") {
  struct Backwards {
    double operator()(double t) const { return t; }
    double duration() const { return length; }
    double length;
  };
  CHECK_THROWS_WITH_AS(Schedule(Backwards{-5}), "Backwards: duration() must be >= 0 (got -5)",
                       ValueError);
  CHECK_THROWS_AS(Schedule(Backwards{std::nan("")}), ValueError);
}

TEST_CASE("a struct may hold other schedules") {
  CHECK(gradus::to_string(Scaled{halving, 2}) ==
        "Scaled(base=" + to_string(Schedule(halving)) + ", factor=2)");
}

TEST_CASE("a null function is refused") {
  double (*none)(double) = nullptr;
  CHECK_THROWS_WITH_AS(Schedule{none}, "Schedule: the function must not be null", ValueError);
  CHECK_THROWS_AS(Schedule(std::function<double(double)>()), ValueError);
}

TEST_CASE("a user's struct is checked by its fields and by its validate") {
  CHECK_THROWS_WITH_AS(Schedule(Ramp{.end = -1, .length = 5}),
                       "Ramp: end must be finite and >= 0 (got -1)", ValueError);
  CHECK_THROWS_WITH_AS(Schedule(Ramp{.end = 11, .length = 5}), "Ramp: end must be < 10 (got 11)",
                       ValueError);
  CHECK(to_string(Schedule(Ramp{.end = 2, .length = 5})) == "Ramp(end=2, length=5)");
}

TEST_CASE("texts are valid Python") {
  CHECK(to_string(Schedule(0.1)) == "0.1");
  CHECK(to_string(Schedule(halving)) ==
        "ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5, "
        "staircase=True)");
  CHECK(
      to_string(Schedule(PiecewiseConstantDecay{.boundaries = {2, 4}, .values = {1, 0.5, 0.1}})) ==
      "PiecewiseConstantDecay(boundaries=[2, 4], values=[1, 0.5, 0.1])");
  CHECK(to_string(Schedule([](double) { return 0.1; })) == "custom");
  ExponentialDecay named = halving;
  named.name = "a \"b\" \\";
  CHECK(text_of(to_string(Schedule(named)).c_str()) == to_string(Schedule(named)));
}

TEST_CASE("texts are read back exactly") {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const Schedule s = ExponentialDecay{.initial_learning_rate = std::exp(random.normal() * 20),
                                        .decay_steps = 1 + random.uniform() * 1e6,
                                        .decay_rate = random.uniform() + 1e-3,
                                        .staircase = i % 2 == 0};
    const Schedule back = parse_schedule(to_string(s));
    CHECK(to_string(back) == to_string(s));
    for (const int step : {0, 1, 17, 1000}) CHECK(back(step) == s(step));
  }
}

TEST_CASE("lines pasted from Python are read") {
  const std::string want = to_string(Schedule(halving));
  for (const char* text :
       {"ExponentialDecay(0.1, 2, 0.5, True)",
        "ExponentialDecay(0.1, 2, decay_rate=.5, staircase=true)",
        "keras.optimizers.schedules.ExponentialDecay(\n  0.1, decay_steps=2,\n  decay_rate=0.5,\n"
        "  staircase=True,\n)",
        "tf.keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=1e-1, decay_steps=2, "
        "decay_rate=0.5, staircase=True, name='ExponentialDecay')"})
    CHECK(text_of(text) == want);
  CHECK(text_of("PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])") ==
        "PiecewiseConstantDecay(boundaries=[2, 4], values=[1, 0.5, 0.1])");
  CHECK(text_of("PiecewiseConstantDecay(boundaries=[], values=(0.3,), name=None)") ==
        "PiecewiseConstantDecay(boundaries=[], values=[0.3], name=None)");
  CHECK(parse_schedule(" 0.25 ")(3) == 0.25);
}

TEST_CASE("a wrong text is refused with the place and what was expected") {
  const std::pair<const char*, const char*> table[] = {
      {"", "column 1: expected a schedule or a number (got the end)"},
      {"ExponentalDecay(0.1, 2, 0.5)",
       "column 1: unknown schedule 'ExponentalDecay'; did you mean 'ExponentialDecay'?"},
      {"torch.ExponentialDecay(0.1, 2, 0.5)", "unknown schedule 'torch.ExponentialDecay'"},
      {"ExponentialDecay(0.1, 2, 0.5", "column 29: expected ',' or ')' (got the end)"},
      {"ExponentialDecay(0.1, 2)", "ExponentialDecay needs 'decay_rate'"},
      {"ExponentialDecay(0.1, 2, decay_rat=0.5)",
       "no argument 'decay_rat'; did you mean 'decay_rate'?"},
      {"ExponentialDecay(0.1, 2, 0.5, True, 'x', 7)", "takes at most 5 arguments"},
      {"ExponentialDecay(0.1, 2, 0.5, initial_learning_rate=1)",
       "'initial_learning_rate' is given twice"},
      {"ExponentialDecay(decay_steps=2, 0.1)", "must not follow a keyword argument"},
      {"ExponentialDecay(0.1, 2, 'x')", "column 26: decay_rate must be a number (got \"x\")"},
      {"ExponentialDecay(0.1, 2, 0.5, staircase=1)",
       "column 41: staircase must be True or False (got 1)"},
      {"ExponentialDecay(0.1, 2, 0.5) // 1", "column 1: the sides of // must be numbers"},
      {"tanh(0.1, 0, 9)", "unknown schedule 'tanh'; did you mean 'tanh_curve'?"},
      {"2 / hold(1, 2)", "column 1: the sides of / must be numbers"},
      {"1 + 1 / 0", "column 5: the number is out of range"},
      {"+_", "column 1: expected a number"},
      {"2 ** 3", "column 4: expected a schedule or a number (got '* 3')"},
      {"ExponentialDecay(0.1, 2, 0.5) 1", "column 31: expected the end (got '1')"},
      {"ExponentialDecay(1e999, 2, 0.5)", "column 18: the number is out of range"},
      {"StepDecay(nan)", "column 11: expected a value, or a text in quotes (got 'nan)')"},
      {"Chebyshev(0.01, 1, 8, order=rex)",
       "column 29: expected a value, or a text in quotes (got 'rex)')"},
      {"ExponentialDecay(-inf, 2, 0.5)", "column 18: expected a number"},
      {"PiecewiseConstantDecay([1, [2]], [3])",
       "column 24: boundaries must be a list, each element a number (got [1, [2]])"},
      {"ExponentialDecay(name='a", "column 23: the quote is never closed"},
      {"ExponentialDecay(1, 2, 3, name='\\q')", "column 33: unknown escape in a text"},
      {"keras.optimizers.schedules.CosinDecay(1, 2)",
       "unknown schedule 'CosinDecay'; did you mean 'CosineDecay'?"},
      {"sdg(0.1)", "unknown schedule 'sdg'; did you mean 'Rex'?"},
      {"[0.1]", "column 1: expected a schedule or a number (got [0.1])"},
      {"hold(1, 2) >> True", "column 15: expected a schedule or a number (got True)"},
      {"CosineDecay(0.1, (x=3))", "column 19: an argument's name must be inside a call"},
      {"custom", "'custom' stands for a function in a program"},
      {"0.1 0.2", "column 5: expected the end"}};
  for (const auto& [text, error] : table)
    CHECK_THROWS_WITH_AS(parse_schedule(text), Contains(error), FormatError);
  CHECK_THROWS_AS(parse_schedule("ExponentialDecay(0.1, 0, 0.5)"), ValueError);
}

TEST_CASE("an expression is at most 1000 deep, and so are a text's brackets") {
  Schedule s = 0.1;
  for (int i = 0; i < 999; ++i) s = s + halving;
  CHECK(s.depth() == 1000);
  CHECK(Schedule(Scaled{halving, 2}).depth() == 2);
  CHECK(Schedule(PiecewiseConstantDecay{{2}, {0.5, 0.4}}).depth() == 2);  // a list is a level
  CHECK_THROWS_WITH_AS(s + 1, "Sum: the expression must be at most 1000 deep (got 1001)",
                       ValueError);
  CHECK_THROWS_AS(Schedule(Scaled{s, 2}), ValueError);

  const auto nested = [](const char* open, const char* inside, const char* close, int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += inside;
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  const std::string text = to_string(s);
  CHECK(to_string(parse_schedule(text)) == text);
  CHECK(parse_schedule(nested("(", "0.1", ")", 1000))(3) == 0.1);
  CHECK(parse_schedule(nested("take(", "0.1", ",1)", 1000)).depth() == 1000);
  const std::pair<std::string, const char*> table[] = {
      {text + " + hold(1, 2)", "an expression must be at most 1000 deep"},
      {"1 + hold(1, 2)" + nested(".take(1)", "", "", 1000),
       "column 8008: an expression must be at most 1000 deep"},
      {nested("(", "0.1", ")", 1001), "column 1001: brackets must be nested at most 1000 deep"},
      {nested("take(", "0.1", ",1)", 1001), "column 5001: brackets must be nested at most"},
      {"PiecewiseConstantDecay(" + nested("[", "", "]", 1000), "column 1023: brackets must be"},
      {nested("(", "", "", 1000000), "column 1001: brackets must be nested at most 1000 deep"},
      {"0.1" + nested(" + hold(1, 2)", "", "", 100000),
       "column 12992: an expression must be at most 1000 deep"}};
  for (const auto& [wrong, error] : table)
    CHECK_THROWS_WITH_AS(parse_schedule(wrong), Contains(error), FormatError);
  CHECK(parse_schedule("0" + nested(" + 1", "", "", 100000))(0) == 100000);  // numbers do not nest
}

TEST_CASE("texts changed at random give a schedule or an error") {
  const std::string good = to_string(Schedule(halving)) + ", [1, 2], 'x'";
  const std::string letters = "()[]=,.-+'\"eE0123456789xTrueNone \n";
  Random random(2);
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = good.substr(0, static_cast<std::size_t>(random.below(90)) + 1);
    for (std::int64_t edits = random.below(4); edits >= 0; --edits)
      text[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(text.size())))] =
          letters[static_cast<std::size_t>(
              random.below(static_cast<std::int64_t>(letters.size())))];
    try {
      parse_schedule(text);
      ++read;
    } catch (const Error&) {
    }
  }
  CHECK(read > 0);
}

TEST_CASE("rules hold for fields of any number type and infinity is a step") {
  CHECK(to_string(Schedule(Whole{.start = 2, .slope = 0.5f})) == "Whole(start=2, slope=0.5)");
  CHECK_THROWS_WITH_AS(Schedule(Whole{.start = 2, .slope = -3}),
                       "Whole: slope must be finite and >= 0 (got -3)", ValueError);
  CHECK_THROWS_AS(Schedule(Whole{.start = -1, .slope = 0}), ValueError);
  const Schedule s = halving;
  CHECK(s(std::numeric_limits<double>::infinity()) == 0);
}
