#include "pictures/plot_contours.h"

#include <fmt/format.h>

#include <bit>

#include <gradus/schedules/canvas.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using namespace detail;
using Point = std::array<double, 2>;

/// Converts places to dots: the edges of the surface are the outermost dots.
struct Places {
  const Surface& surface;
  int columns, rows;

  double x_of(double column) const {
    return surface.x_low + (surface.x_high - surface.x_low) * column / (columns - 1);
  }
  double y_of(double row) const {
    return surface.y_high - (surface.y_high - surface.y_low) * row / (rows - 1);
  }
  /// The dot of a place, counted from the upper left; may be outside.
  Point dot(const Point& p) const {
    return {(p[0] - surface.x_low) / (surface.x_high - surface.x_low) * (columns - 1),
            (surface.y_high - p[1]) / (surface.y_high - surface.y_low) * (rows - 1)};
  }
  bool holds(const Point& dot) const {
    return dot[0] > -0.5 && dot[0] < columns - 0.5 && dot[1] > -0.5 && dot[1] < rows - 0.5;
  }
};

int nearest(double v) { return static_cast<int>(std::lround(v)); }

/// Sets the dots whose corners are not all between the same two levels.
void draw_lines(Canvas& canvas, const ContourPlot& plot, const Places& places) {
  std::vector<double> levels = plot.levels;
  std::sort(levels.begin(), levels.end());
  const auto row_of_corners = [&](int row) {
    std::vector<std::ptrdiff_t> out;
    for (int column = 0; column <= places.columns; ++column) {
      const double height = plot.surface.at(places.x_of(column - 0.5), places.y_of(row - 0.5));
      out.push_back(std::upper_bound(levels.begin(), levels.end(), height) - levels.begin());
    }
    return out;
  };
  std::vector<std::ptrdiff_t> above = row_of_corners(0);
  for (int y = 0; y < places.rows; ++y) {
    const std::vector<std::ptrdiff_t> below = row_of_corners(y + 1);
    for (int x = 0; x < places.columns; ++x) {
      const auto i = static_cast<std::size_t>(x);
      const auto [least, greatest] = std::minmax({above[i], above[i + 1], below[i], below[i + 1]});
      if (least != greatest) canvas.dot(x, y, Canvas::background);
    }
    above = below;
  }
}

/// The part of a line segment inside the picture, as fractions of its length; 1 to 0 if none.
struct Part {
  double from = 0, to = 1;

  void cut(double at, double step, double low, double high) {
    if (step == 0) {
      if (at < low || at > high) from = 1, to = 0;
      return;
    }
    const double a = (low - at) / step, b = (high - at) / step;
    from = std::max(from, std::min(a, b));
    to = std::min(to, std::max(a, b));
  }
};

void draw_piece(Canvas& canvas, const Places& places, const Point& a, const Point& b,
                std::size_t curve) {
  const double dx = b[0] - a[0], dy = b[1] - a[1];
  Part part;
  part.cut(a[0], dx, 0, places.columns - 1);
  part.cut(a[1], dy, 0, places.rows - 1);
  if (!(part.from <= part.to)) return;
  const double length = std::max(std::abs(dx), std::abs(dy)) * (part.to - part.from);
  const int dots = static_cast<int>(std::ceil(length)) + 1;
  for (int i = 0; i <= dots; ++i) {
    const double t = part.from + (part.to - part.from) * i / dots;
    canvas.dot(nearest(a[0] + t * dx), nearest(a[1] + t * dy), curve);
  }
}

/// The arrow for a point on the edge.
char arrow(const Point& fractions) {
  const double right = fractions[0] - 0.5, up = fractions[1] - 0.5;
  if (std::abs(right) > std::abs(up)) return right > 0 ? '>' : '<';
  return up > 0 ? '^' : 'v';
}

/// The last point of each path is above all other marks.
void draw_paths(Canvas& canvas, const ContourPlot& plot, const Places& places) {
  const auto mark = [&](const Point& p, char character, std::size_t curve) {
    const Point dot = places.dot(p);
    if (places.holds(dot)) canvas.mark(nearest(dot[0]), nearest(dot[1]), character, curve);
  };
  std::vector<std::vector<Point>> paths;
  for (const Path& path : plot.paths) paths.push_back(visible_points(path.points, plot.surface, 0));
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 1; j < paths[i].size(); ++j)
      draw_piece(canvas, places, places.dot(paths[i][j - 1]), places.dot(paths[i][j]), i);
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j + 1 < paths[i].size(); ++j)
      if (std::has_single_bit(j) || j == 0) mark(paths[i][j], mark_of(i), i);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].empty()) continue;
    const Point& end = paths[i].back();
    const bool leaves = end != plot.paths[i].points.back();
    mark(end, leaves ? arrow(plot.surface.fractions(end)) : mark_of(i), i);
  }
  if (plot.goal) mark(*plot.goal, '@', Canvas::background);
}

std::string legend(const ContourPlot& plot, const PlotOptions& options) {
  std::string out;
  for (std::size_t i = 0; i < plot.paths.size(); ++i) {
    Canvas piece(1, 1, options);
    piece.mark(0, 0, mark_of(i), i);
    out += fmt::format("  {} {}\n", piece.line(0),
                       shortened(plot.paths[i].label, static_cast<std::size_t>(options.width - 4)));
  }
  return out;
}

}  // namespace

double Surface::at(double x, double y) const {
  // The cell that holds the place along one axis, and how far in.
  const auto along = [](double v, double low, double high, std::size_t n) {
    const double last = static_cast<double>(n - 1);
    const double place = std::clamp((v - low) / (high - low), 0.0, 1.0) * last;
    const double cell = std::min(std::floor(place), last - 1);
    return std::pair(static_cast<std::size_t>(cell), place - cell);
  };
  const auto [i, right] = along(x, x_low, x_high, columns);
  const auto [j, up] = along(y, y_low, y_high, rows);
  const double* corner = &heights[j * columns + i];
  const auto between = [](double a, double b, double part) { return a * (1 - part) + b * part; };
  return between(between(corner[0], corner[1], right),
                 between(corner[columns], corner[columns + 1], right), up);
}

Point Surface::fractions(const Point& place) const {
  return {(place[0] - x_low) / (x_high - x_low), (place[1] - y_low) / (y_high - y_low)};
}

std::vector<Point> visible_points(const std::vector<Point>& points, const Surface& surface,
                                  double apart) {
  const auto inside = [](const Point& f) {
    return f[0] >= 0 && f[0] <= 1 && f[1] >= 0 && f[1] <= 1;
  };
  const bool leaves = !points.empty() && !inside(surface.fractions(points.back()));
  std::vector<Point> out;
  for (const Point& point : points) {
    const Point to = surface.fractions(point),
                from = out.empty() ? to : surface.fractions(out.back());
    if (leaves && inside(from) && !inside(to)) {
      double part = 1;  // of the way to the point, up to the edge
      for (std::size_t k = 0; k < 2; ++k)
        if (to[k] < 0 || to[k] > 1)
          part = std::min(part, ((to[k] > 1) - from[k]) / (to[k] - from[k]));
      const Point& last = out.back();
      out.push_back({last[0] + part * (point[0] - last[0]), last[1] + part * (point[1] - last[1])});
      break;
    }
    if (out.empty() || &point == &points.back() ||
        std::hypot(to[0] - from[0], to[1] - from[1]) >= apart)
      out.push_back(point);
  }
  return out;
}

std::vector<double> contour_levels(const Surface& surface, int count) {
  const auto [least, greatest] =
      std::minmax_element(surface.heights.begin(), surface.heights.end());
  std::vector<double> levels;
  for (int i = 1; i < count; ++i)
    levels.push_back(*least + (*greatest - *least) * (i * i) / (count * count));
  return levels;
}

std::string plot(const ContourPlot& contours, const PlotOptions& options) {
  const Surface& s = contours.surface;
  check_size(options);
  const int rows = options.height * (options.ascii ? 1 : 4);
  const Axis axis{s.y_low, s.y_high, rows,
                  ticks(s.y_low, s.y_high, std::min(options.height / 2, 4), 0, false)};
  const Margin margin = margin_of(axis, options.height);
  Canvas canvas(options.width - static_cast<int>(margin.width) - 2, options.height, options);
  const Places places{s, canvas.dot_columns(), canvas.dot_rows()};
  draw_lines(canvas, contours, places);
  draw_paths(canvas, contours, places);

  std::vector<Tick> x_ticks;
  for (const double tick :
       ticks(s.x_low, s.x_high, std::clamp(canvas.columns() / 10, 2, 5), 0, false)) {
    const int dot = nearest(places.dot({tick, s.y_low})[0]);
    x_ticks.push_back({dot * canvas.columns() / canvas.dot_columns(), fmt::format("{:g}", tick)});
  }
  return fmt::format("{:>{}}\n", contours.y_name, margin.width) +
         framed(canvas, margin, contours.x_name, x_ticks, options) +
         (contours.legend ? legend(contours, options) : "");
}

}}  // namespace gradus
