// Why do learning rates decay? tune() finds rates from a constant, and we look at what emerges.

#include <gradus/gradus.h>

using namespace gradus;

constexpr Step steps = 200;
constexpr double noise = 0.5;

/// The curvatures of 16 directions, from steep to flat: 1 ... 0.01.
std::vector<Scalar> curvatures() {
  std::vector<Scalar> h;
  for (int i = 0; i < 16; ++i) h.push_back(std::pow(0.01, i / 15.0));
  return h;
}

/// The loss 1/2 sum h w^2 after 200 updates. The minimum is at 0; each gradient sees it nearby.
Real train(const Schedule& rate, std::uint64_t seed) {
  static const Tensor h({16}, curvatures());
  NoGrad off;
  Random random(seed, "why decay");
  Tensor w = RandomNormal{.stddev = 1}({16}, random);
  const Tensor minima = RandomNormal{.stddev = noise}({steps, 16}, random);
  for (Step t = 0; t < steps; ++t) w = w - rate(t) * h * (w - slice(minima, 0, t, t + 1));
  return (0.5 * sum(h * square(w))).item();
}

/// The two parts of the expected loss: what is left of the start, and what the noise adds.
struct Parts {
  double start = 0, noise = 0;
};
Parts parts_of_loss(const Schedule& rate) {
  Parts parts;
  for (const Scalar& curvature : curvatures()) {
    const double h = value(curvature);
    double start = 1, noisy = 0;  // variances of w
    for (Step t = 0; t < steps; ++t) {
      const double step = h * value(rate(t)), kept = (1 - step) * (1 - step);
      start *= kept;
      noisy = kept * noisy + step * step * noise * noise;
    }
    parts.start += 0.5 * h * start;
    parts.noise += 0.5 * h * noisy;
  }
  return parts;
}

Schedule print_tuned(const char* name, const Schedule& start, const TuneOptions& options = {}) {
  const Tuned tuned = tune(start, train, options);
  const Parts parts = parts_of_loss(tuned.schedule);
  fmt::print("{:<8} {:10.4f} {:15.4f} {:9.4f}\n", name, tuned.after, parts.start, parts.noise);
  return tuned.schedule;
}

int main() {
  fmt::print("tuned      end loss   from the start   noise\n");
  print_tuned("constant", 0.3);
  print_tuned("cosine", CosineDecay{0.3, steps});
  const Schedule knots = print_tuned("8 knots", 0.3, {.knots = 8});

  const auto& lines = *knots.get_if<PiecewiseInterpolation>();
  std::vector<double> at{0}, rate;
  for (const Steps& boundary : lines.boundaries) at.push_back(value(boundary.count));
  for (const Real& number : lines.values) rate.push_back(value(number));
  fmt::print("\nstep    tuned rate   1 / rate\n");
  for (std::size_t i = 0; i < rate.size(); ++i)
    fmt::print("{:4} {:13.3g} {:10.2f}\n", at[i], rate[i], 1 / rate[i]);
  fmt::print(
      "\nA constant cannot do both: a higher one forgets the start, a lower one averages the "
      "noise.\n"
      "The tuned knots begin at {:.0f} times 2, the largest stable constant: that moves the flat\n"
      "directions. The steep ones grow for a while, until the falling rates pass 1 / curvature,\n"
      "where one update removes what is left of the start. Over the last {} updates 1 / rate "
      "rises\n"
      "by {:.1f} per step, near the steepest curvature, 1. With rates of exactly 1 / t, w is the "
      "mean\n"
      "of all minima seen, and no other weights have less noise.\n",
      rate[0] / 2, at[7] - at[4], (1 / rate[7] - 1 / rate[4]) / (at[7] - at[4]));
}
