#include "training/comparison_pictures.h"

#include <fmt/format.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/canvas.h>

using namespace gradus;

namespace {

using OutcomeSeries = std::vector<double> Outcome::*;

bool all_diverged(const Outcome& o) { return std::isnan(o.mean); }

/// The label, and when training diverged.
std::string entry(const Outcome& o) {
  std::string out = detail::shortened(o.contender.label, 40);
  if (!o.diverged_at) return out;
  const std::string at = fmt::format("diverged at step {}", *o.diverged_at);
  return out + (all_diverged(o) ? fmt::format(" ({})", at)
                                : fmt::format(" ({} of {} {})", o.diverged, o.finals.size(), at));
}

/// The schedules of all outcomes that have one; the others keep their colours.
LinesPlot schedules(const Comparison& c, const char* name, auto schedule) {
  LinesPlot out = rates_plot({}, 1);
  out.y_name = out.title = name;
  out.legend = name == std::string_view("learning rate");
  for (const Outcome& o : c.outcomes) {
    const std::optional<Schedule> own = schedule(o.contender);
    const LabelledSchedule curve{entry(o), own.value_or(0)};
    LinesPlot one = rates_plot(std::span(&curve, 1), o.contender.steps);
    out.lines.push_back(own ? one.lines[0] : Line{"", {0}, {NAN}});
  }
  return out;
}

/// Ends the line where it first leaves the picture, near this step.
void end_at(Line& line, double top, Step step) {
  const auto high = std::ranges::find_if_not(line.y, [&](double y) { return y <= top; });
  const auto n = static_cast<std::size_t>(high - line.y.begin());
  const double before = line.x[n == 0 ? 0 : n - 1],
               after = n < line.x.size() ? line.x[n] : INFINITY;
  line.x.resize(n);
  line.x.push_back(std::max(before, std::min(after, static_cast<double>(step))));
  line.y.resize(n);
  line.y.push_back(top);
  line.end = fmt::format("{}", step);
}

/// A series of each outcome. A loss is drawn above `floor`; one that diverged leaves the picture.
LinesPlot series(const Comparison& c, OutcomeSeries values, const char* axis,
                 const std::string& name, double floor = 0) {
  LinesPlot out{.x_name = "step", .y_name = axis, .legend = false, .height = 12};
  const bool loss = values != &Outcome::accuracies;
  const double first = c.first_loss - floor, ceiling = TrainingRun::far_above * first;
  std::vector<double> kept{first};
  for (const Outcome& o : c.outcomes) {
    Line line{entry(o), {o.measured.begin(), o.measured.end()}, o.*values};
    if (line.y.empty()) line = {"", {0}, {NAN}};  // keeps its colour
    for (double& y : line.y) y -= floor;
    if (!all_diverged(o)) kept.insert(kept.end(), line.y.begin(), line.y.end());
    out.lines.push_back(line);
  }
  const std::size_t seeds = c.outcomes[0].finals.size();
  out.title = fmt::format("{}, {}", name,
                          seeds == 0   ? "expected"
                          : seeds == 1 ? "one seed"
                                       : fmt::format("mean of {} seeds", seeds));
  if (!loss) return out;
  out.log_y = floor > 0 || spread_far(kept);
  out.top = std::min(*std::ranges::max_element(kept), ceiling);
  for (std::size_t i = 0; i < c.outcomes.size(); ++i) {
    const Outcome& o = c.outcomes[i];
    if (!all_diverged(o)) continue;
    out.top = c.any_left() ? std::max(out.top, (out.log_y ? 2 : 1.2) * first) : ceiling;
    end_at(out.lines[i], out.top, o.diverged_at.value_or(0));
  }
  return out;
}

/// Final loss over the rate, a curve for each contender.
LinesPlot tuning(const Comparison& c) {
  LinesPlot out{.x_name = "rate", .y_name = "final loss"};
  std::vector<double> all;
  for (const RateSearch& s : c.searches) {
    out.lines.push_back(s.curve);
    out.lines.back().label = fmt::format("{}: best at {:.3g}", s.label, s.best);
    all.insert(all.end(), s.curve.y.begin(), s.curve.y.end());
  }
  out.log_x = true;
  out.log_y = spread_far(all);
  out.title = "final loss over the greatest rate, on the seeds of the search";
  return out;
}

/// A level line at the stable rate that all share, unless it is far above the rates.
void add_stable_rate(LinesPlot& rates, const Comparison& c) {
  const std::vector<double>& stable = c.outcomes[0].first.stable;
  double greatest = 0;
  for (const Outcome& o : c.outcomes) {
    if (o.first.stable.size() != 1 || o.first.stable != stable) return;
    const auto steps = static_cast<double>(o.contender.steps);
    greatest = std::max(greatest, value(detail::range(o.contender.rate, steps).greatest));
  }
  if (stable[0] > 2 * greatest) return;
  rates.lines.push_back({fmt::format("stable up to {:.3g}", stable[0]),
                         {0, static_cast<double>(c.steps)},
                         {stable[0], stable[0]}});
}

}  // namespace

std::vector<Panel> make_panels(const Comparison& c, const PictureOptions& look) {
  const auto any = [&](auto is) { return std::ranges::any_of(c.outcomes, is); };
  std::vector<Panel> out{{"rate", schedules(c, "learning rate", [](const Contender& k) {
                            return std::optional(k.rate);
                          })}};
  add_stable_rate(std::get<LinesPlot>(out[0].drawing), c);
  if (any([](const Outcome& o) { return o.contender.momentum.has_value(); }))
    out.push_back({"momentum",
                   schedules(c, "momentum", [](const Contender& k) { return k.momentum; }),
                   !any([](const Outcome& o) {
                     return o.contender.momentum && !o.contender.momentum->constant();
                   })});
  if (std::ranges::any_of(c.searches, [](const RateSearch& s) { return s.curve.x.size() > 1; }))
    out.push_back({"tune", tuning(c)});
  const bool excess = c.least_possible || look.excess;
  if (excess) {
    double least = c.least_possible.value_or(c.first_loss);
    if (!c.least_possible)
      for (const Outcome& o : c.outcomes)
        for (const double v : o.losses) least = std::min(least, v);
    out.push_back(
        {"excess",
         series(c, &Outcome::losses, "loss",
                c.least_possible ? "loss above the least" : "loss above the least seen", least)});
  }
  out.push_back({"loss", series(c, &Outcome::losses, "loss", "loss on all rows"), excess});
  if (any([](const Outcome& o) { return !o.accuracies.empty(); }))
    out.push_back({"accuracy", series(c, &Outcome::accuracies, "accuracy", "accuracy"), true});
  if (c.contours) {
    out.push_back({"path", *c.contours});
    std::get<ContourPlot>(out.back().drawing).title = "path over contours of the loss, first seed";
  }
  return out;
}
