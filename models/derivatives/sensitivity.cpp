#include <gradus/models/sensitivity.h>

#include <gradus/models/numbers.h>
#include <gradus/schedules/piecewise_constant_decay.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// How far a number moves, relative to its size. The factor is not round, so that a number which
/// must be whole finds no valid neighbour.
constexpr double nudge = 0.0199999;

// ---- how a number moves a schedule --------------------------------------------------------------

/// The schedules that move.
std::vector<Schedule> moving_schedules(const Schedule& s) {
  return s.constant() ? std::vector<Schedule>() : std::vector<Schedule>{s};
}
std::vector<Schedule> moving_schedules(const Optimizer& optimizer) {
  std::vector<Schedule> found;
  for (const auto& fields : {optimizer.config().fields, detail::fields_of(optimizer.options())})
    for (const detail::Config::Field& field : fields)
      if (const Schedule* s = std::get_if<Schedule>(&field.value.content); s && !s->constant())
        found.push_back(*s);
  return found;
}

/// A schedule's value at a step, with a number at either end of a range.
struct Place {
  double step;
  Real low, high;

  /// The part of the change that the derivatives at the ends do not explain.
  double excess(double width) const {
    const double explained = width * std::midpoint(low.d[0], high.d[0]);
    return std::abs(high.v - low.v - (std::isfinite(explained) ? explained : 0));
  }
};

/// A schedule as a function of one number, the parameter 0, over a run.
struct Moved {
  std::function<Schedule(double)> at;
  double steps;

  std::string why_not(double low, double number, double high) const {
    constexpr std::size_t most = 256;  // each of many kinks would take a search
    std::vector<Place> places = places_between(low, high, 0);
    double size = 0;
    for (const Place& p : places) size = std::max({size, std::abs(p.low.v), std::abs(p.high.v)});
    if (loses_derivatives(std::lerp(number, low, 1e-6), std::lerp(number, high, 1e-6),
                          1e-12 * size))
      return "plain double";
    std::ranges::sort(places, std::greater(), [&](const Place& p) { return p.excess(high - low); });
    places.resize(std::min(places.size(), most));
    return jumps(low, high, std::move(places), 1e-6 * size) ? "staircase" : "";
  }

 private:
  /// A jump early in the run moves by less than a step, so there the places are closer. They lie
  /// between whole steps, where kinks are rare, apart from the first.
  std::vector<Place> places_between(double low, double high, double first) const {
    const Schedule at_low = at(low), at_high = at(high);
    const double stride = std::max(1.0, std::floor(steps / 65536));
    std::vector<Place> places;
    for (double t = first; t < steps; t += t < 64 ? 0.1382 : stride) {
      const Place place{t, at_low.at(t), at_high.at(t)};
      if (std::isfinite(place.high.v - place.low.v)) places.push_back(place);
    }
    return places;
  }
  /// In a small range the derivatives explain a continuous change.
  bool loses_derivatives(double low, double high, double tolerance) const {
    double change = 0, excess = 0;
    for (const Place& place : places_between(low, high, 0.0691)) {
      const double rest = place.excess(high - low);
      change += std::abs(place.high.v - place.low.v);
      if (rest > tolerance) excess += rest;
    }
    return excess > change / 3;
  }
  /// Halves the range around the excess until it is gone or no double lies between the ends.
  bool jumps(double low, double high, std::vector<Place> places, double tolerance) const {
    std::erase_if(places, [&](const Place& p) { return !(p.excess(high - low) > tolerance); });
    if (places.empty()) return false;
    const double middle = std::midpoint(low, high);
    if (middle <= low || middle >= high) return true;
    const Schedule between = at(middle);
    std::vector<Place> above = places;
    for (std::size_t i = 0; i < places.size(); ++i)
      places[i].high = above[i].low = between.at(places[i].step);
    return jumps(low, middle, std::move(places), tolerance) ||
           jumps(middle, high, std::move(above), tolerance);
  }
};

// ---- the runs -----------------------------------------------------------------------------------

template <class At>
class Runs {
 public:
  Runs(const At& at, const std::function<Real(const At&)>& train, const SensitivityOptions& options)
      : train_(train),
        numbers_(at,
                 [&](const OptionNumber& n) {
                   return options.only.empty() || detail::selects_path(options.only, n.path);
                 }),
        schedules_(moving_schedules(at).size()) {
    numbers_.check_names("sensitivity: only", options.only);
    found_.steps = options.steps;
    for (const OptionNumber& n : numbers_.chosen())
      found_.pulls.push_back({n.path, value(n.value)});
  }

  Sensitivity result() {
    const auto [y, slope] = detail::differentiate(
        numbers_.values(),
        [&](const std::vector<Real>& x) { return first_loss(numbers_.with(x)); });
    found_.loss = y;
    found_.diverged = !std::isfinite(y);
    for (std::size_t i = 0; i < found_.pulls.size(); ++i) {
      Pull& pull = found_.pulls[i];
      pull.derivative = found_.diverged ? 0 : value(slope[i]);
      pull.why_not = found_.diverged ? "the run diverged" : why_not(i);
      if (!pull.why_not.empty()) pull.derivative = std::numeric_limits<double>::quiet_NaN();
    }
    if (!found_.diverged) check_promise();
    return std::move(found_);
  }

 private:
  Real loss(const At& at) const {
    try {
      return train_(at);
    } catch (const NumericError&) {
      return detail::endless;
    }
  }
  /// The first run finds the run's length, if jumps may be there.
  Real first_loss(At at) {
    if (found_.steps > 0 || found_.pulls.empty() || schedules_ == 0) return loss(at);
    const auto last = std::make_shared<std::atomic<Step>>(-1);
    if constexpr (std::same_as<At, Schedule>)
      at = detail::Recorder{at, last};
    else
      at.set_learning_rate(detail::Recorder{at.schedule(), last});
    const Real result = loss(at);
    found_.steps = *last + 1;
    return result;
  }
  At with(std::size_t i, Real number) const {
    std::vector<Real> x = numbers_.values();
    x[i] = number;
    return numbers_.with(x);
  }
  /// How far number i may move: `by`, half of that, ..., or 0.
  double reach(std::size_t i, double by) const {
    for (int halvings = 0; halvings < 20; ++halvings, by /= 2) {
      try {
        with(i, found_.pulls[i].value + by);
        return std::abs(by);
      } catch (const ValueError&) {  // beyond the edge of its range
      }
    }
    return 0;
  }
  std::string why_not(std::size_t i) const {
    const auto& [path, number, derivative, none] = found_.pulls[i];
    const double part = nudge * (number == 0 ? 1 : std::abs(number));
    const double by = numbers_.chosen()[i].counts_steps ? std::max(part, 0.6) : part;
    const double low = number - reach(i, -by), high = number + reach(i, by);
    if (low == high) return "fixed";
    for (std::size_t k = 0; k < schedules_; ++k) {
      const Moved schedule{
          [&](double moved) { return moving_schedules(with(i, Dual::parameter(moved, 0)))[k]; },
          static_cast<double>(found_.steps)};
      if (std::string reason = schedule.why_not(low, number, high); !reason.empty()) return reason;
    }
    return std::isfinite(derivative) ? "" : "not finite";
  }
  /// A number moves at most a quarter of the way to the edge of its range, because its effect may
  /// be unbounded there: momentum near 1.
  void check_promise() {
    std::vector<Real> up = numbers_.values(), down = up;
    bool moves = false;
    for (std::size_t i = 0; i < up.size(); ++i) {
      const auto& [path, number, derivative, why_not] = found_.pulls[i];
      const double far = 4 * nudge * std::abs(number);
      const double part = std::min(reach(i, far), reach(i, -far)) / 4;
      if (!why_not.empty() || part == 0) continue;
      const double by = derivative > 0 ? -part : part;
      found_.promised += by * derivative;
      up[i] += by;
      down[i] -= by;
      moves = true;
    }
    if (moves) found_.measured = value(loss(numbers_.with(up)) - loss(numbers_.with(down))) / 2;
  }

  const std::function<Real(const At&)>& train_;
  detail::Numbers<At> numbers_;
  std::size_t schedules_;
  Sensitivity found_;
};

}  // namespace

std::string Sensitivity::warning() const {
  const double most = std::max(std::abs(promised), std::abs(measured));
  const bool moves = !std::isfinite(measured) || most > 1e-9 * std::abs(loss) + 1e-15;
  if (!moves || std::abs(measured - promised) <= most / 3) return "";
  return fmt::format(
      "the derivative does not describe this run: numbers moved 2% down their slopes should change "
      "the loss by {:.3g}, but {}",
      promised,
      std::isfinite(measured) ? fmt::format("change it by {:.3g}", measured)
                              : "a moved run diverges");
}

Sensitivity sensitivity(const Optimizer& at, const std::function<Real(const Optimizer&)>& train,
                        const SensitivityOptions& options) {
  return Runs(at, train, options).result();
}
Sensitivity sensitivity(const Schedule& at, const std::function<Real(const Schedule&)>& train,
                        const SensitivityOptions& options) {
  return Runs(at, train, options).result();
}

Schedule windows(int count, Steps steps) {
  const double n = value(steps.count);
  check(count >= 1 && count <= n, "windows: count must be from 1 to steps (got {} and {})", count,
        n);
  PiecewiseConstantDecay ones{{}, std::vector<Real>(static_cast<std::size_t>(count), 1)};
  for (int i = 1; i < count; ++i) ones.boundaries.push_back(std::ceil(i * n / count) - 1);
  return ones;
}

}}  // namespace gradus
