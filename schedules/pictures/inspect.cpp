#include <gradus/schedules/inspect.h>

#include <algorithm>
#include <cmath>

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

constexpr Step most_samples = 65536;

// ---- landmarks ----------------------------------------------------------------------------------

/// The steps from `from` to `to`, at most 65536 of them and evenly spaced.
struct Samples {
  Samples(const Schedule& schedule, Step from_step, Step to_step)
      : s(schedule), from(from_step), to(to_step), stride((to - from - 1) / most_samples + 1) {
    values.resize(static_cast<std::size_t>((to - from - 1) / stride + 2));
    for (std::size_t i = 0; i < size(); ++i) values[i] = value(s(step(i)));
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    least = *low, greatest = *high;
    slope = (greatest - least) / static_cast<double>(to - from);
  }
  std::size_t size() const { return values.size(); }
  Step step(std::size_t i) const {
    return i + 1 < size() ? from + static_cast<Step>(i) * stride : to;
  }
  /// How much the value changes up to sample i.
  double change(std::size_t i) const {
    return i < 1 || i >= size() ? 0 : std::abs(values[i] - values[i - 1]);
  }
  /// How much the slope changes at sample i.
  double bend(std::size_t i) const {
    return i < 1 || i + 1 >= size() ? 0 : std::abs(values[i + 1] - 2 * values[i] + values[i - 1]);
  }
  /// The second least of the four changes before sample i or after it: what is usual there, other
  /// jumps nearby aside. 0 where the run has fewer than two.
  double usual_change(std::size_t i, bool after) const {
    double smallest = detail::endless, second = detail::endless;
    for (std::size_t k = 1; k <= 4; ++k) {
      if (after ? i + k >= size() : i <= k) break;
      const double next = change(after ? i + k : i - k);
      second = std::min(second, std::max(smallest, next));
      smallest = std::min(smallest, next);
    }
    return std::isinf(second) ? 0 : second;
  }
  bool jumps(std::size_t i) const {
    return change(i) > 1e-3 * (greatest - least) && change(i) > 8 * usual_change(i, false) &&
           change(i) > 8 * usual_change(i, true);
  }
  /// A knot between two steps bends at both, so the steps beside it do not count against it.
  bool turns(std::size_t i) const {
    const double by = bend(i), beyond = std::max(i >= 2 ? bend(i - 2) : 0, bend(i + 2));
    const bool most = by >= (i >= 1 ? bend(i - 1) : 0) && by >= bend(i + 1) && by > 8 * beyond;
    if (!most || by <= 8e-3 * slope * static_cast<double>(stride)) return false;
    return !(i >= 1 && jumps(i - 1)) && !jumps(i) && !jumps(i + 1) && !jumps(i + 2);
  }

  /// The step within (first, last] that has the greatest change, by halves.
  Step jump_between(Step first, Step last) const {
    while (last - first > 1) {
      const Step middle = first + (last - first) / 2;
      const double at = value(s(middle));
      (std::abs(at - value(s(first))) > std::abs(value(s(last)) - at) ? last : first) = middle;
    }
    return last;
  }
  /// The step furthest from the straight line between two, by thirds.
  Step corner_between(Step first, Step last) const {
    const double a = value(s(first));
    const double rise = (value(s(last)) - a) / static_cast<double>(last - first);
    const auto distance = [&, begin = first](Step t) {
      return std::abs(value(s(t)) - a - rise * static_cast<double>(t - begin));
    };
    while (last - first > 2) {
      const Step third = std::max<Step>(1, (last - first) / 3);
      if (distance(first + third) < distance(last - third))
        first += third;
      else
        last -= third;
    }
    const double front = distance(first), back = distance(last);
    return distance(first + 1) >= std::max(front, back) ? first + 1 : front > back ? first : last;
  }

  const Schedule& s;
  Step from, to, stride;
  std::vector<double> values;
  double least, greatest, slope;
};

struct Found {
  Landmark landmark;
  double size;  ///< how much it matters
};

/// What looked like a change between samples has to look so step by step, too.
bool holds_closely(const Samples& run, Step at, std::string_view what) {
  Samples near(run.s, std::max(run.from, at - 8), std::min(run.to, at + 8));
  near.least = run.least, near.greatest = run.greatest, near.slope = run.slope;
  const auto i = static_cast<std::size_t>(at - near.from);
  return what == "jump" ? near.jumps(i) : near.turns(i);
}

std::vector<Found> find_changes(const Samples& run) {
  std::vector<Found> found;
  for (std::size_t i = 1; i < run.size(); ++i) {
    Found change{{run.step(i), 0, run.jumps(i) ? "jump" : run.turns(i) ? "corner" : ""}, 0};
    auto& [at, rate, what] = change.landmark;
    if (what.empty()) continue;
    change.size = what == "jump" ? run.change(i) : run.bend(i);
    if (run.stride > 1) {
      at = what == "jump" ? run.jump_between(run.step(i - 1), at)
                          : run.corner_between(run.step(i - 1), run.step(i + 1));
      if (!holds_closely(run, at, what)) continue;
    }
    rate = run.s(at);
    found.push_back(change);
  }
  return found;
}

/// The changes, and the run's fixed points and extremes where none of them is.
std::vector<Landmark> merge(const Schedule& s, Step steps, const std::vector<Found>& changes) {
  std::vector<Landmark> marks;
  for (const Found& change : changes) marks.push_back(change.landmark);
  const auto add = [&](Step step, std::string_view what) {
    if (std::none_of(marks.begin(), marks.end(), [&](auto& m) { return m.step == step; }))
      marks.push_back({step, s(step), what});
  };
  add(0, "start");
  add(steps, "end");
  add(steps - 1, "last update");
  const detail::Range range = detail::range(s, static_cast<double>(steps));
  if (value(range.least) < value(range.greatest)) {
    add(static_cast<Step>(range.greatest_at), "highest");
    add(static_cast<Step>(range.least_at), "lowest");
  }
  add(steps / 4, "1/4");
  add(steps / 2, "1/2");
  add(steps - steps / 4, "3/4");
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

/// The parts of an expression, and when they begin; of a repeated one, the first time.
std::vector<Place> parts_of(const Place& place) {
  const auto& [s, clock] = place;
  if (const Join* join = s.get_if<Join>())
    return {{join->second, clock.later(value(join->first.duration()))}, {join->first, clock}};
  if (const Delay* p = s.get_if<Delay>())
    return {{p->schedule, clock.later(value(p->steps.count))}};
  if (const Stretch* p = s.get_if<Stretch>())
    return {{p->schedule, {clock.offset, clock.scale * value(p->factor)}}};
  if (const PerEpoch* p = s.get_if<PerEpoch>())
    return {{p->schedule, {clock.offset, clock.scale * value(p->steps_per_epoch.count)}}};
  std::vector<Place> parts;  // the others leave time as it is
  for (const detail::Config::Field& field : s.config().fields)
    if (const Schedule* part = std::get_if<Schedule>(&field.value.content))
      parts.insert(parts.begin(), {*part, clock});
  return parts;
}

bool apart(double a, double b) {
  return std::abs(a - b) > 0.01 * std::max(std::abs(a), std::abs(b));
}

/// The left side's last value is not the right side's first, and it shows in the whole.
void find_jumps(const Schedule& s, double steps, std::vector<std::string>& out) {
  std::vector<Place> waiting{{s, {}}};
  while (!waiting.empty()) {
    const Place place = waiting.back();
    waiting.pop_back();
    const std::vector<Place> parts = parts_of(place);
    waiting.insert(waiting.end(), parts.begin(), parts.end());
    const Join* join = place.part.get_if<Join>();
    if (!join) continue;
    const double length = value(join->first.duration());
    const double at = std::ceil(place.clock.later(length).offset);
    if (at < 1 || at >= steps || !apart(value(join->first(length)), value(join->second(0))))
      continue;
    const double before = value(s(at - 1)), after = value(s(at));
    const double step = at < 2 ? 0 : before - value(s(at - 2));  // that it would have gone on by
    if (apart(before, after) && std::abs(after - before - step) > 0.5 * std::abs(step))
      out.push_back(fmt::format("it jumps at step {:.10g}, where {} begins: from {:.4g} to {:.4g}",
                                at, short_text(join->second), before, after));
  }
}

void compare_length(const Schedule& s, Step steps, std::vector<std::string>& out) {
  const double end = value(s.duration()), run = static_cast<double>(steps);
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
  if (run.least == 0 && run.greatest == 0) {
    out.push_back("the rate is 0 throughout: nothing would be learned");
    return;
  }
  if (run.values[0] == 0)
    out.push_back(
        "the rate at step 0 is 0: the first update changes nothing; warmup(s, n), in place of a "
        "ramp from 0, starts at s(0) / n");
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
  return merge(s, steps, find_changes(Samples(s, 0, steps)));
}

std::string table(const Schedule& s, Step steps) {
  check_steps("table", steps);
  std::vector<Found> changes = find_changes(Samples(s, 0, steps));
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
  const double end =
      std::max(1.0, std::ceil(value(s.duration())));  // what it is beyond has been said
  const Step moving = end < static_cast<double>(steps) ? static_cast<Step>(end) : steps;
  look_at_values(s, Samples(s, 0, moving), out);
  return out;
}

}}  // namespace gradus
