#pragma once
/// The path of training over the loss surface of two weights, as a picture in text.

#include <array>

#include <gradus/schedules/plot.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Heights on a grid, which is at least 2 by 2.
struct Surface {
  double x_low, x_high, y_low, y_high;  ///< its edges
  std::size_t columns, rows;
  std::vector<double> heights;  ///< row by row from y_low, each from x_low

  /// The height at a place: bilinear between the points of the grid, constant beyond its edges.
  double at(double x, double y) const;
  /// A place as parts of the width and the height; outside 0 to 1 it is not on the surface.
  std::array<double, 2> fractions(const std::array<double, 2>& place) const;
};

/// The path of a run, with its entry in the legend.
struct Path {
  std::string label;
  std::vector<std::array<double, 2>> points;
};

struct ContourPlot {
  std::string x_name, y_name;
  Surface surface;
  std::vector<double> levels;  ///< the heights of the contour lines
  std::vector<Path> paths = {};
  std::optional<std::array<double, 2>> goal = {};  ///< a point to mark, such as the optimum
  std::vector<ContourPlot> inset = {};             ///< none, or its end, for files alone
  std::string title = {};                          ///< above the picture
  int height = 20;                                 ///< in a terminal that has room
  bool legend = true;                              ///< below the picture
};

/// The points of a path without those within `apart`, as a part of the surface, of the one before.
/// A path that ends outside the surface ends where it first leaves it, with a point on the edge.
std::vector<std::array<double, 2>> visible_points(const std::vector<std::array<double, 2>>& points,
                                                  const Surface& surface, double apart);

/// Heights for about `count` lines that are evenly spaced on a bowl:
/// least + (greatest - least) (i / count)^2.
std::vector<double> contour_levels(const Surface& surface, int count);

/// Contour lines of dots, the paths over them, and a @ at the goal. The name of y stands above, a
/// legend below. Each path has marks, * o + x #, at its start, after 1, 2, 4, 8, ... points, and at
/// its end. Points outside the surface are not drawn; a path that leaves it ends in an arrow, ^ v <
/// >.
///
/// ValueError for a width or height outside its limits.
std::string plot(const ContourPlot& contours, const PlotOptions& options = {});

}}  // namespace gradus
