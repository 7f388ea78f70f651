#include <gradus/models/sensitivity.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>
#include <utility>
#include <variant>

#include <gradus/core/from_text.h>
#include <gradus/schedules/piecewise_constant_decay.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

constexpr double nudge = 0.02;  // how far numbers move, as a part of themselves

// ---- how long the run is ------------------------------------------------------------------------

using LastStep = std::shared_ptr<std::atomic<double>>;

/// A schedule that notes how far it is asked.
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
detail::Config detail::config_of(const Recorder& recorder) {
  return recorder.schedule.config();
}

namespace {

Schedule recorded(const Schedule& rate, const LastStep& last) { return Recorder{rate, last}; }
Optimizer recorded(Optimizer optimizer, const LastStep& last) {
  optimizer.set_learning_rate(Recorder{optimizer.schedule(), last});
  return optimizer;
}

// ---- how a number moves a schedule --------------------------------------------------------------

/// A schedule of an optimizer, and the path of its numbers.
struct Named {
  std::string path;
  Schedule schedule;
};
std::vector<Named> moving_schedules(const Schedule& s) {
  return s.constant() ? std::vector<Named>{} : std::vector<Named>{{"", s}};
}
std::vector<Named> moving_schedules(const Optimizer& optimizer) {
  std::vector<Named> found;
  for (const auto& fields : {optimizer.config().fields, detail::fields_of(optimizer.options())})
    for (const detail::Config::Field& field : fields)
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
class Moved {
 public:
  Moved(const Named& named, const std::string& path, Step steps)
      : named_(named), path_(path), steps_(static_cast<double>(steps)) {}

  std::string why_not(double low, double number, double high) const {
    if (low == high) return "";
    std::vector<Place> places = compare(low, high);
    double greatest = 0;
    for (const Place& place : places)
      greatest = std::max({greatest, std::abs(place.low.v), std::abs(place.high.v)});
    // Those with the most to explain are enough: many kinks would take a search each.
    constexpr std::size_t most = 256;
    if (places.size() > most) {
      std::ranges::nth_element(places, places.begin() + most, std::greater(),
                               [&](const Place& p) { return p.excess(high - low); });
      places.resize(most);
    }
    if (jumps(low, high, std::move(places), 1e-6 * greatest)) return "staircase";
    return loses_derivatives(std::lerp(number, low, 1e-3), std::lerp(number, high, 1e-3),
                             1e-9 * greatest)
               ? "plain double"
               : "";
  }

 private:
  Schedule at(double number) const {
    const auto seeded = [&](const OptionNumber& other) -> Real {
      return other.path == path_ ? Dual::parameter(number, 0) : value(other.value);
    };
    return named_.schedule.with_numbers(seeded, named_.path);
  }
  /// A jump early in the run moves by less than a step, so there the steps are closer.
  std::vector<Place> compare(double low, double high) const {
    const Schedule at_low = at(low), at_high = at(high);
    const double stride = std::max(1.0, std::floor(steps_ / 65536));
    std::vector<Place> places;
    for (double t = 0; t < steps_; t += t < 64 ? 0.125 : stride)
      if (const Place place{t, at_low.at(t), at_high.at(t)};
          std::isfinite(place.high.v - place.low.v))
        places.push_back(place);
    return places;
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
  /// Of a continuous change the derivatives explain all but the kinks.
  bool loses_derivatives(double low, double high, double tolerance) const {
    double change = 0, excess = 0;
    for (const Place& place : compare(low, high)) {
      change += std::abs(place.high.v - place.low.v);
      if (const double e = place.excess(high - low); e > tolerance) excess += e;
    }
    return excess > change / 3;
  }

  const Named& named_;
  const std::string& path_;
  double steps_;
};

// ---- the runs -----------------------------------------------------------------------------------

/// An optimizer or a schedule as a function of its numbers.
template <class At>
class Numbers {
 public:
  Numbers(const At& at, const std::vector<std::string>& only) : at_(at) {
    std::vector<std::string> paths;
    at.with_numbers([&](const OptionNumber& number) {
      chosen_.push_back(only.empty() || detail::selects_path(only, number.path));
      if (chosen_.back()) numbers_.push_back(number);
      paths.push_back(number.path);
      return number.value;
    });
    for (const std::string& name : only)
      check(std::ranges::any_of(
                paths, [&](const auto& path) { return detail::selects_path({name}, path); }),
            "sensitivity: only must name numbers (got '{}'; did you mean '{}'?)", name,
            detail::nearest(name, paths));
  }
  std::size_t size() const { return numbers_.size(); }
  const OptionNumber& operator[](std::size_t i) const { return numbers_[i]; }

  /// With f(i, value) in the place of number i.
  template <class F>
  At with(const F& f) const {
    std::size_t place = 0, i = 0;
    return at_.with_numbers([&](const OptionNumber& number) -> Real {
      const double plain = value(number.value);
      return chosen_[place++] ? f(i++, plain) : plain;
    });
  }
  /// How far number i may move: `by`, half of that, ..., or 0.
  double reach(std::size_t i, double by) const {
    for (int halvings = 0; halvings < 20; ++halvings, by /= 2)
      if (takes(i, by)) return by;
    return 0;
  }
  bool takes(std::size_t i, double by) const {
    try {
      with([&](std::size_t k, double plain) { return k == i ? plain + by : plain; });
      return true;
    } catch (const ValueError&) {
      return false;
    }
  }

 private:
  const At& at_;
  std::vector<bool> chosen_;
  std::vector<OptionNumber> numbers_;
};

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class At>
class Run {
 public:
  Run(const At& at, const std::function<Real(const At&)>& train, const SensitivityOptions& options)
      : at_(at), train_(train), numbers_(at, options.only), schedules_(moving_schedules(at)) {
    found_.steps = options.steps;
  }

  Sensitivity operator()() {
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      found_.pulls.push_back({numbers_[i].path, value(numbers_[i].value)});
    try {
      differentiate();
      found_.diverged = !std::isfinite(found_.loss);
    } catch (const NumericError&) {
      found_.loss = detail::endless;
      found_.diverged = true;
    }
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      Pull& pull = found_.pulls[i];
      pull.why_not = found_.diverged ? "the run diverged" : why_not(i);
      if (!pull.why_not.empty()) pull.derivative = nan;
    }
    if (!found_.diverged) check_promise();
    return std::move(found_);
  }

 private:
  /// Seven numbers in each run.
  void differentiate() {
    constexpr std::size_t at_once = Dual::directions;
    for (std::size_t first = 0; first == 0 || first < numbers_.size(); first += at_once) {
      const At seeded = numbers_.with([&](std::size_t i, double plain) {
        return i / at_once == first / at_once ? Dual::parameter(plain, int(i % at_once)) : plain;
      });
      const bool asks = first == 0 && found_.steps == 0 && numbers_.size() > 0;
      const Real loss = asks && !schedules_.empty() ? first_run(seeded) : train_(seeded);
      found_.loss = value(loss);
      for (std::size_t i = first; i < std::min(first + at_once, numbers_.size()); ++i)
        found_.pulls[i].derivative = loss.d[i - first];
    }
  }
  Real first_run(const At& seeded) {
    const LastStep last = std::make_shared<std::atomic<double>>(-1);
    const Real loss = train_(recorded(seeded, last));
    found_.steps = static_cast<Step>(*last) + 1;
    return loss;
  }
  std::string why_not(std::size_t i) const {
    const double number = found_.pulls[i].value, size = std::abs(number);
    const double little = 1e-6 * (size > 0 ? size : 1);
    if (!numbers_.takes(i, little) && !numbers_.takes(i, -little)) return "fixed";
    const double by = std::max(nudge * size, numbers_[i].counts_steps ? 0.6 : 0);
    const double low = number + numbers_.reach(i, -by), high = number + numbers_.reach(i, by);
    for (const Named& named : schedules_)
      if (named.path.empty() || detail::selects_path({named.path}, numbers_[i].path))
        if (const std::string why =
                Moved(named, numbers_[i].path, found_.steps).why_not(low, number, high);
            !why.empty())
          return why;
    return std::isfinite(found_.pulls[i].derivative) ? "" : "not finite";
  }
  /// A number moves by a quarter of the way to the edge of its range at most, since its effect
  /// may be without bounds there: momentum near 1.
  void check_promise() {
    std::vector<double> by;
    bool moves = false;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const Pull& pull = found_.pulls[i];
      const double far = pull.why_not.empty() ? 4 * nudge * std::abs(pull.value) : 0;
      const double part = std::min(numbers_.reach(i, far), -numbers_.reach(i, -far)) / 4;
      by.push_back(pull.derivative > 0 ? -part : part);
      if (part > 0) found_.promised += by.back() * pull.derivative;
      moves = moves || part > 0;
    }
    if (moves) found_.measured = (moved_loss(by, 1) - moved_loss(by, -1)) / 2;
  }
  double moved_loss(const std::vector<double>& by, double factor) const {
    try {
      const double loss = value(train_(
          numbers_.with([&](std::size_t i, double plain) { return plain + factor * by[i]; })));
      return std::isfinite(loss) ? loss : nan;
    } catch (const NumericError&) {
      return nan;
    }
  }

  const At& at_;
  const std::function<Real(const At&)>& train_;
  Numbers<At> numbers_;
  std::vector<Named> schedules_;
  Sensitivity found_;
};

}  // namespace

bool detail::selects_path(const std::vector<std::string>& names, std::string_view path) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    const bool whole = path.size() == name.size();
    return path.starts_with(name) &&
           (whole || path[name.size()] == '.' || path[name.size()] == '[');
  });
}

std::string Sensitivity::warning() const {
  const double most = std::max(std::abs(promised), std::abs(measured));
  const bool counts = std::isnan(measured) || most > 1e-9 * std::abs(loss) + 1e-15;
  if (!counts || std::abs(measured - promised) <= most / 3) return "";
  return fmt::format(
      "the derivative does not describe this run: numbers moved 2% down their slopes should change "
      "the loss by {:.3g}, but {}",
      promised,
      std::isnan(measured) ? "a moved run diverges" : fmt::format("change it by {:.3g}", measured));
}

Sensitivity sensitivity(const Optimizer& at, const std::function<Real(const Optimizer&)>& train,
                        const SensitivityOptions& options) {
  return Run(at, train, options)();
}
Sensitivity sensitivity(const Schedule& at, const std::function<Real(const Schedule&)>& train,
                        const SensitivityOptions& options) {
  return Run(at, train, options)();
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
