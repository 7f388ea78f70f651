// A schedule, an update rule, a layer, a loss and an activation of one's own: plain structs and a
// lambda, with nothing to derive from and nothing to register.
#include <gradus/gradus.h>

#include <cmath>
using namespace gradus;

/// Up and down again, forever.
struct Triangle {
  Real peak;
  Real half_period;
  Real operator()(double step) const {
    const Real phase = std::fmod(step, 2 * half_period) / half_period;
    return peak * (phase < 1 ? phase : 2 - phase);
  }
};

/// Steps of one size, in the direction of a running mean's sign.
struct SignMomentum {
  Schedule learning_rate = 0.01;
  int slots() const { return 1; }
  void update(ParameterUpdate& u) const {
    const auto rate =
        static_cast<Scalar>(u.learning_rate / std::sqrt(1.0 + static_cast<double>(u.step)));
    const std::span<Scalar> running = u.slot(0);
    for (std::size_t i = 0; i < u.w.size(); ++i) {
      running[i] = Scalar(0.5) * (running[i] + u.g[i]);
      if (running[i] != 0) u.w[i] -= running[i] > 0 ? rate : -rate;
    }
    if (u.shape.count() != static_cast<std::int64_t>(u.w.size())) throw ShapeError("SignMomentum");
  }
};

/// A factor per feature, with noise while training.
struct Scale {
  double noise = 0.01;
  Tensor factor = {};
  void build(const Shape& input, Random& random) {
    factor = parameter(Tensor::uniform({input.back()}, 0.5, 1.5, random));
  }
  Tensor operator()(const Tensor& x, const Mode& mode) const {
    if (!mode.training) return x * factor;
    return x * factor + Tensor::normal(x.shape(), 0, noise, mode.random);
  }
  std::vector<Tensor> parameters() const { return {factor}; }
};

/// One value per row: quadratic near 0, linear beyond.
struct SoftAbsolute {
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    const Tensor d = y_pred - y_true;
    return mean(d + softplus(-2 * d) - std::log(2.0), {.axis = -1});
  }
};

int main() {
  const auto bent = [](const Tensor& x) { return x + 0.1 * square(x); };
  const Dataset line = make_line({.rows = 64, .noise = 0});

  Sequential model{Scale{}, Dense{.units = 8, .activation = bent}, Dense{.units = 1}};
  model.compile(
      {.optimizer = SignMomentum{.learning_rate = Triangle{.peak = 0.05, .half_period = 20}},
       .loss = SoftAbsolute{},
       .metrics = {SoftAbsolute{}, MeanAbsoluteError{}}});
  const History h = model.fit(line.x, line.y, {.batch_size = 16, .epochs = 30, .verbose = 0});

  const bool right = h["loss"].back() < 0.1 * h["loss"].front() &&
                     std::abs(h["soft_absolute"].back() - h["loss"].back()) < 1e-5 &&
                     h["mean_absolute_error"].size() == 30 && model.get_weights().size() == 5 &&
                     model.optimizer().iterations() == 120;
  return right ? 0 : 1;
}
