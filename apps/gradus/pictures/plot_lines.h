#pragma once
/// Values along an axis, as a picture in text.

#include <gradus/schedules/plot.h>

/// A measured value and its standard error; nan where that is not known.
struct Dot {
  double x, y, error;
};

/// Values at finite, rising places along x, joined by straight lines. A jump has two values at one
/// place; a value that is not finite is a gap.
struct Line {
  std::string label;
  std::vector<double> x, y;
  std::string end = {};        ///< a text at the last place, which then has a mark
  std::vector<Dot> dots = {};  ///< drawn over the lines, in a terminal as @
};

/// A named place of the x axis.
struct NamedPlace {
  std::string name;
  double x;
};

struct LinesPlot {
  std::string x_name, y_name;
  std::vector<Line> lines = {};  ///< at most a few thousand points each: see thinned()
  bool log_y = false;            ///< values of 0 or less are gaps
  bool legend = true;            ///< the labels, except in a terminal that of a single line
  bool from_zero = false;        ///< the y axis, unless the values vary by less than a quarter
  bool log_x = false;            ///< for places above 0
  std::vector<NamedPlace>
      marks{};            ///< vertical lines; outside the places of the lines they are left out
  std::string title{};    ///< above the picture
  double top = INFINITY;  ///< the y axis ends here, and lines above it leave the picture
  int height = 10;        ///< in a terminal that has room
};

/// The rates of the first `steps` updates, each at its step; the last holds until `steps`.
LinesPlot rates_plot(std::span<const gradus::LabelledSchedule> curves, gradus::Step steps);

/// Values that are level in equal parts of `steps`.
Line level_parts(const std::string& label, const std::vector<double>& values, gradus::Step steps);

/// The ends of the x axis: the least and the greatest place.
std::pair<double, double> range_of_x(const LinesPlot& plot);
/// Whether the value is not nan, infinite or huge; with `log` also above 0.
bool can_be_drawn(double v, bool log);
/// The line with at most 4000 points: the least and the greatest of each of 2000 pieces.
Line thinned(Line line);

/// The columns left of the y axis in a picture with these options.
std::size_t margin_width(const LinesPlot& plot, const gradus::PlotOptions& options);
/// Draws the lines in the form of plot() for schedules, without the title, with at least `margin`
/// columns left of the y axis. The names of the marks stand above, each over a vertical line of
/// dots. The y axis ends near the least and the greatest value. ValueError for a width or height
/// outside its limits.
std::string plot(const LinesPlot& plot, const gradus::PlotOptions& options = {},
                 std::size_t margin = 0);
