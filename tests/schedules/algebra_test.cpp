#include <gradus/schedules/algebra.h>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <gradus/core/ops.h>
#include <gradus/core/random.h>
#include <gradus/optim/sgd.h>
#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>

using namespace gradus;

namespace {

const Schedule cosine_decay = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 900};
const Schedule warm = linear(0.0, 0.1, 100) >> cosine_decay;
const Schedule wave = [](double t) { return 2 + std::sin(t); };

/// a - 2 b
struct Away {
  Schedule a, b;
  Real operator()(Real step) const { return a.at(step) - 2 * b.at(step); }
};

const double steps[] = {0, 1, 9.5, 50, 99, 99.5, 100, 101, 500, 999, 1000, 1001, 5000};

}  // namespace

TEST_CASE("a join is its left side for as long as that lasts, then its right side from 0 on") {
  CHECK(warm.duration() == 1000);
  CHECK(warm(50) == linear(0.0, 0.1, 100)(50));
  CHECK(warm(100) == 0.1);
  CHECK(warm(350) == cosine_decay(250));
  CHECK(warm(2000) == 0);
  CHECK(std::isinf((warm >> 0.01).duration()));
  CHECK((warm >> 0.01)(1000) == 0.01);
  CHECK((hold(1, 0) >> 2.0)(0) == 2);
}

TEST_CASE("fractional lengths join without a gap") {
  const Schedule s = linear(0, 1, 2.5) >> linear(1, 0, 2.5) >> hold(7, 0.25) >> 9.0;
  CHECK(s(2) == 0.8);
  CHECK(s(3) == doctest::Approx(0.8));
  CHECK(s(2.5) == 1);
  CHECK(s(5) == 7);
  CHECK(s(5.25) == 9);
  double last = s(0);  // no jump up to the hold
  for (double t = 0; t <= 5; t += 1.0 / 64) {
    CHECK((t == 5 || std::abs(s(t) - last) < 0.4 / 64 + 1e-12));
    last = s(t);
  }
}

TEST_CASE("sums and products are taken at each step") {
  const Schedule sum = warm + wave, product = warm * wave, scaled = 0.5 * warm;
  for (const double t : steps) {
    CHECK(sum(t) == warm(t) + wave(t));
    CHECK(product(t) == warm(t) * wave(t));
    CHECK(scaled(t) == 0.5 * warm(t));
    CHECK((warm * 2 + 1)(t) == warm(t) * 2 + 1);
  }
}

TEST_CASE("sums and products last as long as the longer side, constants do not count") {
  CHECK((warm + hold(1, 2000)).duration() == 2000);
  CHECK((warm * hold(1, 20)).duration() == 1000);
  CHECK(std::isinf((warm * wave).duration()));
  CHECK((0.5 * warm).duration() == 1000);
  CHECK((warm + 0.5).duration() == 1000);
  CHECK((0.5 * Schedule(0.25)).constant() == 0.125);
  CHECK((0.5 + Schedule(0.25)).constant() == 0.75);
}

TEST_CASE("a function of one schedule works at each step") {
  for (const double t : steps) {
    CHECK(clamp(warm, 0.02, 0.05)(t) == std::min(std::max(warm(t), 0.02), 0.05));
    CHECK(power(warm, 1.5)(t) == std::pow(warm(t), 1.5));
    CHECK(warm.take(40)(t) == warm(std::min(t, 40.0)));
    CHECK(delay(warm, 10)(t) == warm(std::max(t - 10, 0.0)));
    CHECK(stretch(warm, 2.5)(t) == warm(t / 2.5));
    CHECK(per_epoch(warm, 32)(t) == warm(std::floor(t / 32)));
    CHECK(warmup(warm, 100)(t) == warm(t) * std::min(1.0, (t + 1) / 100));
  }
  CHECK(clamp(warm, 0, 1).duration() == 1000);
  CHECK(power(warm, 2).duration() == 1000);
  CHECK(warm.take(40).duration() == 40);
  CHECK(wave.take(4000).duration() == 4000);
  CHECK(delay(warm, 10).duration() == 1010);
  CHECK(stretch(warm, 2.5).duration() == 2500);
  CHECK(per_epoch(warm, 32).duration() == 32000);
  CHECK(warmup(warm, 100).duration() == 1000);
  CHECK(warmup(0.5, 4)(0) == 0.125);  // no update is wasted
}

TEST_CASE("each cycle of a repeated schedule is longer and lower than the one before") {
  const Schedule s = repeat(linear(1, 0, 4), {.grow = 2, .decay = 0.5});
  const double values[] = {1, 0.75, 0.5, 0.25, 0.5, 0.4375, 0.375, 0.3125, 0.25, 0.1875};
  for (int t = 0; t < 10; ++t) CHECK(s(t) == values[t]);
  CHECK(s(12) == 0.25);
  CHECK(s(28) == 0.125);
  CHECK(std::isinf(s.duration()));
  // What is joined in it begins on its exact step.
  for (int n = 2; n <= 100; ++n)
    for (int k = 1; k < n; ++k) {
      const Schedule grown = repeat(hold(1, k) >> hold(0, n - k), {.grow = 2});
      CHECK((grown(k - 1) == 1 && grown(k) == 0 && grown(n + 2 * k - 1) == 1 &&
             grown(n + 2 * k) == 0 && grown(3 * n) == 1));
    }
  const Schedule plain = repeat(linear(1, 0, 2.5));
  CHECK(plain(2.5) == 1);
  CHECK(plain(5) == 1);
  CHECK(plain(7500001) == doctest::Approx(0.6));
  // Keras's restarts are the same thing.
  const Schedule keras = CosineDecayRestarts{0.1, 7, 3.0, 0.9};
  const Schedule ours = repeat(CosineDecay{0.1, 7}, {.grow = 3, .decay = 0.9});
  for (int t = 0; t < 1000; ++t) CHECK(ours(t) == doctest::Approx(keras(t)).epsilon(1e-12));
}

TEST_CASE("a mirror has its ends where its schedule has its extremes") {
  const Schedule rate = OneCycle{0.1, 100};
  const Schedule momentum = mirror(rate, 0.95, 0.85);
  CHECK(momentum(30) == 0.85);
  CHECK(momentum(100) == 0.95);
  CHECK(momentum.duration() == 100);
  for (int t = 0; t <= 100; ++t)
    CHECK(momentum(t) ==
          doctest::Approx(0.95 - 0.1 * (rate(t) - rate(100)) / (rate(30) - rate(100))));
  CHECK(mirror(hold(0.1, 10), 0.95, 0.85)(5) == 0.95);
  // Long ones are sampled, and their extremes still found.
  const Schedule longer = mirror(linear(0, 1, 123456789) >> linear(1, 0, 987654321), 2, 3);
  CHECK(longer(123456789) == 3);
  CHECK(longer(0) == 2);
}

TEST_CASE("the area is the sum of the rates that updates use") {
  double sum = 0;
  for (int t = 0; t < 1000; ++t) sum += warm(t);
  CHECK(warm.area(1000) == doctest::Approx(sum).epsilon(1e-12));
  CHECK(warm.area(0) == 0);
  CHECK(Schedule(0.25).area(std::int64_t{1} << 50) == 0x1p48);
  CHECK((linear(1, 0, 4) >> hold(1, 3)).area(1000) == 2.5 + 996);  // past its end it holds
  CHECK(CosineDecay{0.1, 10, 0.5}.duration() == 10);
  CHECK(linear(1, 0, 2.5).area(4) == doctest::Approx(1.8));
  CHECK(std::abs(Schedule(CosineDecay{0.1, 1e6, 1}).area(1000000) - 1e5) < 1e-10);
}

TEST_CASE("a lambda and a user's struct take part in expressions") {
  struct Own {
    double operator()(double t) const { return t; }
    double duration() const { return 5; }
  };
  const Schedule s = Own() >> 2.0 * Schedule(Own());
  CHECK(s(4) == 4);
  CHECK(s(6) == 2);
  CHECK(s(100) == 10);  // a struct with a duration is not asked beyond it
  CHECK(to_string(s) == "Own >> 2 * Own");
  CHECK((warm * [](double) { return 2.0; })(100) == 0.2);
}

TEST_CASE("a user's combinator asks its parts in its own formula") {
  const Schedule s = Away{warm, 0.01};
  for (const double t : steps) CHECK(s(t) == warm(t) - 2 * 0.01);
}

TEST_CASE("differences, min and max act at each step and are as long as the longer side") {
  const Schedule less = warm - wave, low = min(warm, 0.05), high = max(0.05, warm);
  for (const double t : steps) {
    CHECK(less(t) == warm(t) - wave(t));
    CHECK(low(t) == std::min(warm(t), Real(0.05)));
    CHECK(high(t) == std::max(warm(t), Real(0.05)));
  }
  CHECK(low.duration() == 1000);
  CHECK((1 - warm).duration() == 1000);
  CHECK(std::isinf(max(warm, wave).duration()));
  CHECK((warm - linear(0, 1, 2000)).duration() == 2000);
  CHECK(*(Schedule(0.3) - 0.1).constant() == 0.3 - 0.1);
  CHECK(*min(0.3, 0.1).constant() == 0.1);
  CHECK(*max(0.3, 0.1).constant() == 0.3);
}

TEST_CASE("std::min and std::max are not ambiguous beside min and max of schedules") {
  using namespace std;
  static_assert(std::is_same_v<decltype(min(1.0, 2.0)), const double&>);
  static_assert(std::is_same_v<decltype(max(1, 2)), const int&>);
  CHECK(min(0.05, warm)(500) == min(Real(0.05), warm(500)));
}

TEST_CASE("skip leaves out the first steps, and all of them when there are too few") {
  const Schedule rest = skip(warm, 100);
  for (const double t : steps) CHECK(rest(t) == warm(t + 100));
  CHECK(rest.duration() == 900);
  CHECK(skip(warm, 2000).duration() == 0);
  CHECK(skip(warm, 2000)(0) == warm(1000));
  CHECK((skip(warm, 2000) >> 0.7)(0) == 0.7);
  CHECK(std::isinf(skip(wave, 3).duration()));
  CHECK(skip(delay(warm, 7), 7)(50) == warm(50));
}

TEST_CASE("a difference may be negative, but an optimizer refuses it as a rate") {
  const Schedule s = 0.1 - linear(0, 0.2, 10);
  CHECK(s(10) == -0.1);
  Tensor w = parameter({1.0});
  Optimizer optimizer = SGD{.learning_rate = s};
  for (int t = 0; t < 6; ++t) {
    sum(w).backward();
    optimizer.step({w});
  }
  sum(w).backward();
  CHECK_THROWS_WITH_AS(optimizer.step({w}), doctest::Contains("at step 6"), NumericError);
  CHECK_THROWS_AS(Optimizer(SGD{.learning_rate = Schedule(0.1) - 0.2}), ValueError);
}

TEST_CASE("operators print as operators, with brackets where they are needed") {
  const Schedule a = hold(1, 2), b = hold(3, 4), c = hold(5, 6);
  const std::string A = "hold(rate=1, steps=2)", B = "hold(rate=3, steps=4)",
                    C = "hold(rate=5, steps=6)";
  CHECK(to_string(a >> b >> c) == A + " >> " + B + " >> " + C);
  CHECK(to_string(a >> (b >> c)) == A + " >> (" + B + " >> " + C + ")");
  CHECK(to_string(a + b * c) == A + " + " + B + " * " + C);
  CHECK(to_string((a + b) * c) == "(" + A + " + " + B + ") * " + C);
  CHECK(to_string(a * (b * c)) == A + " * (" + B + " * " + C + ")");
  CHECK(to_string((a >> b) + c) == "(" + A + " >> " + B + ") + " + C);
  CHECK(to_string(a >> (b + c)) == A + " >> " + B + " + " + C);
  CHECK(to_string(a - b - c) == A + " - " + B + " - " + C);
  CHECK(to_string(a - (b - c)) == A + " - (" + B + " - " + C + ")");
  CHECK(to_string(a - (b + c)) == A + " - (" + B + " + " + C + ")");
  CHECK(to_string(a - b + c * a) == A + " - " + B + " + " + C + " * " + A);
  CHECK(to_string((a - b) * c) == "(" + A + " - " + B + ") * " + C);
  CHECK(to_string(a >> (b - c)) == A + " >> " + B + " - " + C);
  CHECK(to_string(a - -1) == A + " - -1");
  CHECK(to_string(min(a - b, max(0.5, c))) ==
        "min(first=" + A + " - " + B + ", second=max(first=0.5, second=" + C + "))");
  CHECK(to_string(-0.5 * a + -1) == "-0.5 * " + A + " + -1");
  CHECK(to_string(repeat(a, {.decay = 0.5})) == "repeat(schedule=" + A + ", decay=0.5)");
  CHECK(to_string(Schedule(Cyclic{0.1, 1, 5, 6, CyclicMode::exp_range, 0.9})) ==
        "Cyclic(base_learning_rate=0.1, max_learning_rate=1, step_size_up=5, step_size_down=6, "
        "mode=\"exp_range\", gamma=0.9)");
}

TEST_CASE("expressions are read with their operators, methods and computed numbers") {
  const std::pair<const char*, const char*> table[] = {
      {"linear(0,0.1,100)>>CosineDecay(0.1,900)",
       "linear(from=0, to=0.1, steps=100) >> CosineDecay(initial_learning_rate=0.1, "
       "decay_steps=900)"},
      {"0.5 * hold(1, 2) + 2 * 3", "0.5 * hold(rate=1, steps=2) + 6"},
      {"CosineDecay(0.1, 90 * 100).take(50) >> 0.1",
       "take(schedule=CosineDecay(initial_learning_rate=0.1, decay_steps=9000), steps=50) >> 0.1"},
      {"(hold(1, 2) >> hold(2, 3)).take(4).clamp(0, high=1)",
       "clamp(schedule=take(schedule=hold(rate=1, steps=2) >> hold(rate=2, steps=3), steps=4), "
       "low=0, high=1)"},
      {"Join(hold(1,2), Sum(1, hold(3,4)))", "hold(rate=1, steps=2) >> 1 + hold(rate=3, steps=4)"},
      {"Clamp(schedule=0.1, low=(0), high=+1)", "clamp(schedule=0.1, low=0, high=1)"},
      {"hold(1,2) -0.5 - 2 - hold(3,4)", "hold(rate=1, steps=2) - 0.5 - 2 - hold(rate=3, steps=4)"},
      {"1 - 3 - hold(1,2)", "-2 - hold(rate=1, steps=2)"},
      {"min(hold(1,2), 0.1).skip(1).max(0)",
       "max(first=skip(schedule=min(first=hold(rate=1, steps=2), second=0.1), steps=1), second=0)"},
      {"WarmupStableDecay(1, 2, 3, 4, curve='rex')",
       "WarmupStableDecay(learning_rate=1, warmup_steps=2, stable_steps=3, decay_steps=4, "
       "decay_curve=\"rex\")"},
      {"2 + 3 * 4 + 1", "15"},
      {"2 - 3 - 4 * -1", "3"},
      {"linear(1 - 0.5, 1/4, 60000 // 32 * 10)", "linear(from=0.5, to=0.25, steps=18750)"},
      {"PiecewiseInterpolation((10,), [1, 0], curve='cosine')",
       "PiecewiseInterpolation(boundaries=[10], values=[1, 0], curve=\"cosine\")"},
      {"# what Python has\nlr = tensorflow.keras.optimizers.schedules.ExponentialDecay(\n  0.1,  # "
       "peak\n"
       "  decay_steps=100_000, decay_rate=0.96)  # end",
       "ExponentialDecay(initial_learning_rate=0.1, decay_steps=100000, decay_rate=0.96)"},
      {"((((0.1))))", "0.1"}};
  for (const auto& row : table) CHECK(to_string(parse_schedule(row.first)) == row.second);
}

TEST_CASE("a text may name the lengths of the run, and compute with them") {
  const RunLengths run{.all = 210, .epoch = 3.5};
  const std::pair<const char*, const char*> table[] = {
      {"linear(0, 0.1, all / 10) >> CosineDecay(0.1, 0.9 * all)",
       "linear(0, 0.1, 21) >> CosineDecay(0.1, 189)"},
      {"StepDecay(0.1, 5 * epoch, 0.5)", "StepDecay(0.1, 17.5, 0.5)"},
      {"rate = hold(0.1, (all - 50) // 3 + 2).take(all)", "take(hold(0.1, 55), 210)"},
      {"PiecewiseConstantDecay([epoch, all], [1, 0.5, 10 / all])",
       "PiecewiseConstantDecay([3.5, 210], [1, 0.5, 0.047619047619047616])"},
      {"WarmupStableDecay(lr=0.1, warmup_steps=0, stable_steps=all, decay_steps=epoch)",
       "WarmupStableDecay(0.1, 0, 210, 3.5)"},
      {"warmup(0.1, 0.07 * (all - 110))", "warmup(0.1, 7)"},  // not 7.000000000000001
      {"ExponentialDecay(0.1, all, 0.5, staircase=True)",
       "ExponentialDecay(0.1, 210, 0.5, staircase=True)"}};
  for (const auto& [text, numbers] : table) {
    const Schedule s = parse_schedule(text, run);
    CHECK(detail::text_of({s}, true) == numbers);
    CHECK(to_string(parse_schedule(numbers)) == to_string(s));
  }
  using doctest::Contains;
  CHECK_THROWS_WITH_AS(parse_schedule("hold(0.1, all)"), Contains("column 11: all, the updates of"),
                       FormatError);
  CHECK_THROWS_WITH_AS(parse_schedule("hold(0.1, epoch)", {.all = 210}), Contains("epoch, those"),
                       FormatError);
  CHECK_THROWS_WITH_AS(parse_schedule(" all", run),
                       Contains("column 2: expected a rate (got a number of updates)"),
                       FormatError);
  CHECK_THROWS_AS(parse_schedule("StepDecay(0.1, all - 210)", run), ValueError);
  CHECK_THROWS_AS(parse_schedule("hold(0.1, alles)", run), FormatError);
}

TEST_CASE("the struct inside a schedule can be asked for") {
  REQUIRE(warm.get_if<Join>());
  const CosineDecay* inner = warm.get_if<Join>()->second.get_if<CosineDecay>();
  REQUIRE(inner);
  CHECK(inner->initial_learning_rate == 0.1);
  CHECK(!warm.get_if<CosineDecay>());
  CHECK(*Schedule(0.5).get_if<Real>() == 0.5);
}

TEST_CASE("every known schedule has a formula, an example and a unique name") {
  std::vector<std::string> names;
  for (const KnownSchedule& known : known_schedules()) {
    CAPTURE(known.type);
    CHECK(!known.formula.empty());
    CHECK(!known.arguments.empty());
    CHECK(std::isfinite(known.example.area(100)));
    CHECK(std::find(names.begin(), names.end(), known.text_name) == names.end());
    names.emplace_back(known.text_name);
  }
}
