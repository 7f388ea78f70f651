#pragma once
/// Schedules as pictures in text, for a terminal.
///
///     fmt::print("{}", plot(CosineDecay{0.1, 900}, 1000));
///     fmt::print("{}", plot({{"cosine", CosineDecay{0.1, 900}}, {"constant", 0.05}}, 1000));

#include <initializer_list>
#include <span>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct PlotOptions {
  int width = 72;      ///< columns of the whole picture, labels included; 24 to 1000
  int height = 17;     ///< lines from the top to the x axis, axis and legend not included; 4 to 500
  bool ascii = false;  ///< one mark for each character instead of Braille's 2 by 4 dots in UTF-8
  bool color = false;  ///< ANSI escapes, a colour for each curve, for a terminal that has colours
  bool log_y = false;  ///< a logarithmic y axis; see plot()
};

/// A curve with its entry in the legend.
struct LabelledSchedule {
  std::string label;
  Schedule schedule;
};

/// The rates of updates 0 ... steps - 1, over an x axis from 0 to steps: lines of at most `width`
/// characters, each ended by a newline, without trailing blanks.
///
/// Each column of dots shows the least and the greatest value among its steps: all of them up to
/// 2000 (at the default width, for runs to 120000 steps at least), of more 2000 evenly spaced ones.
/// So a jump is a vertical stroke, and a peak of a single step is visible. Where there are fewer
/// steps than columns, straight lines join them, and a step is level before a jump: a change more
/// than three times those beside it. The schedule is evaluated twice at each step shown.
///
/// The y axis starts at 0, unless the values vary by less than a quarter of the greatest (a
/// momentum from 0.85 to 0.95) but by more than a thousandth of it: then at the least. It ends at
/// the greatest value. Either end moves to a round number nearby. A label stands at the line and
/// the column where the curve has that value and step; that of the run's end at the last column.
///
/// With log_y it runs from the least value above 0 (about: of those that columns show) to the
/// greatest, values of 0 or less lie on its lower end, and the labels are powers of ten, where
/// there are two. Where no value is above 0, log_y has no effect.
///
/// ValueError for steps < 1 or a size out of bounds; NumericError if a rate is nan or infinite.
std::string plot(const Schedule& schedule, Step steps, const PlotOptions& options = {});

/// Several in one picture, later over earlier ones, with a line each in a legend below. They differ
/// by colour; without it by dashes, or in ASCII by marks * o + x #. Colours repeat after 6 curves,
/// dashes after 4, marks after 5. Too long a label ends in "..."; its control characters become
/// blanks; a UTF-8 sequence counts as one character. ValueError also for no curves.
std::string plot(std::span<const LabelledSchedule> curves, Step steps,
                 const PlotOptions& options = {});
inline std::string plot(std::initializer_list<LabelledSchedule> curves, Step steps,
                        const PlotOptions& options = {}) {
  return plot(std::span(curves.begin(), curves.size()), steps, options);
}

}}  // namespace gradus
