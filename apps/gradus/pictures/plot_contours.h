#pragma once
/// The way of training over a loss of two weights, as a picture in text.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <gradus/schedules/plot.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Heights on a grid, which is at least 2 by 2.
struct Surface {
  double x_low, x_high, y_low, y_high;  ///< where its edges are
  std::size_t columns, rows;
  std::vector<double> heights;  ///< row after row from y_low, each from x_low

  /// Between the points of the grid, bilinear; outside them as at the edge.
  double at(double x, double y) const;
};

/// Where a run went, and its entry in the legend.
struct Path {
  std::string label;
  std::vector<std::array<double, 2>> points;
};

struct ContourPlot {
  std::string x_name, y_name;
  Surface surface;
  std::vector<double> levels;  ///< the heights of the contour lines
  std::vector<Path> paths = {};
  std::optional<std::array<double, 2>> goal = {};  ///< a point to be marked, such as the optimum
};

/// Heights for about `count` lines whose distances grow from the lowest point up as those of a bowl
/// do where its lines are evenly spaced: least + (greatest - least) (i / count)^2.
std::vector<double> contour_levels(const Surface& surface, int count);

/// Contour lines of dots, the paths over them, a @ at the goal, a line with the name of y above and
/// a legend below. On each path stand marks, * o + x #, at its start, after 1, 2, 4, 8, ... points
/// more, and at its end. What lies outside the surface is not drawn.
///
/// ValueError for a width or height outside its limits, a surface whose edges are not finite and
/// rising, or without as many heights as its grid has points, all from -4e307 to 4e307.
std::string plot(const ContourPlot& contours, const PlotOptions& options = {});

}}  // namespace gradus
