#pragma once
/// What gradus_dual, the build of the library with exact derivatives, computes for the command
/// line. Two builds meet here, so this header has plain data alone. exact.cpp is compiled with the
/// other build; where that is left out, exact_none.cpp takes its place.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// A training in plain data.
struct ExactTraining {
  /// The values of NetworkOptions, in the order of its options().
  std::vector<std::string> network = {};
  std::string loss = {};               ///< its name, never `auto`
  std::int64_t outputs = 0;            ///< units of the last layer
  double target_deviation = 1;         ///< that y was divided by
  std::string schedule = {};           ///< the learning rate, as text
  std::vector<double> x = {}, y = {};  ///< row-major
  std::vector<std::int64_t> x_shape = {}, y_shape = {};
  std::int64_t training_rows = 0;  ///< the first rows; the others, if there are any, give the loss
  std::int64_t epochs = 0, updates = 0;  ///< the run ends with the first of both
  std::vector<std::vector<std::vector<double>>> weights = {};  ///< each tensor, at several times
};

/// Which way a number of the schedule or the optimizer pulls the loss.
struct ExactPull {
  std::string number;        ///< its path; in the schedule, without `learning_rate.`
  double value, derivative;  ///< the derivative is nan if there is a reason why not
  std::string why_not;
};

/// Shortens the path of an optimizer's number to that of its schedule, as tune() has it.
inline std::string path_in_schedule(const std::string& path) {
  const std::string rate = "learning_rate";
  if (path == rate) return "value";
  return path.starts_with(rate + '.') ? path.substr(rate.size() + 1) : path;
}

/// The derivatives of one run.
struct ExactSensitivity {
  double loss;
  bool diverged;  ///< then there is nothing else
  std::vector<ExactPull> pulls;
  double promised, measured;    ///< change of the loss when all numbers move down the slope
  bool described;               ///< both agree: the derivatives describe the run
  std::vector<double> windows;  ///< d(loss) / d(log rate) in equal parts of the run
};
/// Runs the training with this seed of the first weights and the batches. UsageError.
ExactSensitivity exact_sensitivity(const ExactTraining& training, std::uint64_t seed, int windows);

/// The greatest curvature of the loss on all rows, at each of the weights. Empty unless all are
/// finite.
std::vector<double> exact_curvatures(const ExactTraining& training);

/// How to tune.
struct ExactTuneOptions {
  std::int64_t knots, iterations, seeds;
  std::vector<std::string> fix, only;
};
/// The schedule at one check.
struct ExactCheck {
  std::int64_t iteration;
  double loss;                  ///< mean over validation seeds
  std::string schedule;         ///< as text
  std::vector<double> numbers;  ///< those that moved
};
/// The result of tune().
struct ExactTuned {
  std::string schedule;                             ///< the best, as text
  std::vector<std::string> numbers;                 ///< the paths of those that moved
  double before, before_error, after, after_error;  ///< mean loss over seeds never used before
  bool gained;
  std::vector<ExactCheck> path;
  std::int64_t runs;
};
/// Tunes the schedule; calls `progress` at each check, with `numbers` empty. UsageError.
ExactTuned exact_tune(const ExactTraining& training, const ExactTuneOptions& options,
                      const std::function<void(const ExactCheck&)>& progress);
