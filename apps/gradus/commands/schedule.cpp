#include "commands/schedule.h"

#include <fmt/format.h>
#include <gradus/schedules/inspect.h>
#include <gradus/schedules/known.h>
#include <gradus/schedules/plot.h>
#include <gradus/schedules/serialize.h>

#include <cmath>
#include <optional>

#include "problem/bound.h"
#include "problem/expression.h"
#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/text.h"

using namespace gradus;
using Curves = std::vector<LabelledSchedule>;

namespace {

constexpr Step default_steps = 1000;
constexpr Step most_rates = 10'000'000;  ///< at most so many are summed or printed

Step longest_run(const Curves& curves) {
  double longest = 0;
  for (const LabelledSchedule& curve : curves)
    if (const double d = curve.schedule.duration(); std::isfinite(d))
      longest = std::max(longest, d);
  return longest >= 1 && longest <= 0x1p53 ? static_cast<Step>(std::ceil(longest)) : default_steps;
}

std::string duration_text(const Schedule& s) {
  const double d = s.duration();
  return std::isinf(d) ? "endless" : fmt::format("{:.10g} steps", d);
}

/// The sum of the rates; none where it would take too long.
std::optional<double> quick_area(const Schedule& s, Step steps) {
  const bool quick = steps <= most_rates || s.constant() || s.duration() <= most_rates;
  return quick ? std::optional(value(s.area(steps))) : std::nullopt;
}

std::string summary(const Curves& curves, Step steps) {
  std::string out;
  for (const LabelledSchedule& curve : curves) {
    const Schedule& s = curve.schedule;
    const auto area = quick_area(s, steps);
    out += fmt::format("{}\n  length {}, area over {} steps {}\n", curve.label, duration_text(s),
                       steps, area ? fmt::format("{:.6g}", *area) : "not summed: too many");
    out += about_bound(s, steps, "  ") + notes_on(s, steps, "  note: ");
  }
  return out;
}

std::string to_csv(const Curves& curves, Step steps) {
  std::string out = "schedule,step,learning_rate\n";
  for (const LabelledSchedule& curve : curves)
    for (Step t = 0; t < steps; ++t)
      out += fmt::format("{},{},{}\n", csv_cell(curve.label), t, value(curve.schedule(t)));
  return out;
}

std::string to_json(const Curves& curves, Step steps) {
  std::vector<Json> list;
  for (const LabelledSchedule& curve : curves) {
    const Schedule& s = curve.schedule;
    std::vector<double> rates;
    for (Step t = 0; t < steps; ++t) rates.push_back(value(s(t)));
    list.push_back(
        Json::object({{"label", curve.label},
                      {"text", to_string(s)},
                      {"schedule", Json::parse(serialize(s))},
                      {"duration", std::isinf(s.duration()) ? Json() : Json(s.duration())},
                      {"area", *quick_area(s, steps)},
                      {"worst_case", ::to_json(find_bound(s, steps))},
                      {"notes", inspect(s, steps)},
                      {"rates", rates}}));
  }
  return to_line(Json::object({{"steps", steps}, {"schedules", list}}));
}

/// Every known schedule with its arguments, its formula and a picture of its example.
std::string list_schedules(const PlotOptions& look) {
  std::string out =
      "A schedule is a number, one of the calls below, or an expression of them.\n"
      "Give arguments by position or by name, as in Python; those with a default may be\nleft "
      "out.\n";
  for (const KnownSchedule& known : known_schedules()) {
    std::string arguments;
    for (const KnownSchedule::Argument& a : known.arguments)
      arguments += fmt::format("{}{}{}", arguments.empty() ? "" : ", ", a.name,
                               a.fallback.empty() ? "" : "=" + a.fallback);
    const bool is_operator = known.text_name.find_first_of("+-*>") != known.text_name.npos;
    out += is_operator ? fmt::format("\nfirst {} second\n", known.text_name)
                       : fmt::format("\n{}({})\n", known.text_name, arguments);
    out += fmt::format("  {}\n  for example {}\n{}", known.formula, to_string(known.example),
                       plot(known.example, 100, look));
  }
  return out;
}

}  // namespace

std::string ScheduleCommand::run() const {
  const bool data = look.check_and_want_data();
  const PlotOptions terminal = look.terminal();
  check<UsageError>(expressions.empty() || !list, "--list: must not be combined with expressions");
  if (list)
    return list_schedules(
        {.width = 64, .height = 5, .ascii = terminal.ascii, .color = terminal.color});
  check<UsageError>(!expressions.empty(),
                    "give a schedule, such as \"CosineDecay(0.1, 900)\"; see --list");
  check<UsageError>(!table || !data, "--table: must not be combined with --csv or --json");
  Curves curves;
  const Step given = steps.empty() ? 0 : read_whole("--steps", steps, 1);
  for (const std::string& text : expressions)
    curves.push_back(read_expression(text, {.all = given}));
  const Step n = given > 0 ? given : longest_run(curves);
  check<UsageError>(!data || n <= most_rates,
                    "--csv and --json: must have at most {} steps (got {})", most_rates, n);

  std::string out = look.csv ? to_csv(curves, n) : look.json ? to_json(curves, n) : "";
  LinesPlot rates = rates_plot(curves, n);
  rates.height = terminal.height;
  const std::vector<Panel> panels{{"rate", rates}};
  const std::string written = look.files(panels);
  if (data) return out;
  if (table)
    for (const LabelledSchedule& curve : curves)
      out += fmt::format("{}\n{}\n", curve.label, gradus::table(curve.schedule, n));
  out += summary(curves, n);
  const bool draws = look.wants_terminal() || (look.plots.empty() && !table);
  return (draws ? look.pictures(panels, out) : "") + out + written;
}
