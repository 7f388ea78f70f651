#include <gradus/models/sensitivity.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>
#include <utility>
#include <variant>

#include <gradus/schedules/piecewise_constant_decay.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail {

namespace {

constexpr double nudge = 0.02;  // how far numbers move, as a part of themselves

using LastStep = std::shared_ptr<std::atomic<double>>;

/// A schedule that notes how far a run asks it.
struct Recorder {
  Schedule schedule = 0;
  LastStep last;

  Real operator()(Real step) const {
    if (value(step) > last->load(std::memory_order_relaxed)) *last = value(step);
    return schedule.at(step);
  }
  Real duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) { field("schedule", self.schedule); }
};

}  // namespace

/// It prints as the schedule in it.
template <>
Config config_of(const Recorder& recorder) {
  return recorder.schedule.config();
}

namespace {

Schedule recorded(const Schedule& rate, const LastStep& last) { return Recorder{rate, last}; }
Optimizer recorded(Optimizer optimizer, const LastStep& last) {
  optimizer.set_learning_rate(Recorder{optimizer.schedule(), last});
  return optimizer;
}

// ---- how a number moves a schedule --------------------------------------------------------------

/// A schedule that is no constant, and the path of its numbers.
struct Named {
  std::string path;
  Schedule schedule;
};
std::vector<Named> moving_schedules(const Schedule& s) {
  return s.constant() ? std::vector<Named>{} : std::vector<Named>{{"", s}};
}
std::vector<Named> moving_schedules(const Optimizer& optimizer) {
  std::vector<Named> found;
  for (const auto& fields : {optimizer.config().fields, fields_of(optimizer.options())})
    for (const Config::Field& field : fields)
      if (const Schedule* s = std::get_if<Schedule>(&field.value.content); s && !s->constant())
        found.push_back({std::string(field.name), *s});
  return found;
}

/// The schedule's value at a step, with the number at either end of a range.
struct Place {
  double step;
  Real low, high;

  /// What the derivatives at the ends do not explain of the change.
  double excess(double width) const {
    const double explained = width * std::midpoint(low.d[0], high.d[0]);
    return std::abs(high.v - low.v - (std::isfinite(explained) ? explained : 0));
  }
};

/// A schedule as a function of one of its numbers.
struct Moved {
  const Named& named;
  const std::string& path;
  double steps;  ///< of the run

  /// A jump early in the run moves by less than a step, so there the places are closer. Those with
  /// the most excess are enough: each of many kinks would take a search.
  std::string why_not(double low, double number, double high) const {
    constexpr std::size_t most = 256;
    const Schedule at_low = at(low), at_high = at(high);
    const double stride = std::max(1.0, std::floor(steps / 65536));
    std::vector<Place> places;
    double size = 0;
    for (double t = 0; t < steps; t += t < 64 ? 0.125 : stride) {
      const Place place{t, at_low.at(t), at_high.at(t)};
      if (!std::isfinite(place.high.v - place.low.v)) continue;
      size = std::max({size, std::abs(place.low.v), std::abs(place.high.v)});
      places.push_back(place);
    }
    if (loses_derivatives(std::lerp(number, low, 1e-6), number, std::lerp(number, high, 1e-6),
                          1e-12 * size, stride))
      return "plain double";
    if (places.size() > most) {
      std::ranges::nth_element(places, places.begin() + most, std::greater(),
                               [&](const Place& p) { return p.excess(high - low); });
      places.resize(most);
    }
    return jumps(low, high, std::move(places), 1e-6 * size) ? "staircase" : "";
  }

 private:
  Schedule at(double number) const {
    const auto seeded = [&](const OptionNumber& other) -> Real {
      return other.path == path ? Dual::parameter(number, 0) : value(other.value);
    };
    return named.schedule.with_numbers(seeded, named.path);
  }
  /// Halves the range around the excess until it is gone or no double lies between the ends.
  bool jumps(double low, double high, std::vector<Place> places, double tolerance) const {
    std::erase_if(places, [&](const Place& p) { return !(p.excess(high - low) > tolerance); });
    if (places.empty()) return false;
    const double middle = std::midpoint(low, high);
    if (middle <= low || middle >= high) return true;
    const Schedule between = at(middle);
    std::vector<Place> below = places, above = std::move(places);
    for (std::size_t i = 0; i < below.size(); ++i)
      below[i].high = above[i].low = between.at(below[i].step);
    return jumps(low, middle, std::move(below), tolerance) ||
           jumps(middle, high, std::move(above), tolerance);
  }
  /// Between whole steps, where kinks are rare, the derivatives explain a continuous change.
  bool loses_derivatives(double low, double number, double high, double tolerance,
                         double stride) const {
    const Schedule at_low = at(low), here = at(number), at_high = at(high);
    double change = 0, excess = 0;
    for (double t = 0.382; t < steps; t += stride) {
      const double moved = at_high.at(t).v - at_low.at(t).v;
      const double rest = std::abs(moved - (high - low) * here.at(t).d[0]);
      change += std::abs(moved);
      if (rest > tolerance) excess += rest;
    }
    return excess > change / 3;
  }
};

// ---- the runs -----------------------------------------------------------------------------------

/// An optimizer or a schedule as a function of its numbers, and its runs.
template <class At>
class Runs {
 public:
  Runs(const At& at, const std::function<Real(const At&)>& train, const SensitivityOptions& options)
      : at_(at), train_(train), schedules_(moving_schedules(at)) {
    found_.steps = options.steps;
    at.with_numbers([&](const OptionNumber& number) {
      chosen_.push_back(options.only.empty() || selects_path(options.only, number.path));
      if (chosen_.back()) found_.pulls.push_back({number.path, value(number.value)});
      if (chosen_.back()) counts_steps_.push_back(number.counts_steps);
      return number.value;
    });
    for (const std::string& name : options.only)
      check(std::ranges::any_of(found_.pulls,
                                [&](const Pull& p) { return selects_path({name}, p.parameter); }),
            "sensitivity: only must name numbers (got '{}')", name);
  }

  Sensitivity result() {
    try {
      differentiate();
    } catch (const NumericError&) {
      found_.loss = endless;
    }
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
  /// With f(i, value) in the place of number i.
  template <class F>
  At with(const F& f) const {
    std::size_t place = 0, i = 0;
    return at_.with_numbers([&](const OptionNumber& number) -> Real {
      const double plain = value(number.value);
      return chosen_[place++] ? f(i++, plain) : plain;
    });
  }
  bool takes(std::size_t i, double by) const {
    try {
      with([&](std::size_t k, double plain) { return k == i ? plain + by : plain; });
      return true;
    } catch (const ValueError&) {
      return false;
    }
  }
  /// How far number i may move: `by`, half of that, ..., or 0.
  double reach(std::size_t i, double by) const {
    for (int halvings = 0; halvings < 20; ++halvings, by /= 2)
      if (takes(i, by)) return by;
    return 0;
  }

  /// Seven numbers in each run. The first one finds the run's length, if jumps may be there.
  void differentiate() {
    constexpr std::size_t at_once = Dual::directions;
    const std::size_t count = found_.pulls.size();
    for (std::size_t first = 0; first == 0 || first < count; first += at_once) {
      const At seeded = with([&](std::size_t i, double plain) -> Real {
        return i / at_once == first / at_once ? Dual::parameter(plain, int(i % at_once)) : plain;
      });
      const LastStep last = std::make_shared<std::atomic<double>>(-1);
      const bool asks = found_.steps == 0 && first == 0 && count > 0 && !schedules_.empty();
      const Real loss = train_(asks ? recorded(seeded, last) : seeded);
      if (asks) found_.steps = static_cast<Step>(*last) + 1;
      found_.loss = value(loss);
      for (std::size_t i = first; i < std::min(first + at_once, count); ++i)
        found_.pulls[i].derivative = loss.d[i - first];
    }
  }
  std::string why_not(std::size_t i) const {
    const auto& [path, number, derivative, none] = found_.pulls[i];
    const double size = std::abs(number), little = 1e-6 * (size > 0 ? size : 1);
    if (!takes(i, little) && !takes(i, -little)) return "fixed";
    const double by = std::max(nudge * size, counts_steps_[i] ? 0.6 : 0);
    const double low = number + reach(i, -by), high = number + reach(i, by);
    for (const Named& named : schedules_)
      if (named.path.empty() || selects_path({named.path}, path)) {
        const Moved moved{named, path, static_cast<double>(found_.steps)};
        if (std::string reason = moved.why_not(low, number, high); !reason.empty()) return reason;
      }
    return std::isfinite(derivative) ? "" : "not finite";
  }
  /// A number moves by a quarter of the way to the edge of its range at most, since its effect
  /// may be without bounds there: momentum near 1.
  void check_promise() {
    std::vector<double> by;
    for (const Pull& pull : found_.pulls) {
      const double far = pull.why_not.empty() ? 4 * nudge * std::abs(pull.value) : 0;
      const double part = std::min(reach(by.size(), far), -reach(by.size(), -far)) / 4;
      by.push_back(pull.derivative > 0 ? -part : part);
      if (part > 0) found_.promised += by.back() * pull.derivative;
    }
    if (std::ranges::any_of(by, [](double part) { return part != 0; }))
      found_.measured = (moved_loss(by, 1) - moved_loss(by, -1)) / 2;
  }
  double moved_loss(const std::vector<double>& by, double factor) const {
    try {
      return value(
          train_(with([&](std::size_t i, double plain) { return plain + factor * by[i]; })));
    } catch (const NumericError&) {
      return std::numeric_limits<double>::quiet_NaN();
    }
  }

  const At& at_;
  const std::function<Real(const At&)>& train_;
  std::vector<Named> schedules_;
  std::vector<bool> chosen_;        ///< of all numbers
  std::vector<bool> counts_steps_;  ///< of those chosen
  Sensitivity found_;
};

}  // namespace

bool selects_path(const std::vector<std::string>& names, std::string_view path) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return path.starts_with(name) &&
           (path.size() == name.size() || path[name.size()] == '.' || path[name.size()] == '[');
  });
}

}  // namespace detail

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
  return detail::Runs(at, train, options).result();
}
Sensitivity sensitivity(const Schedule& at, const std::function<Real(const Schedule&)>& train,
                        const SensitivityOptions& options) {
  return detail::Runs(at, train, options).result();
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
