#pragma once
/// Which way each number of a schedule and an optimizer pulls the loss, over several seeds.

#include "terminal/json.h"
#include "training/comparison.h"
#include "training/exact_training.h"

/// A number and what the runs found about it.
struct PulledNumber {
  std::string path, why_not;
  double value;
  std::vector<double> derivatives = {};  ///< one for each seed

  double mean() const { return mean_of(derivatives); }
  double deviation() const { return deviation_of(derivatives); }
  /// What +1% adds to the loss.
  double effect() const { return 0.01 * std::abs(value) * mean(); }
  /// Seeds disagree about the sign, as a fair coin might.
  bool chance() const {
    const auto n = std::ssize(derivatives);
    const auto up = std::ranges::count_if(derivatives, [](double d) { return d < 0; });
    return up > 0 && up < n && (2 * up - n) * (2 * up - n) <= 4 * n;  // two deviations
  }
};

/// All runs together. The single numbers are means over seeds.
struct Sensitivities {
  ExactTraining training;
  std::size_t seeds;
  double greatest_rate;
  bool diverged = false;      ///< a run did: then the rest is not complete
  std::size_t described = 0;  ///< runs that the derivatives describe
  std::vector<double> losses = {}, promised = {}, measured = {};
  std::vector<PulledNumber> numbers = {};
  std::vector<double> windows = {};  ///< what +1% of the rate adds to the loss, in equal parts

  double strongest() const {
    double most = 0;
    for (const PulledNumber& number : numbers)
      if (number.why_not.empty()) most = std::max(most, std::abs(number.effect()));
    return most;
  }
};

/// Runs with `seeds` seeds of the first weights and the batches, and looks at the rate in at most
/// so many windows of the run; without any it takes less than half the time. UsageError.
Sensitivities run_seeds(const ExactTraining& training, std::uint64_t first_seed, std::int64_t seeds,
                        gradus::Step most_windows = 28);

Json to_json(const Sensitivities& found);
