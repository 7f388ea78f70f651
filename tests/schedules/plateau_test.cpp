#include <gradus/schedules/plateau.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <gradus/core/ops.h>
#include <gradus/optim/sgd.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/parse.h>

using namespace gradus;
using doctest::Contains;

namespace {

/// The rate after each metric, from a constant 1.
std::vector<double> rates(Plateau plateau, const std::vector<double>& metrics) {
  std::vector<double> out;
  const Schedule base = 1.0;
  for (const double metric : metrics) {
    plateau.observe(metric, plateau.reduce(base)(0));
    out.push_back(plateau.reduce(base)(0));
  }
  return out;
}

const double not_a_number = std::nan("");

}  // namespace

TEST_CASE("a plateau reduces the rate when Keras's callback does") {
  using Rates = std::vector<double>;
  CHECK(rates({.factor = 0.5, .patience = 2}, {5, 4, 4, 4, 3, 3, 3, 3, 3, 2.99995, 2.9}) ==
        Rates{1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.125});
  CHECK(rates({.factor = 0.5, .patience = 2, .cooldown = 3}, {5, 5, 5, 5, 5, 5, 5, 5, 5}) ==
        Rates{1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25});
  CHECK(rates({.factor = 0.5, .patience = 2, .mode = MonitorMode::max, .min_delta = 0},
              {0.1, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3}) == Rates{1, 1, 1, 0.5, 0.5, 0.5, 0.25});
  CHECK(rates({.factor = 0.5, .patience = 2},
              {not_a_number, not_a_number, 3, not_a_number, not_a_number, 2}) ==
        Rates{1, 0.5, 0.5, 0.5, 0.25, 0.25});
  CHECK(rates({.factor = 0.5, .patience = 0}, {5, 5, 5}) == Rates{1, 0.5, 0.25});
  const Rates floored = rates({.factor = 0.1, .patience = 1, .min_lr = 0.03}, {5, 5, 5, 5});
  CHECK(floored == Rates{1, 0.1, 0.03, 0.03});
}

TEST_CASE("a plateau at its lowest rate reduces nothing") {
  Plateau plateau{.factor = 0.1, .patience = 1, .cooldown = 5, .min_lr = 0.03};
  plateau.observe(1, 0.03);
  CHECK(!plateau.observe(1, 0.03));
  CHECK(plateau.scale == 1);
  CHECK(plateau.cooldown_left == 0);
  CHECK(plateau.observe(1, 0.031));
  CHECK(plateau.scale == 0.1);
}

TEST_CASE("a relative threshold is a fraction of the best metric, whatever its sign") {
  const Plateau relative{.factor = 0.5, .patience = 1, .min_delta = 0.1, .relative = true};
  CHECK(rates(relative, {10, 9.5, 8, 8}) == std::vector<double>{1, 0.5, 0.5, 0.25});
  CHECK(rates(relative, {-10, -10, -10.5, -12}) == std::vector<double>{1, 0.5, 0.25, 0.25});
}

TEST_CASE("a reduced schedule keeps its shape, its length and its floor") {
  const Schedule base = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 100};
  Plateau plateau{.factor = 0.5, .patience = 1, .min_lr = 0.01};
  CHECK(to_string(plateau.reduce(base)) ==
        "reduced(schedule=CosineDecay(initial_learning_rate=0.1, decay_steps=100), scale=1, "
        "min_lr=0.01)");
  plateau.observe(1.0);
  CHECK(plateau.observe(1.0));
  const Schedule reduced = plateau.reduce(base);
  CHECK(reduced(0) == 0.05);
  CHECK(reduced(50) == 0.5 * base(50));
  CHECK(reduced(75) == 0.01);      // 0.0073 scaled: the floor
  CHECK(reduced(95) == base(95));  // never above the schedule itself
  CHECK(reduced.duration() == 100);
  CHECK(to_string(parse_schedule(to_string(reduced))) == to_string(reduced));
}

TEST_CASE("a plateau and a scheduled optimizer work together") {
  const Schedule base = ExponentialDecay{0.1, 10, 0.5};
  Optimizer optimizer = SGD{.learning_rate = base};
  Plateau plateau{.factor = 0.5, .patience = 2};
  const Tensor w = parameter({1.0});
  for (const double loss : {1.0, 1.0, 1.0}) {
    sum(w * w).backward();
    optimizer.step({w});
    if (plateau.observe(loss, optimizer.learning_rate()))
      optimizer.set_learning_rate(plateau.reduce(base));
  }
  CHECK(plateau.scale == 0.5);
  CHECK(optimizer.learning_rate() == 0.5 * base(3));
}

TEST_CASE("options of a plateau that make no sense are refused") {
  const std::pair<Plateau, const char*> table[] = {
      {{.factor = 1}, "Plateau: factor must be in (0, 1) (got 1)"},
      {{.mode = MonitorMode::automatic},
       "mode must be MonitorMode::min or max (got MonitorMode::automatic)"},
      {{.factor = 0}, "factor must be in (0, 1)"},
      {{.factor = not_a_number}, "factor must be in (0, 1) (got nan)"},
      {{.patience = -1}, "patience must be >= 0 (got -1)"},
      {{.min_delta = -1}, "min_delta must be finite and >= 0 (got -1)"},
      {{.cooldown = -1}, "cooldown must be >= 0 (got -1)"},
      {{.min_lr = not_a_number}, "min_lr must be finite and >= 0 (got nan)"}};
  for (auto [plateau, error] : table)
    CHECK_THROWS_WITH_AS(plateau.observe(1), Contains(error), ValueError);
}
