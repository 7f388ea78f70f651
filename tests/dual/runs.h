#pragma once
/// Small runs whose losses carry derivatives.

#include <string>

#include <gradus/gradus.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct Setting {
  Activation activation = tanh;
  Loss loss = MeanSquaredError{};
  std::uint64_t seed = 3;
  Count epochs = 15;  ///< of 4 updates
};

/// The loss of a small net after training on rows that it fits only in part.
inline Real trained(const Optimizer& optimizer, const Setting& setting = {}) {
  Random random(11, "rows");
  const Tensor x = Tensor::uniform({24, 2}, -1, 1, random);
  const Tensor y = tanh(x) + Tensor::normal({24, 2}, 0, 0.3, random);
  Sequential net{Dense{4, setting.activation}, Dense{2}};
  net.compile({.optimizer = optimizer, .loss = setting.loss, .seed = setting.seed});
  net.fit(x, y, {.batch_size = 6, .epochs = setting.epochs, .verbose = 0});
  return net.loss(x, y);
}

/// trained(), as a function of the optimizer.
inline auto training(const Setting& setting = {}) {
  return [setting](const Optimizer& optimizer) { return trained(optimizer, setting); };
}

/// A loss that depends on every rate of a run, smoothly.
inline auto descent(int updates) {
  return [updates](const Schedule& rate) {
    Real w = 1;
    for (int t = 0; t < updates; ++t) w = w - rate(t) * (w - 0.01 * t);
    return w * w;
  };
}

inline const Pull& pull_of(const Sensitivity& s, const std::string& parameter) {
  for (const Pull& pull : s.pulls)
    if (pull.parameter == parameter) return pull;
  throw ValueError("no " + parameter + " among " + fmt::format("{}", s.pulls.size()));
}

/// A schedule of a user.
struct Wavy {
  Real height, waves = 3;
  Real operator()(Real step) const { return height * (1 + 0.5 * sin(waves * 0.1 * step)); }
  static void fields(auto& self, auto&& field) {
    field("height", self.height);
    field("waves", self.waves);
  }
};

}}  // namespace gradus
