#include <gradus/schedules/schedule.h>

#include <doctest/doctest.h>

#include <array>

#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>

#include "differences.h"

using namespace gradus;
using differences::Compared;

namespace {

constexpr int steps = 120;

/// A smooth function of the first rates.
Real learned(const Schedule& s) {
  Real sum = 0;
  for (int t = 0; t < steps; ++t) {
    const Real rate = s(t);
    sum += rate * (1 + 0.5 * std::sin(1.3 * t)) + 0.5 * rate * rate;
  }
  return sum;
}

/// Other numbers, not whole and not at their bounds, so that no step lies on a kink; counts of
/// steps stay where a struct wants whole ones.
Schedule off_kinks(const Schedule& s, Random& random) {
  for (int tries = 0;; ++tries) try {
      return s.with_numbers([&](const OptionNumber& n) -> Real {
        if (n.counts_steps && tries >= 20) return n.value;
        if (value(n.value) == 0) return n.counts_steps ? 0 : random.uniform(0.005, 0.02);
        return value(n.value) * random.uniform(0.7, 1.4);
      });
    } catch (const ValueError&) {
    }
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random(seed, "expressions") {}
  Schedule expression(int depth) {
    for (;;) try {
        const Schedule s = depth == 0 ? leaf() : operation(depth - 1);
        if (std::fabs(value(learned(s))) < 1e4) return s;
      } catch (const Error&) {  // a number that a struct refuses
      }
  }
  Random random;

 private:
  Schedule leaf() {
    const auto known = known_schedules();
    return off_kinks(known[below(known.size())].example, random);
  }
  Schedule ending(const Schedule& s) {
    return std::isfinite(value(s.duration())) ? s : s.take(random.uniform(20, 60));
  }
  Schedule operation(int depth) {
    const Schedule a = expression(depth);
    switch (below(15)) {
      case 11:
        return a - random.uniform(0.3, 1) * expression(depth);
      case 12:
        return min(a, expression(depth));
      case 13:
        return max(a, expression(depth));
      case 14:
        return skip(a, random.uniform(3, 40));
      case 0:
        return ending(a) >> expression(depth);
      case 1:
        return a * expression(depth);
      case 2:
        return a + expression(depth);
      case 3:
        return random.uniform(0.3, 2) * a;
      case 4:
        return clamp(a, random.uniform(0.01, 0.03), random.uniform(0.04, 0.1));
      case 5:
        return power(a, random.uniform(0.6, 2));
      case 6:
        return delay(a, random.uniform(3, 40));
      case 7:
        return stretch(a, random.uniform(0.4, 2.5));
      case 8:
        return warmup(a, random.uniform(3, 40));
      case 9:
        return repeat(ending(a), {.grow = random.uniform(1, 1.6), .decay = random.uniform(0.6, 1)});
      default:
        return mirror(ending(a), random.uniform(0.05, 0.1), random.uniform(0.01, 0.05));
    }
  }
  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(n)));
  }
};

}  // namespace

TEST_CASE("derivatives: each number of every known schedule") {
  Random random(3, "examples");
  Compared all;
  for (const KnownSchedule& known : known_schedules()) {
    const Schedule s = off_kinks(known.example, random);
    differences::compare(all, s, learned);
  }
  CAPTURE(all.where);
  CHECK(all.worst < 1e-8);
  CHECK(all.kinks == 0);
  CHECK(all.numbers > 100);
}

/// A 4-8-3 tanh network after 200 updates with momentum.
Real trained(const Schedule& rate) {
  return differences::trained(SGD{.learning_rate = rate, .momentum = 0.9});
}

TEST_CASE("derivatives: 83 numbers of schedules, by which a trained network's loss moves") {
  Compared all;
  for (const char* text :
       {"linear(0.001, 0.05, 20.5) >> CosineDecay(0.05, 150.3, alpha=0.1)",
        "delay(CosineDecay(0.05, 150.3, 0.02), 20.2)",
        "stretch(cosine(0.05, 0.01, 60.7), 2.3)",
        "warmup(ExponentialDecay(0.05, 40.5, 0.6), 30.5)",
        "repeat(cosine(0.06, 0.01, 30.3), grow=1.3, decay=0.8)",
        "CosineDecayRestarts(0.06, 30.3, t_mul=1.4, m_mul=0.8, alpha=0.1)",
        "OneCycle(0.08, 180.5)",
        "PiecewiseInterpolation([30.5, 90.2, 170.1], [0.01, 0.08, 0.03, 0.005])",
        "clamp(cosine(0.08, 0.001, 150.5), 0.01, 0.06)",
        "power(linear(0.3, 0.05, 170.5), 1.5)",
        "WarmupStableDecay(0.05, 20.5, 100.3, 60.4)",
        "Noam(60.0, 30.5)",
        "InverseTimeDecay(0.08, 30.5, 0.5)",
        "CosineDecay(0.01, 150.3, alpha=0.1, warmup_target=0.06, warmup_steps=20.5)",
        "linear(0.08, 0.02, 50.5).take(30.2)",
        "take(linear(0.08, 0.02, 90.5), 60.2)",
        "Cyclic(0.01, 0.06, 25.3, 30.5)",  // 30.4: step 81 is the third peak
        "0.5 * cosine(0.08, 0.01, 150.5) + linear(0.02, 0.01, 70.3)",
        "min(linear(0.001, 0.1, 50.5), rex(0.06, 0.01, 150.3))",
        "max(halving_curve(0.06, 0.0, 90.3), 0.02) - power_curve(0.0, 0.01, 120.3, 1.7)",
        "skip(exponential_curve(0.09, 0.01, 150.3, 0.2), 20.5)",
        "polynomial_curve(0.07, 0.01, 150.3, 1.6)",
        "tanh_curve(0.07, 0.01, 150.3, -5.0, 2.5)",
        "InverseSqrt(0.07, 30.5, 0.8)",
        "0.02 * Chebyshev(0.5, 20.5, 256) + 0.003 * Silver(20.5)"})
    differences::compare(all, parse_schedule(text), trained);
  CAPTURE(all.where);
  CHECK(all.worst < 1e-8);
  CHECK(all.kinks == 0);
  CHECK(all.refused == 3);  // warm-up steps without a target; Chebyshev's steps
  CHECK(all.numbers - all.refused >= 83);
}

TEST_CASE("derivatives: each number of 500 random expressions") {
  Generator generator(2);
  Compared all;
  for (int i = 0; i < 500; ++i) differences::compare(all, generator.expression(1 + i % 3), learned);
  CAPTURE(all.where);
  CHECK(all.worst < 1e-8);
  CHECK(all.kinks * 50 < all.numbers);
}

TEST_CASE("derivatives: where the two sides of min or max are equal, each has half of the slope") {
  const Schedule a = Dual::parameter(0.1, 0), b = Dual::parameter(0.1, 1), line = linear(0, 1, 10);
  for (const Schedule& tie : {min(a * line, b * line), max(a * line, b * line)}) {
    const Real at = tie(5);
    CHECK(value(at) == 0.05);
    CHECK(at.d[0] == 0.25);
    CHECK(at.d[1] == 0.25);
  }
  CHECK(min(a, 0.2)(0).d[0] == 1);
  CHECK(max(a, 0.2)(0).d[0] == 0);
}
