#include <gradus/schedules/inspect.h>

#include <algorithm>
#include <cmath>

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/plateau.h>

namespace gradus::inline GRADUS_VARIANT {

namespace {

constexpr Step most_samples = 65536;

// ---- landmarks ----------------------------------------------------------------------------------

/// A run, looked at every `stride` steps.
struct Samples {
  Samples(const Schedule& schedule, Step run)
      : s(schedule), steps(run), stride((run + most_samples - 1) / most_samples) {
    for (std::size_t i = 0; i == 0 || step(i - 1) < steps; ++i) values.push_back(value(s(step(i))));
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    least = *low, greatest = *high;
  }
  std::size_t size() const { return values.size(); }
  Step step(std::size_t i) const { return std::min(static_cast<Step>(i) * stride, steps); }
  /// How much the value changes up to sample i.
  double change(std::size_t i) const {
    return i < 1 || i >= size() ? 0 : values[i] - values[i - 1];
  }
  /// How much the slope changes at sample i.
  double bend(std::size_t i) const {
    return i < 1 || i + 1 >= size() ? 0 : std::abs(change(i + 1) - change(i));
  }
  bool jumps(std::size_t i) const {
    const double by = std::abs(change(i));
    return by > 1e-3 * (greatest - least) &&
           by > 8 * std::max(std::abs(change(i - 1)), std::abs(change(i + 1)));
  }
  /// A knot between two steps bends at both, so the steps beside it do not count against it.
  bool turns(std::size_t i) const {
    const double by = bend(i), beside = std::max(bend(i - 1), bend(i + 1));
    const double beyond = std::max(i >= 2 ? bend(i - 2) : 0, bend(i + 2));
    const bool at_jump = jumps(i - 1) || jumps(i) || jumps(i + 1) || jumps(i + 2);
    return !at_jump && by >= beside && by > 8 * beyond &&
           by > 1e-3 * (greatest - least) / static_cast<double>(size()) * 8;
  }

  /// The step within (from, to] that has the greatest change, by halves.
  Step jump_between(Step from, Step to) const {
    while (to - from > 1) {
      const Step middle = from + (to - from) / 2;
      const double at = value(s(middle));
      (std::abs(at - value(s(from))) > std::abs(value(s(to)) - at) ? to : from) = middle;
    }
    return to;
  }
  /// The step furthest from the straight line between two.
  Step corner_between(Step from, Step to) const {
    const double a = value(s(from)), slope = (value(s(to)) - a) / static_cast<double>(to - from);
    const auto distance = [&, start = from](Step t) {
      return std::abs(value(s(t)) - a - slope * static_cast<double>(t - start));
    };
    while (to - from > 2) {
      const Step third = std::max<Step>(1, (to - from) / 3);
      if (distance(from + third) < distance(to - third))
        from += third;
      else
        to -= third;
    }
    return distance(from + 1) >= std::max(distance(from), distance(to)) ? from + 1
           : distance(from) > distance(to)                              ? from
                                                                        : to;
  }

  const Schedule& s;
  Step steps, stride;
  std::vector<double> values;
  double least, greatest;
};

struct Found {
  Landmark landmark;
  double size;  ///< how much it matters
};

std::vector<Found> find_changes(const Samples& samples) {
  std::vector<Found> found;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (samples.jumps(i)) {
      const Step at = samples.jump_between(samples.step(i - 1), samples.step(i));
      found.push_back({{at, samples.s(at), "jump"}, std::abs(samples.change(i))});
    } else if (samples.turns(i)) {
      const Step at = samples.stride == 1
                          ? samples.step(i)
                          : samples.corner_between(samples.step(i - 1), samples.step(i + 1));
      found.push_back({{at, samples.s(at), "corner"}, samples.bend(i)});
    }
  }
  return found;
}

/// The fixed points of a run, then those of the schedule that fall on none of them.
std::vector<Landmark> merge(const Schedule& s, Step steps, const std::vector<Found>& changes) {
  std::vector<Landmark> marks;
  for (const Found& change : changes) marks.push_back(change.landmark);
  const std::pair<Step, std::string_view> points[] = {
      {0, "start"},       {steps, "end"},     {steps - 1, "last update"},
      {steps / 4, "1/4"}, {steps / 2, "1/2"}, {steps - steps / 4, "3/4"}};
  for (const auto& point : points)
    if (std::none_of(marks.begin(), marks.end(), [&](auto& m) { return m.step == point.first; }))
      marks.push_back({point.first, s(point.first), point.second});
  std::sort(marks.begin(), marks.end(),
            [](const Landmark& a, const Landmark& b) { return a.step < b.step; });
  return marks;
}

void check_steps(const char* where, Step steps) {
  check(steps >= 1, "{}: steps must be >= 1 (got {})", where, steps);
}

// ---- what might not be meant --------------------------------------------------------------------

/// Where time in a part is time in the whole: whole = offset + scale * part.
struct Clock {
  double offset = 0, scale = 1;
  Clock later(double steps) const { return {offset + scale * steps, scale}; }
};
struct Place {
  Schedule part;
  Clock clock;
};

std::string short_text(const Schedule& s) {
  std::string text = to_string(s);
  return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

/// The parts of an expression whose joins are joins of the whole.
std::vector<Place> parts_of(const Place& place) {
  const auto& [s, clock] = place;
  if (const Join* join = s.get_if<Join>())
    return {{join->second, clock.later(join->first.duration())}, {join->first, clock}};
  if (const Product* p = s.get_if<Product>()) return {{p->second, clock}, {p->first, clock}};
  if (const Sum* p = s.get_if<Sum>()) return {{p->second, clock}, {p->first, clock}};
  if (const Clamp* p = s.get_if<Clamp>()) return {{p->schedule, clock}};
  if (const Power* p = s.get_if<Power>()) return {{p->schedule, clock}};
  if (const Take* p = s.get_if<Take>()) return {{p->schedule, clock}};
  if (const Warmup* p = s.get_if<Warmup>()) return {{p->schedule, clock}};
  if (const Reduced* p = s.get_if<Reduced>()) return {{p->schedule, clock}};
  if (const Delay* p = s.get_if<Delay>())
    return {{p->schedule, clock.later(value(p->steps.count))}};
  if (const Stretch* p = s.get_if<Stretch>())
    return {{p->schedule, {clock.offset, clock.scale * value(p->factor)}}};
  if (const PerEpoch* p = s.get_if<PerEpoch>())
    return {{p->schedule, {clock.offset, clock.scale * value(p->steps_per_epoch.count)}}};
  return {};
}

/// The left side's last value against the right side's first, more than a hundredth apart.
void find_jumps(const Schedule& s, double steps, std::vector<std::string>& out) {
  std::vector<Place> waiting{{s, {}}};
  while (!waiting.empty()) {
    const Place place = waiting.back();
    waiting.pop_back();
    if (const Join* join = place.part.get_if<Join>()) {
      const double at = place.clock.later(join->first.duration()).offset;
      const double from = value(join->first(join->first.duration())), to = value(join->second(0));
      if (at < steps && std::abs(to - from) > 0.01 * std::max(std::abs(from), std::abs(to)))
        out.push_back(
            fmt::format("it jumps at step {:.6g}, where {} begins: the part before ends at {:.4g}, "
                        "this one starts at {:.4g}",
                        at, short_text(join->second), from, to));
    }
    const std::vector<Place> parts = parts_of(place);
    waiting.insert(waiting.end(), parts.begin(), parts.end());
  }
}

void compare_length(const Schedule& s, Step steps, std::vector<std::string>& out) {
  const double end = s.duration(), run = static_cast<double>(steps);
  if (s.constant() || s.get_if<Hold>() || std::isinf(end) || std::abs(end - run) <= 1) return;
  if (end < run)
    out.push_back(fmt::format(
        "it ends at step {:.6g}, and the run only at {}: from there on the rate stays at {:.4g}",
        end, steps, value(s(steps))));
  else
    out.push_back(fmt::format(
        "it would end at step {:.6g}, but the run ends at {}: the rate is still {:.4g} then", end,
        steps, value(s(steps))));
}

void look_at_values(const Schedule& s, const Samples& run, std::vector<std::string>& out) {
  if (run.least < 0)
    out.push_back(
        fmt::format("the rate falls below 0, to {:.4g}: an optimizer refuses that", run.least));
  if (run.greatest == 0) {
    out.push_back("the rate is 0 throughout: nothing would be learned");
    return;
  }
  if (run.values[0] == 0)
    out.push_back(
        "the rate at step 0 is 0: the first update changes nothing (warmup(s, n) starts at s(0) / "
        "n instead)");
  const auto zeros = std::count(run.values.begin() + 1, run.values.end() - 1, 0.0);
  if (const double part = static_cast<double>(zeros) / static_cast<double>(run.size()); part > 0.05)
    out.push_back(
        fmt::format("the rate is 0 for {:.0f}% of the run: nothing is learned there", 100 * part));
  const bool level = s.constant() || s.get_if<Hold>();
  if (!level && run.greatest - run.least < 0.01 * run.greatest)
    out.push_back(
        fmt::format("it hardly moves over this run, from {:.4g} to {:.4g}: if it was written in "
                    "epochs, per_epoch(s, steps_per_epoch) turns them into steps",
                    run.values.front(), run.values.back()));
}

}  // namespace

std::vector<Landmark> landmarks(const Schedule& s, Step steps) {
  check_steps("landmarks", steps);
  return merge(s, steps, find_changes(Samples(s, steps)));
}

std::string table(const Schedule& s, Step steps) {
  check_steps("table", steps);
  std::vector<Found> changes = find_changes(Samples(s, steps));
  constexpr std::size_t most = 20;
  const std::size_t left_out = changes.size() > most ? changes.size() - most : 0;
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Found& a, const Found& b) { return a.size > b.size; });
  changes.resize(changes.size() - left_out, {{0, 0, ""}, 0});
  std::string out = fmt::format("{:>12}  {:>12}\n", "step", "rate");
  for (const Landmark& mark : merge(s, steps, changes))
    out += fmt::format("{:>12}  {:>12.6g}  {}\n", mark.step, value(mark.rate), mark.what);
  if (left_out > 0) out += fmt::format("{:>12}  and {} smaller jumps and corners\n", "", left_out);
  return out;
}

std::vector<std::string> inspect(const Schedule& s, Step steps) {
  check_steps("inspect", steps);
  std::vector<std::string> out;
  find_jumps(s, static_cast<double>(steps), out);
  compare_length(s, steps, out);
  const double moving =
      std::min(std::max(1.0, std::ceil(s.duration())), static_cast<double>(steps));
  look_at_values(s, Samples(s, static_cast<Step>(moving)), out);
  return out;
}

}  // namespace gradus
