#pragma once
/// Exact derivatives of the loss of a training run by the numbers of its schedule or its optimizer.
/// Every build declares these functions; only gradus::gradus_dual defines them.

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Which way a number of the schedule or the optimizer pulls the loss.
struct Pull {
  std::string parameter;  ///< its path: `learning_rate.second.alpha`
  double value = 0;
  double derivative = 0;  ///< d(loss) / d(value); nan if there is a reason why not
  /// Why it has no derivative; empty if it has one. `staircase`: the number moves a jump of a
  /// schedule, which a derivative leaves out. `fixed`: no value near it is valid, as for whole
  /// numbers of steps. `plain double`: a formula of the schedule computes with double, so
  /// derivatives are lost. `not finite`: it is nan or infinite. Or `the run diverged`.
  std::string why_not = {};

  /// The change of the loss by +1% of the number, to first order.
  double effect() const { return 0.01 * value * derivative; }
};

struct SensitivityOptions {
  /// Only these numbers; empty: all. A path selects all numbers below it, too: `second`
  /// selects `second.alpha`.
  std::vector<std::string> only = {};
  /// The updates of the run, over which jumps are searched. 0: as far as the first run asks the
  /// rate, which is wrapped for that in the first run; it prints and acts as before.
  Step steps = 0;
};

struct Sensitivity {
  double loss = 0;               ///< infinity after a NumericError
  std::vector<Pull> pulls = {};  ///< in the order of the text
  /// Is the promise kept? `promised` is what the derivatives say that the loss changes if each
  /// number that has one moves by 2%, or less near the edge of its range, down its slope.
  /// `measured` is half the difference of two runs, one moved so and one moved the other way; not
  /// finite if one of them diverged.
  double promised = 0, measured = 0;
  bool diverged = false;  ///< `train` threw a NumericError, or the loss is not finite
  Step steps = 0;         ///< updates of the run: those given, or as far as it asked the rate

  /// A sentence if `promised` and `measured` differ by more than a third of the larger one, else
  /// empty: `the derivative does not describe this run: ...`. Changes within the rounding of the
  /// loss do not count.
  std::string warning() const;
};

/// The derivative of the loss by each number of an optimizer or a schedule. `train(at)` trains
/// from scratch with it and returns the loss, with its derivatives: Sequential::loss(), not
/// History. It must give the same loss each time.
///
///     const auto train = [&](const Optimizer& optimizer) {
///       Sequential net{Dense{8, tanh}, Dense{1}};
///       net.compile({.optimizer = optimizer, .loss = MeanSquaredError{}, .seed = 7});
///       net.fit(x, y, {.batch_size = 32, .epochs = 40, .verbose = 0});
///       return net.loss(x, y);
///     };
///     const Sensitivity s = sensitivity(SGD{.learning_rate = CosineDecay{0.05, 200}}, train);
///     s.pulls[0].derivative;  // by learning_rate.initial_learning_rate
///
/// The numbers are those of Schedule::with_numbers() and Optimizer::with_numbers(): of the rule,
/// and of the shared options that were given. n numbers take ceil(n / 7) runs, and the promise two
/// more. Without a number, one run gives the loss.
///
/// The derivative is the slope between the kinks of the run. Where the gradient itself jumps (relu,
/// MeanAbsoluteError, clipping, the signs of Lion) it leaves the jumps out: read warning().
///
/// Whether a number moves the schedule in jumps is found by evaluation: it moves up and down by 2%,
/// a count of steps by at least 0.6; at each step of the run, bisection follows what the derivative
/// leaves out. A kink fades with the distance, a jump stays.
///
/// A run that diverges gives no numbers. ValueError for a path in `only` without a number. Other
/// errors of `train` pass through.
Sensitivity sensitivity(const Optimizer& at, const std::function<Real(const Optimizer&)>& train,
                        const SensitivityOptions& options = {});
Sensitivity sensitivity(const Schedule& at, const std::function<Real(const Schedule&)>& train,
                        const SensitivityOptions& options = {});

/// A PiecewiseConstantDecay of `count` ones over `steps` steps. Times a rate it gives the curve of
/// the sensitivity over the run, here in 4 runs:
///
///     const Sensitivity s = sensitivity(rate * windows(28, 200), train,
///                                       {.only = {"second.values"}});
///     s.pulls[3].derivative;  // by the factor of the rates in window 3
///
/// They add up to c d(loss) / dc for a common factor c of all rates. ValueError unless count is
/// from 1 to `steps`.
Schedule windows(int count, Steps steps);

}}  // namespace gradus
