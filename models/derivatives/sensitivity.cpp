#include <gradus/models/sensitivity.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <variant>

#include <gradus/models/numbers.h>
#include <gradus/schedules/piecewise_constant_decay.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// How far a number moves, as a part of itself. Not a round part: what must be whole cannot move.
constexpr double nudge = 0.0199999;

// ---- how a number moves a schedule --------------------------------------------------------------

/// The schedules that are no constants.
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

  /// What the derivatives at the ends do not explain of the change.
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
    std::vector<Place> places = places_between(low, high);
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
  /// A jump early in the run moves by less than a step, so there the places are closer. After the
  /// first they lie between whole steps, where kinks are rare.
  std::vector<Place> places_between(double low, double high) const {
    const Schedule at_low = at(low), at_high = at(high);
    const double stride = std::max(1.0, std::floor(steps / 65536));
    std::vector<Place> places;
    for (double t = 0; t < steps; t += t < 64 ? 0.1382 : stride) {
      const Place place{t, at_low.at(t), at_high.at(t)};
      if (std::isfinite(place.high.v - place.low.v)) places.push_back(place);
    }
    return places;
  }
  /// In a small range the derivatives explain a continuous change.
  bool loses_derivatives(double low, double high, double tolerance) const {
    double change = 0, excess = 0;
    for (const Place& place : places_between(low, high)) {
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

Schedule recorded(const Schedule& rate, const detail::LastStep& last) {
  return detail::Recorder{rate, last};
}
Optimizer recorded(Optimizer optimizer, const detail::LastStep& last) {
  optimizer.set_learning_rate(recorded(optimizer.schedule(), last));
  return optimizer;
}

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
    differentiate();
    found_.diverged = !std::isfinite(found_.loss);
    for (std::size_t i = 0; i < found_.pulls.size(); ++i) {
      Pull& pull = found_.pulls[i];
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
  /// Seven numbers in each run. The first one finds the run's length, if jumps may be there.
  void differentiate() {
    constexpr std::size_t at_once = Dual::directions;
    const std::size_t count = found_.pulls.size();
    for (std::size_t first = 0; first == 0 || first < count; first += at_once) {
      const At seeded = numbers_.with([&](std::size_t i, double plain) -> Real {
        return i / at_once == first / at_once ? Dual::parameter(plain, int(i % at_once)) : plain;
      });
      const detail::LastStep last = detail::no_step();
      const bool asks = found_.steps == 0 && first == 0 && count > 0 && schedules_ > 0;
      const Real result = loss(asks ? recorded(seeded, last) : seeded);
      if (asks) found_.steps = *last + 1;
      found_.loss = value(result);
      if (!std::isfinite(found_.loss)) return;
      for (std::size_t i = first; i < std::min(first + at_once, count); ++i)
        found_.pulls[i].derivative = result.d[i - first];
    }
  }
  /// How far number i may move: by 2%, a count of steps by 0.6, but at most by a quarter of the way
  /// to the edge of its range, since its effect may be without bounds there: momentum near 1.
  double reach(std::size_t i, double sign) const {
    const double size = std::abs(found_.pulls[i].value);
    const double wanted = nudge * (size > 0 ? size : 1);
    double far = 4 * std::max(wanted, numbers_.chosen()[i].counts_steps ? 0.6 : 0);
    for (int halvings = 0; halvings < 20; ++halvings, far /= 2) try {
        numbers_.with(
            [&](std::size_t k, double plain) { return k == i ? plain + sign * far : plain; });
        return far / 4;
      } catch (const ValueError&) {
      }
    return 0;
  }
  std::string why_not(std::size_t i) const {
    const double number = found_.pulls[i].value;
    const double low = number - reach(i, -1), high = number + reach(i, 1);
    if (low == high) return "fixed";
    for (std::size_t k = 0; k < schedules_; ++k) {
      const auto at = [&](double moved) {
        return moving_schedules(numbers_.with([&](std::size_t other, double plain) -> Real {
          return other == i ? Dual::parameter(moved, 0) : plain;
        }))[k];
      };
      const Moved schedule{at, static_cast<double>(found_.steps)};
      if (std::string reason = schedule.why_not(low, number, high); !reason.empty()) return reason;
    }
    return std::isfinite(found_.pulls[i].derivative) ? "" : "not finite";
  }
  void check_promise() {
    std::vector<double> by;
    for (const Pull& pull : found_.pulls) {
      const double most = pull.why_not.empty() ? nudge * std::abs(pull.value) : 0;
      const double part = std::min({most, reach(by.size(), 1), reach(by.size(), -1)});
      by.push_back(pull.derivative > 0 ? -part : part);
      if (part > 0) found_.promised += by.back() * pull.derivative;
    }
    const auto moved_loss = [&](double factor) {
      return value(
          loss(numbers_.with([&](std::size_t i, double plain) { return plain + factor * by[i]; })));
    };
    if (std::ranges::any_of(by, [](double part) { return part != 0; }))
      found_.measured = (moved_loss(1) - moved_loss(-1)) / 2;
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
