#pragma once
/// tune: learns the numbers of a schedule along the exact derivatives of the loss. Only
/// gradus::gradus_dual defines it.

#include <gradus/models/fit_options.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The schedule at one check of tune(), and its mean loss on the validation seeds.
struct TuneCheck {
  Count iteration;
  double loss;  ///< infinity if a run diverged
  Schedule schedule;
};

struct TuneOptions {
  /// 0: moves the numbers of the start. N >= 2: replaces the start by straight lines through N of
  /// its values, spread evenly over the run, and moves those: `values[0]` ... `values[N - 1]`.
  Count knots = 0;
  /// Numbers that stay. A path selects all below it, too: `second` selects `second.alpha`.
  std::vector<std::string> fix = {};
  /// The numbers that move; empty: all. Counts of steps stay unless their whole path is here.
  std::vector<std::string> only = {};
  Count seeds = 16;        ///< runs per iteration and 7 numbers, >= 1
  Count iterations = 300;  ///< at most, >= 0
  Count validation = 64;   ///< runs per check, >= 1
  Count judge = 400;       ///< runs of the start and of the result at the end, >= 2
  /// Called at each check.
  std::function<void(const TuneCheck&)> progress = {};

  static void fields(auto& self, auto&& field) {
    using namespace rules;
    constexpr Rule none_or_two{[](double v) { return v == 0 || v >= 2; }, "0 or >= 2"};
    field("knots", self.knots, none_or_two);
    field("seeds", self.seeds, one_or_more);
    field("iterations", self.iterations, zero_or_more);
    field("validation", self.validation, one_or_more);
    field("judge", self.judge, two_or_more);
  }
};

struct Tuned {
  /// The schedule with the least validation loss. Numbers that moved are rounded to 6 digits.
  Schedule schedule;
  /// Mean losses of the start and of `schedule` on seeds that the descent never used, and their
  /// standard errors; infinity if a run diverged.
  double before = 0, before_error = 0;
  double after = 0, after_error = 0;
  /// True if the mean loss of a seed falls by more than twice its standard error.
  bool gained = false;
  std::vector<TuneCheck> path = {};  ///< one entry per check; the first is the start
  std::int64_t runs = 0;             ///< calls of `train`
};

/// Lowers the mean loss of a training run by the numbers of its schedule. `train(rate, seed)`
/// trains under `rate` from scratch and returns the loss, with its derivatives; random
/// choices follow the seed. The same arguments give the same bits.
///
///     const Tuned tuned = tune(CosineDecay{0.05, 210}, [&](const Schedule& rate, auto seed) {
///       Sequential model{Dense{.units = 1}};
///       model.compile({.optimizer = SGD{.learning_rate = rate}, .loss = MeanSquaredError{},
///                      .seed = seed});
///       model.fit(x, y, {.batch_size = 32, .epochs = 30, .verbose = 0});
///       return model.loss(x, y);
///     });
///     fmt::print("{}\n", to_string(tuned.schedule));
///
/// Each number p moves by the gradient of log(mean loss) in log p, over fresh seeds in each
/// iteration, clipped to norm 1, with Adam(0.1, 0.9, 0.99). So a number keeps its sign, and a 0
/// stays 0; one that moves the rate in jumps has the derivative 0 and stays, too. n numbers take
/// ceil(n / 7) runs per seed. Every 10 iterations the validation seeds judge; 5 checks without a
/// gain end the descent. Where a run diverges, a struct refuses its numbers or the squared gradient
/// is above 1e6, the descent goes on from the best check with half the step. At the best check
/// itself, or at a start that diverges, it first lowers the numbers until the sum of the rates is
/// about half.
///
/// The seeds 0 ... judge - 1 judge, the next `validation` ones validate, the rest train.
///
/// ValueError for an option, for a path in `fix` or `only` without a number, for more knots than
/// steps, or if no number may move. Throws what `train` throws in its first run; later
/// a NumericError or ValueError of a run means that it diverged.
Tuned tune(const Schedule& start,
           const std::function<Real(const Schedule& rate, std::uint64_t seed)>& train,
           const TuneOptions& options = {});

}}  // namespace gradus
