#include <gradus/models/sensitivity.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <gradus/gradus.h>

using namespace gradus;

namespace {

/// Rows of a target that a small net fits only in part.
struct Problem {
  Tensor x, y;
};
Problem problem() {
  Random random(11, "x");
  const Tensor x = Tensor::uniform({24, 2}, -1, 1, random);
  return {x, tanh(x) + Tensor::normal({24, 2}, 0, 0.3, random)};
}

/// The loss after 15 epochs of 4 updates.
Real trained(const Optimizer& optimizer, const Activation& activation, const Loss& loss) {
  const Problem rows = problem();
  Sequential net{Dense{4, activation}, Dense{2}};
  net.compile({.optimizer = optimizer, .loss = loss, .seed = 3});
  net.fit(rows.x, rows.y, {.batch_size = 6, .epochs = 15, .verbose = 0});
  return net.loss(rows.x, rows.y);
}
constexpr Step updates = 60;

Real smooth(const Optimizer& optimizer) { return trained(optimizer, tanh, MeanSquaredError{}); }

}  // namespace

TEST_CASE("first") {
  int runs = 0;
  const Schedule rate = CosineDecay{0.05, 60};
  const Sensitivity s =
      sensitivity(SGD{.learning_rate = rate, .momentum = 0.9}, [&](const Optimizer& o) {
        ++runs;
        return smooth(o);
      });
  MESSAGE(runs << " " << s.loss << " " << s.promised << " " << s.measured << " " << s.steps
               << s.warning());
  for (const Pull& p : s.pulls)
    MESSAGE(p.parameter << " " << p.value << " " << p.derivative << " " << p.why_not);
}
