#include <gradus/schedules/greedy.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/parse.h>

using namespace gradus;
using doctest::Contains;

namespace {

/// The rate after each metric.
std::vector<double> rates(Greedy greedy, const std::vector<double>& metrics, double first = 1) {
  std::vector<double> out;
  for (const double metric : metrics) {
    greedy.observe(metric, value(greedy.apply(first)(0)));
    out.push_back(value(greedy.apply(first)(0)));
  }
  return out;
}
using Rates = std::vector<double>;

}  // namespace

TEST_CASE("a greedy rate changes when patience is exceeded, not when it is reached") {
  CHECK(rates({.factor = 0.5, .patience = 2, .max_lr = 8}, {5, 4, 3, 2, 1}) ==
        Rates{1, 1, 2, 2, 2});
  CHECK(rates({.factor = 0.5, .patience = 1}, {1, 1, 1, 1, 1}) == Rates{1, 1, 0.5, 0.5, 0.25});
  CHECK(rates({.factor = 0.5, .patience = 1, .mode = MonitorMode::max, .max_lr = 8},
              {1, 2, 1, 1}) == Rates{1, 2, 2, 1});
  CHECK(rates({.factor = 0.5, .patience = 0}, {std::nan(""), std::nan("")}) == Rates{0.5, 0.25});
}

TEST_CASE("pauses of a greedy rate ignore metrics, but smooth over them") {
  CHECK(rates({.factor = 0.5, .patience = 0, .warmup = 2, .max_lr = 64}, {9, 8, 7, 6, 5}) ==
        Rates{2, 2, 2, 4, 4});
  Greedy greedy{.factor = 0.5, .patience = 0, .cooldown = 1, .smooth = true, .window_size = 3};
  CHECK(greedy.observe(6, 1) == GreedyEvent::raise);
  CHECK(greedy.observe(8, 1) == GreedyEvent::lower);
  CHECK(greedy.observe(1, 1) == GreedyEvent::none);
  CHECK(greedy.best == 6);                            // not updated in a pause
  CHECK(greedy.observe(9, 1) == GreedyEvent::lower);  // (8 + 1 + 9) / 3 is not below 6
  CHECK(greedy.best == 6);
  CHECK(greedy.window == std::vector<double>{8, 1, 9});
}

TEST_CASE("a greedy rate beyond a limit stays until the other direction moves it") {
  const Greedy greedy{.factor = 0.5, .patience = 0, .min_lr = 0.25, .max_lr = 1};
  CHECK(rates(greedy, {3, 2, 2, 1}, 4) == Rates{4, 4, 2, 2});
  CHECK(rates(greedy, {3, 3, 3, 2, 1}, 0.125) == Rates{0.25, 0.25, 0.25, 0.5, 1});
  CHECK(rates({.factor = 0.5, .patience = 0, .max_lr = 8, .eps = 1}, {3, 2, 2}) == Rates{1, 1, 1});
  CHECK(rates({.factor = 0.5, .patience = 0, .max_lr = 8, .eps = 0.9}, {3, 2, 2}) ==
        Rates{2, 4, 2});
}

TEST_CASE("cuts at the lowest greedy rate reset everything, though the rate is rounded") {
  Greedy greedy{
      .factor = 0.3, .patience = 0, .cooldown = 1, .min_lr = 0.01, .max_lr = 0.1, .reset_start = 2};
  const Schedule base = 0.1;
  const auto observe = [&](double metric) {
    return greedy.observe(metric, value(greedy.apply(base)(0)));
  };
  CHECK(observe(1) == GreedyEvent::raise);
  for (int i = 0; i < 2; ++i) {
    CHECK(observe(2) == GreedyEvent::lower);
    CHECK(observe(2) == GreedyEvent::none);
  }
  CHECK(value(greedy.apply(base)(0)) > 0.01);  // by an ulp
  CHECK(greedy.resets_left == 1);
  CHECK(observe(2) == GreedyEvent::reset);
  CHECK(greedy.scale == 1);
  CHECK(!greedy.best);
  CHECK(greedy.cooldown_left == 1);
  CHECK(greedy.resets_left == 2);
}

TEST_CASE("a relative threshold of a greedy rate works for negative metrics") {
  const Greedy greedy{
      .factor = 0.5, .patience = 0, .min_delta = 0.1, .relative = true, .max_lr = 64};
  CHECK(rates(greedy, {10, 9.5, 8}) == Rates{2, 1, 2});
  CHECK(rates(greedy, {-10, -10, -10.5, -12}) == Rates{2, 1, 0.5, 1});
}

TEST_CASE("a greedy schedule rises above its base, within limits, and reads back") {
  const Schedule base = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 100};
  const Greedy greedy{.min_lr = 0.02, .max_lr = 0.3, .scale = 4};
  const Schedule high = greedy.apply(base);
  CHECK(high(0) == 0.3);
  CHECK(high(50) == 4 * base(50));
  const Schedule low = reduced(high, 1.0 / 16, 0.02, 0.3);
  CHECK(low(0) == 0.025);
  CHECK(low(50) == 0.02);
  CHECK(low(90) == base(90));  // the schedule itself is below min_lr
  CHECK(to_string(low) ==
        "reduced(schedule=CosineDecay(initial_learning_rate=0.1, decay_steps=100), scale=0.25, "
        "min_lr=0.02, max_lr=0.3)");
  CHECK(to_string(parse_schedule(to_string(low))) == to_string(low));
}

TEST_CASE("Greedy refuses options out of range") {
  const std::pair<Greedy, const char*> table[] = {
      {{.factor = 1}, "Greedy: factor must be in (0, 1) (got 1)"},
      {{.patience = -1}, "patience must be >= 0 (got -1)"},
      {{.mode = MonitorMode::automatic},
       "Greedy: mode must be MonitorMode::min or max (got MonitorMode::automatic)"},
      {{.min_lr = 0.5, .max_lr = 0.25}, "max_lr must be at least min_lr (got 0.25 and 0.5)"},
      {{.max_lr = 0}, "max_lr must be finite and > 0 (got 0)"},
      {{.window_size = 0}, "window_size must be >= 1 (got 0)"},
      {{.reset_start = -1}, "reset_start must be >= 0 (got -1)"}};
  for (auto [greedy, error] : table)
    CHECK_THROWS_WITH_AS(greedy.observe(1, 1), Contains(error), ValueError);
}
