#include "training/comparison_pictures.h"

#include <fmt/format.h>

#include <algorithm>

using namespace gradus;

namespace {

/// Losses above it are drawn at it.
double ceiling(const Comparison& c) { return TrainingRun::far_above * c.first_loss; }

/// The mean losses, at most the ceiling; after every run has diverged, the ceiling.
std::vector<double> drawn_losses(const Comparison& c, const Outcome& outcome) {
  std::vector<double> out = outcome.losses;
  std::ranges::replace_if(
      out, [&](double loss) { return !(loss <= ceiling(c)); }, ceiling(c));
  return out;
}

std::vector<double> all_drawn(const Comparison& c) {
  std::vector<double> all;
  for (const Outcome& outcome : c.outcomes)
    for (const double loss : drawn_losses(c, outcome)) all.push_back(loss);
  return all;
}

std::vector<LabelledSchedule> rates_of(const Comparison& c) {
  std::vector<LabelledSchedule> out;
  for (const Outcome& outcome : c.outcomes)
    out.push_back({outcome.contender.label, outcome.contender.rate});
  return out;
}

std::vector<LabelledSchedule> losses_of(const Comparison& c) {
  std::vector<LabelledSchedule> out;
  for (const Outcome& outcome : c.outcomes)
    out.push_back(
        {outcome.contender.label, straight_lines(outcome.measured, drawn_losses(c, outcome))});
  return out;
}

}  // namespace

std::vector<Panel> make_panels(const Comparison& c, const PictureOptions&) {
  LinesPlot losses{.x_name = "step",
                   .y_name = "loss on all rows, mean over seeds",
                   .lines = {},
                   .log_y = spread_far(all_drawn(c)),
                   .legend = false};
  for (const Outcome& outcome : c.outcomes)
    losses.lines.push_back({outcome.contender.label,
                            {outcome.measured.begin(), outcome.measured.end()},
                            drawn_losses(c, outcome)});
  std::vector<Panel> panels{make_panel(rates_of(c), c.steps), make_panel(losses)};
  if (c.contours) panels.push_back(make_panel(*c.contours));
  return panels;
}

std::string pictures(const Comparison& c, const PictureOptions& look) {
  PlotOptions options = look.terminal(10);
  const std::size_t seeds = c.best().finals.size();
  std::string out = "learning rate\n" + plot(rates_of(c), c.steps, options);
  options.log_y = spread_far(all_drawn(c));
  options.height = 12;
  out += fmt::format("\nloss on all rows, {}\n",
                     seeds == 1 ? "one seed" : fmt::format("mean of {} seeds", seeds)) +
         plot(losses_of(c), c.steps, options);
  if (!c.contours) return out;
  options.height = 20;
  return out +
         "\npath of w and b over contours of the loss, first seed;\nmarks after 0, 1, 2, 4, 8, ... "
         "updates and at the end; @ is the lowest loss\n" +
         plot(*c.contours, options);
}
