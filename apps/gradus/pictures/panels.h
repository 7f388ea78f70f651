#pragma once
/// Diagrams as gnuplot's commands.

#include <gradus/schedules/plot.h>
#include "pictures/plot_contours.h"
#include "pictures/plot_rates.h"

#include <span>
#include <string>
#include <vector>

/// One diagram. Its commands leave nothing behind that the next one would see.
struct Panel {
  std::string commands;
};

/// Something measured at points along x.
struct Line {
  std::string label;
  std::vector<double> x, y;
  bool stepped = false;  ///< each value holds until the next point
};
struct LinesPlot {
  std::string x_name, y_name;
  std::vector<Line> lines;  ///< of at most some thousand points each: see thinned()
  bool log_y = false;       ///< values of 0 or less are gaps
  bool legend = true;
  bool from_zero = false;  ///< the y axis, unless the values are far above 0
};

/// The rates of a run of `steps` updates.
Panel panel_of(std::span<const gradus::LabelledSchedule> curves, gradus::Step steps);
/// Values over the logarithm of the rates; `name` says what they are.
Panel panel_of(const gradus::RateCurve& curve, const std::string& name);
Panel panel_of(const LinesPlot& plot);
/// Contour lines and the paths over them.
Panel panel_of(const gradus::ContourPlot& plot);

/// Not nan, and not so near to the end of the numbers that gnuplot's axes fail; else it is a gap.
bool can_be_drawn(double v, bool log);
/// Whether those that can be drawn differ so much that a logarithmic axis shows more; never when
/// one is 0 or less.
bool spread_far(const std::vector<double>& values);
/// A string of gnuplot's.
std::string gnuplot_text(std::string_view text);
/// A line of many points as one of at most 4000: the least and the greatest of each of 2000 pieces.
Line thinned(Line line);
