#include <gradus/models/tune.h>

#include <gradus/models/numbers.h>
#include <gradus/optim/adam.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/piecewise_interpolation.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using Train = std::function<Real(const Schedule&, std::uint64_t)>;
/// One number per run or per number that moves; empty where a run diverges.
using Reals = std::vector<Real>;

constexpr double infinity = std::numeric_limits<double>::infinity();

Real mean(const Reals& x) {
  const Real sum = std::accumulate(x.begin(), x.end(), Real(0));
  return x.empty() ? infinity : sum / static_cast<double>(x.size());
}

/// A mean and its standard error.
std::tuple<double, double> estimate(const Reals& x) {
  const double middle = value(mean(x)), n = static_cast<double>(x.size());
  double squares = 0;
  for (const Real& each : x) squares += (value(each) - middle) * (value(each) - middle);
  return {middle, x.empty() ? middle : std::sqrt(squares / n / (n - 1))};
}

/// Whether the mean loss falls by more than chance explains. One seed near divergence would drown
/// the others. So no loss counts for more than about 10 medians, which can only hide a gain.
bool fell(Reals before, const Reals& after) {
  if (before.empty() || after.empty()) return !after.empty();
  Reals sorted = before;
  const auto median = sorted.begin() + std::ssize(sorted) / 2;
  std::nth_element(sorted.begin(), median, sorted.end());
  const Real most = *median + 10 * abs(*median);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = std::min(before[i], most) - after[i];
  const auto [gain, error] = estimate(before);
  return gain > 2 * error;
}

Schedule with_knots(const Schedule& start, Step knots, Step last) {
  check(knots <= last + 1, "tune: knots must be at most the run's steps, {} (got {})", last + 1,
        knots);
  PiecewiseInterpolation lines;
  for (Step i = 0; i < knots; ++i) {
    const Step at = (2 * i * last + knots - 1) / (2 * (knots - 1));  // rounded
    if (i > 0) lines.boundaries.push_back(at);
    lines.values.push_back(start.at(static_cast<double>(at)));
  }
  return lines;
}

/// The schedule as a function of the numbers that move.
detail::Numbers<Schedule> numbers_of(const Schedule& start, const TuneOptions& options) {
  const detail::Numbers<Schedule> numbers(start, [&](const OptionNumber& number) {
    const bool alone = std::ranges::count(options.only, number.path) > 0;
    const bool chosen = options.only.empty() || detail::selects_path(options.only, number.path);
    return (number.counts_steps ? alone : chosen) &&
           !detail::selects_path(options.fix, number.path);
  });
  numbers.check_names("tune: fix", options.fix);
  numbers.check_names("tune: only", options.only);
  check(!numbers.chosen().empty(), "tune: start must have a number that may move (got {})",
        to_string(start));
  return numbers;
}

Real in_6_digits(const Real& number) {
  return *parse_schedule(fmt::format("{:.6g}", value(number))).constant();
}

/// Adam in the logarithms. A new one has no momentum.
struct Descent {
  Descent(const Reals& from, double step)
      : logs(parameter(Tensor({std::ssize(from)}, from))),
        adam(Adam{.learning_rate = step, .beta_2 = 0.99}, {.global_clipnorm = 1.0}) {}
  Reals operator()(const Reals& slope) {
    adam.apply(std::vector{Tensor(logs.shape(), slope)}, std::vector{logs});
    return {logs.values().begin(), logs.values().end()};
  }
  Tensor logs;
  Optimizer adam;
};

class Tuner {
 public:
  Tuner(const Schedule& start, const Train& train, const TuneOptions& options)
      : options_(options),
        train_(train),
        last_(last_step(start)),
        numbers_(numbers_of(options.knots == 0 ? start : with_knots(start, options.knots, last_),
                            options)),
        best_(numbers_.chosen().size(), 0),
        next_seed_(static_cast<std::uint64_t>(options.judge + options.validation)) {}

  Tuned run(const Schedule& start) {
    descend();
    Tuned tuned{.schedule = *rate_at(best_, true), .path = std::move(path_)};
    const Reals before = losses(start, 0, options_.judge);
    const Reals after = losses(tuned.schedule, 0, options_.judge);
    std::tie(tuned.before, tuned.before_error) = estimate(before);
    std::tie(tuned.after, tuned.after_error) = estimate(after);
    tuned.gained = fell(before, after);
    tuned.runs = runs_;
    return tuned;
  }

 private:
  /// The last step that a run asks for. A run that diverges ends early, so then the rates shrink.
  Step last_step(const Schedule& start) {
    for (double scale = 1;; scale *= 1e-3) {
      const auto last = std::make_shared<std::atomic<Step>>(0);
      try {
        ++runs_;
        train_(detail::Recorder{scale * start, last}, 0);
        return *last;
      } catch (const NumericError&) {
        if (scale == 0) throw;
      }
    }
  }
  void descend() {
    note(0, best_);
    double step = 0.1;
    Reals at = best_;
    Descent descent(at, step);
    int stale = 0;
    for (Step i = 1; i <= options_.iterations && stale < 5 && step > 1e-4; ++i) {
      if (const Reals slope = slope_at(at); !slope.empty()) {
        at = descent(slope);
        if (i % 10 == 0) stale = note(i, at) ? 0 : stale + 1;
        continue;
      }
      if (at != best_)
        step /= 2;
      else if (!come_down(i))
        return;
      at = best_;
      descent = Descent(at, step);
    }
  }

  /// The schedule with these logarithms, over those of the start; in 6 digits without derivatives.
  /// Nothing if a struct refuses the numbers.
  std::optional<Schedule> rate_at(const Reals& logs, bool rounded = false) const {
    Reals x = numbers_.values();
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] *= exp(logs[i]);
      if (rounded && logs[i] != 0) x[i] = in_6_digits(x[i]);
    }
    try {
      return numbers_.with(x);
    } catch (const ValueError&) {
      return {};
    }
  }
  /// d log(f) / d log of each number; empty where f has no number.
  Reals log_slope(const Reals& at, const std::function<Real(const Schedule&)>& f) {
    auto [y, slope] = detail::differentiate(at, [&](const Reals& logs) {
      const std::optional<Schedule> rate = rate_at(logs);
      return rate ? f(*rate) : infinity;
    });
    if (!std::isfinite(y)) return {};
    for (Real& each : slope) each /= std::max(std::fabs(y), std::numeric_limits<double>::min());
    return slope;
  }
  /// The log_slope of the mean loss on fresh seeds; empty where a run diverges or is about to.
  Reals slope_at(const Reals& at) {
    const std::uint64_t first = next_seed_;
    next_seed_ += static_cast<std::uint64_t>(options_.seeds);
    const Reals slope = log_slope(
        at, [&](const Schedule& rate) { return mean(losses(rate, first, options_.seeds)); });
    const Real square = std::inner_product(slope.begin(), slope.end(), slope.begin(), Real(0));
    return square <= 1e6 ? slope : Reals();
  }
  /// Moves the best to where the sum of the rates is about half, by each number in proportion to
  /// its part in that sum. False if none has a part.
  bool come_down(Step iteration) {
    const Reals part = log_slope(best_, [&](const Schedule& rate) { return rate.area(last_ + 1); });
    Real most = 0;
    for (const Real& p : part) most = std::max(most, abs(p));
    if (!(most > 0)) return false;
    for (std::size_t i = 0; i < part.size(); ++i) best_[i] -= std::log(2) * part[i] / most;
    least_ = infinity;
    note(iteration, best_);
    return true;
  }

  /// A check. Returns true, and takes the place, if it is the best so far.
  bool note(Step iteration, const Reals& at) {
    const std::optional<Schedule> rate = rate_at(at, true);
    if (!rate) return false;
    const auto first = static_cast<std::uint64_t>(options_.judge);
    path_.push_back({iteration, value(mean(losses(*rate, first, options_.validation))), *rate});
    if (options_.progress) options_.progress(path_.back());
    if (!(path_.back().loss < least_)) return false;
    least_ = path_.back().loss;
    best_ = at;
    return true;
  }

  /// The losses of these seeds, by the one loop over runs; empty if one diverges.
  Reals losses(const Schedule& rate, std::uint64_t first, Step count) {
    Reals losses;
    try {
      for (std::uint64_t seed = first; std::ssize(losses) < count; ++seed) {
        ++runs_;
        losses.push_back(train_(rate, seed));
        if (!std::isfinite(losses.back().v)) return {};
      }
    } catch (const NumericError&) {
      return {};
    } catch (const ValueError&) {  // the optimizer refuses the rate
      return {};
    }
    return losses;
  }

  const TuneOptions& options_;
  std::int64_t runs_ = 0;
  const Train& train_;
  Step last_;  ///< of a run
  detail::Numbers<Schedule> numbers_;
  Reals best_;
  double least_ = infinity;  ///< the validation loss of the best
  std::uint64_t next_seed_;
  std::vector<TuneCheck> path_ = {};
};

}  // namespace

Tuned tune(const Schedule& start, const Train& train, const TuneOptions& options) {
  detail::validate(options, "tune");
  return Tuner(start, train, options).run(start);
}

}}  // namespace gradus
