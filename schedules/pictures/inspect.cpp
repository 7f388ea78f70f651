#include <gradus/schedules/inspect.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/canvas.h>
#include <gradus/schedules/curve.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

/// The rates at evenly spaced steps of a run, or of a part of it that is looked at more closely.
struct Samples {
  static constexpr Step most = 65536, most_of_part = 64;

  Samples(const Schedule& schedule, Step steps) : s(schedule) {
    sample(0, steps, most);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    least = *low, greatest = *high;
    slope = (greatest - least) / static_cast<double>(steps);
  }
  Samples part(Step begin, Step end) const {
    Samples closer = *this;
    closer.sample(std::max(begin, Step{0}), std::min(end, to), most_of_part);
    return closer;
  }
  void sample(Step begin, Step end, Step count) {
    from = begin, to = end, stride = (to - from - 1) / count + 1;
    values.resize(static_cast<std::size_t>((to - from - 1) / stride + 2));
    for (std::size_t i = 0; i < size(); ++i) values[i] = value(s(step(i)));
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
  /// Whether change i is far greater than two of the four before it, or after it: than the usual.
  bool stands_out(std::size_t i, bool after) const {
    int others = 0, smaller = 0;
    for (std::size_t k = 1; k <= 4 && (after ? i + k < size() : k < i); ++k, ++others)
      smaller += change(i) > 8 * change(after ? i + k : i - k);
    return others < 2 || smaller >= 2;
  }
  bool jumps(std::size_t i) const {
    return change(i) > 1e-3 * (greatest - least) && stands_out(i, false) && stands_out(i, true);
  }
  /// A knot between two steps bends at both, so the samples next to it are not compared with it.
  bool turns(std::size_t i) const {
    const double by = bend(i), beyond = std::max(i >= 2 ? bend(i - 2) : 0, bend(i + 2));
    const bool most_here = by >= bend(i - 1) && by >= bend(i + 1) && by > 8 * beyond;
    if (!most_here || by <= 8e-3 * slope * static_cast<double>(stride)) return false;
    return !jumps(i - 1) && !jumps(i) && !jumps(i + 1) && !jumps(i + 2);
  }

  const Schedule& s;
  Step from = 0, to = 0, stride = 1;
  std::vector<double> values;
  double least = 0, greatest = 0, slope = 0;  // of the whole run
};

struct Change : Landmark {
  double size;
};

/// Adds the jumps and corners; between samples they are looked for ever more closely.
void find_changes(const Samples& run, std::map<Step, Change>& found) {
  for (std::size_t i = 1; i < run.size(); ++i) {
    const bool jumps = run.jumps(i);
    if (!jumps && !run.turns(i)) continue;
    const Step at = run.step(i);
    if (run.stride > 1)
      find_changes(run.part(at - 2 * run.stride, at + 2 * run.stride), found);
    else if (jumps)
      found.insert({at, {{at, run.s(at), "jump"}, run.change(i)}});
    else
      found.insert({at, {{at, run.s(at), "corner"}, run.bend(i)}});
  }
}
std::vector<Change> changes_of(const Schedule& s, Step steps) {
  std::map<Step, Change> found;
  find_changes(Samples(s, steps), found);
  std::vector<Change> out;
  for (const auto& [step, change] : found) out.push_back(change);
  return out;
}

/// The changes; and the run's fixed points and extremes, except where there is a change.
std::vector<Landmark> merge(const Schedule& s, Step steps, const std::vector<Change>& changes) {
  std::vector<Landmark> marks(changes.begin(), changes.end());
  const auto add = [&](Step step, std::string_view what) {
    if (std::ranges::find(marks, step, &Landmark::step) == marks.end())
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
  std::ranges::sort(marks, {}, &Landmark::step);
  return marks;
}

void check_steps(const char* where, Step steps) {
  check(steps >= 1, "{}: steps must be >= 1 (got {})", where, steps);
}

bool apart(double a, double b) {
  return std::abs(a - b) > 0.01 * std::max(std::abs(a), std::abs(b));
}

/// The left side's last value is not the right side's first, and the whole schedule shows it.
void note_jump(const Schedule& whole, const Join& join, double at, std::vector<std::string>& out) {
  const double length = value(join.first.duration());
  if (at < 1 || !apart(value(join.first(length)), value(join.second(0)))) return;
  const double before = value(whole(at - 1)), after = value(whole(at));
  const double last_change = at < 2 ? 0 : before - value(whole(at - 2));
  if (apart(before, after) && std::abs(after - before - last_change) > 0.5 * std::abs(last_change))
    out.push_back(fmt::format("it jumps at step {:.10g}, where {} begins: from {:.4g} to {:.4g}",
                              at, detail::shortened(to_string(join.second), 40), before, after));
}

/// Notes the jumps at the joins within a part. Its step t is step `begin + scale * t` of the whole;
/// in a repeated part, the first time.
void note_jumps(const Schedule& whole, double steps, const Schedule& part, double begin,
                double scale, std::vector<std::string>& out) {
  if (const Join* join = part.get_if<Join>()) {
    const double second = begin + scale * value(join->first.duration());
    if (std::ceil(second) < steps) note_jump(whole, *join, std::ceil(second), out);
    note_jumps(whole, steps, join->first, begin, scale, out);
    return note_jumps(whole, steps, join->second, second, scale, out);
  }
  if (const Delay* delayed = part.get_if<Delay>()) begin += scale * value(delayed->steps.count);
  if (const Skip* skipped = part.get_if<Skip>()) begin -= scale * value(skipped->steps.count);
  if (const Stretch* stretched = part.get_if<Stretch>()) scale *= value(stretched->factor);
  if (const PerEpoch* p = part.get_if<PerEpoch>()) scale *= value(p->steps_per_epoch.count);
  for (const detail::Config::Field& field : part.config().fields)
    if (const Schedule* inner = std::get_if<Schedule>(&field.value.content))
      note_jumps(whole, steps, *inner, begin, scale, out);
}

void note_length(const Schedule& s, Step steps, std::vector<std::string>& out) {
  const double end = value(s.duration()), run = static_cast<double>(steps);
  if (s.constant() || s.get_if<Hold>() || std::isinf(end) || std::abs(end - run) <= 1) return;
  const double rate = value(s(steps));
  out.push_back(
      end < run
          ? fmt::format("it ends at step {:.6g}, and the run only at {}: from there on the rate "
                        "stays at {:.4g}",
                        end, steps, rate)
          : fmt::format("it would end at step {:.6g}, but the run ends at {}: the rate is still "
                        "{:.4g} then",
                        end, steps, rate));
}

void note_values(const Schedule& s, const Samples& run, std::vector<std::string>& out) {
  if (run.least < 0)
    out.push_back(
        fmt::format("the rate falls below 0, to {:.4g}: an optimizer refuses that", run.least));
  if (run.least == 0 && run.greatest == 0)
    return out.push_back("the rate is 0 throughout: nothing would be learned");
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
  return merge(s, steps, changes_of(s, steps));
}

std::string table(const Schedule& s, Step steps) {
  check_steps("table", steps);
  std::vector<Change> changes = changes_of(s, steps);
  constexpr std::size_t most = 20;
  const std::size_t left_out = changes.size() > most ? changes.size() - most : 0;
  std::ranges::stable_sort(changes, std::greater(), &Change::size);
  changes.erase(changes.end() - static_cast<std::ptrdiff_t>(left_out), changes.end());
  std::string out = fmt::format("{:>12}  {:>12}\n", "step", "rate");
  for (const Landmark& mark : merge(s, steps, changes))
    out += fmt::format("{:>12}  {:>12.6g}  {}\n", mark.step, value(mark.rate), mark.what);
  if (left_out > 0) out += fmt::format("{:>12}  and {} smaller jumps and corners\n", "", left_out);
  return out;
}

std::vector<std::string> inspect(const Schedule& s, Step steps) {
  check_steps("inspect", steps);
  std::vector<std::string> out;
  const double run = static_cast<double>(steps), end = std::ceil(value(s.duration()));
  note_jumps(s, run, s, 0, 1, out);
  note_length(s, steps, out);  // covers what comes after the end
  note_values(s, Samples(s, end < run ? std::max(static_cast<Step>(end), Step{1}) : steps), out);
  return out;
}

}}  // namespace gradus
