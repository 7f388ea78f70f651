#pragma once
/// Diagrams as commands of gnuplot.

#include <gradus/schedules/plot.h>

#include <span>
#include <string>
#include <vector>

#include "pictures/plot_contours.h"
#include "pictures/plot_rates.h"

/// One diagram. Its commands do not affect the next diagram.
struct Panel {
  std::string commands;
};

/// Values measured at points along x.
struct Line {
  std::string label;
  std::vector<double> x, y;
};
struct LinesPlot {
  std::string x_name, y_name;
  std::vector<Line> lines;  ///< at most a few thousand points each: see thinned()
  bool log_y = false;       ///< values of 0 or less are gaps
  bool legend = true;
  bool from_zero = false;  ///< the y axis, unless the values are far above 0
};

/// The rates of the first `steps` updates.
Panel make_panel(std::span<const gradus::LabelledSchedule> curves, gradus::Step steps);
/// Values over the logarithm of the rates; `name` is the title of the y axis.
Panel make_panel(const gradus::RateCurve& curve, const std::string& name);
Panel make_panel(const LinesPlot& plot);
/// Contour lines and the paths over them.
Panel make_panel(const gradus::ContourPlot& plot);

/// Whether gnuplot can draw the value, which is not nan, infinite or huge; otherwise it is a gap.
bool can_be_drawn(double v, bool log);
/// Whether the values that can be drawn differ so much that a logarithmic axis shows more. False if
/// one is 0 or less.
bool spread_far(const std::vector<double>& values);
/// The text as a string of gnuplot.
std::string gnuplot_text(std::string_view text);
/// The line with at most 4000 points: the least and the greatest of each of 2000 pieces.
Line thinned(Line line);
