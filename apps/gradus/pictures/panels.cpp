#include "pictures/panels.h"

#include <gradus/schedules/canvas.h>

#include "terminal/text.h"

using namespace gradus;
using Point = std::array<double, 2>;

std::string gnuplot_text(std::string_view text) {
  std::string out = replaced(std::string(text), "'", "''");
  std::ranges::replace_if(out, is_control, ' ');
  return "'" + out + "'";
}

namespace {

/// The range of the values that can be drawn.
struct Bounds {
  double least = std::numeric_limits<double>::infinity(), greatest = -least;

  void take(double v, bool log) {
    if (!can_be_drawn(v, log)) return;
    least = std::min(least, v);
    greatest = std::max(greatest, v);
  }
};

/// Fixed margins, so that the axes of panels line up.
constexpr const char* style =
    "reset\nset border 3 lc rgb '#606060'\nset xtics nomirror\nset ytics nomirror\n"
    "set grid lw 1 dt 1 lc rgb '#e4e4e4'\nset format x '%.12g'\nset format y '%g'\n"
    "set lmargin 12\nset rmargin 4\nset ylabel offset -1.5\n"
    "set key above left vertical maxrows 6 Left reverse noenhanced\n";

constexpr const char* colors[] = {"0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9"};

/// The style of the i-th line.
std::string look(std::size_t i) {
  return fmt::format("lw 2.5 lc rgb '#{}'", colors[i % std::size(colors)]);
}

std::string place_at(const Rectangle& r) {
  return fmt::format("set origin {},{}\nset size {},{}\n", r.x, r.y, r.width, r.height);
}

/// A named block of data.
std::string block(const std::string& name, const std::string& data) {
  return fmt::format("{} << END\n{}END\n", name, data);
}

/// The range of the values with a margin; from 0 where they hardly differ, and with `from_zero`,
/// unless all are far above.
std::string y_range(const Bounds& bounds, bool from_zero) {
  auto [least, greatest] = bounds;
  const bool level = greatest - least <= 1e-3 * std::abs(greatest);
  if (level) least = std::min(least, 0.0), greatest = std::max(greatest, 0.0);
  const double width = greatest - least;
  const bool near_zero = least >= 0 && (level || (from_zero && width > 0.25 * greatest));
  const double bottom = near_zero ? 0 : least - 0.05 * width;
  if (!(greatest > bottom)) return "";
  return fmt::format("set yrange [{}:{}]\n", bottom, greatest + 0.05 * (greatest - bottom));
}

/// A logarithmic y axis, with more labels where there are few powers of ten.
std::string log_range(const Bounds& bounds) {
  if (bounds.least > bounds.greatest) return "set yrange [0:1]\n";  // nothing to draw
  std::string out = fmt::format("set logscale y\nset yrange [{}:{}]\n", bounds.least / 1.2,
                                bounds.greatest * 1.2);
  if (bounds.greatest > 1000 * bounds.least) return out;
  std::vector<std::string> labels;
  for (double power = std::floor(std::log10(bounds.least)); power <= std::log10(bounds.greatest);
       ++power)
    for (const int digit : {1, 2, 5}) labels.push_back(fmt::format("{}e{:.0f}", digit, power));
  return out + fmt::format("set ytics ({})\n", fmt::join(labels, ","));
}

std::string data_of(const Line& line, bool log, Bounds& bounds) {
  std::string out;
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    bounds.take(line.y[i], log);
    out += can_be_drawn(line.y[i], log) ? fmt::format("{} {}\n", line.x[i], line.y[i])
                                        : fmt::format("{} NaN\n", line.x[i]);
  }
  return out;
}

/// The plot commands of gnuplot for line i, its dots and its end; appends their data to `out`.
std::string plots_of(const LinesPlot& plot, std::size_t i, Bounds& bounds, std::string& out) {
  const Line& line = plot.lines[i];
  out += block(fmt::format("$line{}", i), data_of(line, plot.log_y, bounds));
  std::string plots = fmt::format(
      "$line{} with lines {} {}", i, look(i),
      plot.legend ? "title " + gnuplot_text(detail::shortened(line.label, 70)) : "notitle");
  std::string dots;
  for (const auto& [x, y, error] : line.dots) {
    bounds.take(y, plot.log_y);
    if (can_be_drawn(y, plot.log_y))
      dots += fmt::format("{} {} {}\n", x, y, std::isnan(error) ? 0 : error);
  }
  if (!dots.empty()) {
    out += block(fmt::format("$dots{}", i), dots);
    plots += fmt::format(", $dots{} with yerrorbars pt 7 ps 0.6 {} notitle", i, look(i));
  }
  if (line.end.empty()) return plots;
  out += block(fmt::format("$end{}", i), fmt::format("{} {}\n", line.x.back(), line.y.back()));
  return plots + fmt::format(
                     ", $end{0} with points pt 2 ps 1.6 {1} notitle, $end{0} using 1:2:({2}) "
                     "with labels left offset 1,0 tc rgb '#{3}' notitle",
                     i, look(i), gnuplot_text(line.end), colors[i % std::size(colors)]);
}

std::string to_commands(const LinesPlot& plot, const Rectangle&) {
  std::string out = fmt::format("set xlabel {} noenhanced\nset ylabel {} noenhanced\n",
                                gnuplot_text(plot.log_x ? "learning rate" : plot.x_name),
                                gnuplot_text(plot.y_name));
  Bounds bounds;
  std::string plots = "plot ";
  for (std::size_t i = 0; i < plot.lines.size(); ++i)
    plots += (i == 0 ? "" : ", ") + plots_of(plot, i, bounds, out);
  bounds.greatest = std::min(bounds.greatest, plot.top);
  out += plot.log_y ? log_range(bounds) : y_range(bounds, plot.from_zero);
  const auto [first, last] = range_of_x(plot);
  if (plot.log_x) out += "set logscale x\nset format x '%g'\n";
  out += fmt::format("set xrange [{}:{}]\n", first, last);
  for (std::size_t i = 0; i < plot.marks.size(); ++i) {
    const auto& [name, x] = plot.marks[i];
    if (x < first || x > last) continue;
    const std::string style_of_mark = look(plot.lines.size() + i);
    out += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead back dt 2 {1}\n", x,
                       style_of_mark);
    plots += fmt::format(", 1/0 with lines dt 2 {} title {}", style_of_mark,
                         gnuplot_text(fmt::format("{} {:.2g}", name, x)));
  }
  return out + plots + "\n";
}

constexpr double apart = 0.006;  ///< distance that the eye can separate, as a part of a map

// ---- maps ---------------------------------------------------------------------------------------

/// Commands that fill $lines with the contour lines.
std::string contour_lines(const ContourPlot& plot) {
  const Surface& s = plot.surface;
  const auto at = [](double low, double high, std::size_t k, std::size_t n) {
    return low + (high - low) * static_cast<double>(k) / static_cast<double>(n - 1);
  };
  std::string grid;
  for (std::size_t j = 0; j < s.rows; ++j, grid += '\n')
    for (std::size_t i = 0; i < s.columns; ++i)
      grid += fmt::format("{} {} {}\n", at(s.x_low, s.x_high, i, s.columns),
                          at(s.y_low, s.y_high, j, s.rows), s.heights[j * s.columns + i]);
  return block("$surface", grid) +
         fmt::format(
             "set contour base\nunset surface\nset cntrparam levels discrete {}\n"
             "set table $lines\nsplot $surface using 1:2:3\nunset table\n"
             "set xrange [{}:{}]\nset yrange [{}:{}]\n",
             fmt::join(plot.levels, ","), s.x_low, s.x_high, s.y_low, s.y_high);
}

/// Early updates are pale. The end of each path is above all paths: a dot, or an arrow at the edge.
std::string paths_over_lines(const ContourPlot& plot) {
  std::string out, ends, plots = "plot $lines using 1:2 with lines lc rgb '#a0a0a0' notitle";
  for (std::size_t i = 0; i < plot.paths.size(); ++i) {
    const char* color = colors[i % std::size(colors)];
    const std::vector<Point> points = visible_points(plot.paths[i].points, plot.surface, apart);
    std::string data;
    for (std::size_t k = 0; k < points.size(); ++k)
      data += fmt::format("{} {} 0x{:02x}{}\n", points[k][0], points[k][1],
                          170 - 170 * (k + 1) / points.size(), color);
    out += block(fmt::format("$path{}", i), data);
    plots += fmt::format(
        ", $path{} using 1:2:3 with linespoints pt 7 ps 0.4 lw 2 lc rgb variable notitle", i);
    const Point &end = points.back(), &before = points[std::max<std::size_t>(2, points.size()) - 2];
    out += block(fmt::format("$end{}", i), fmt::format("{} {}\n", end[0], end[1]));
    if (end == plot.paths[i].points.back())
      ends += fmt::format(", $end{} with points pt 7 ps 1.2 lc rgb '#{}' notitle", i, color);
    else
      out += fmt::format("set arrow from {},{} to {},{} front filled size screen 0.015,20 {}\n",
                         before[0], before[1], end[0], end[1], look(i));
  }
  if (plot.goal) {
    out += block("$goal", fmt::format("{} {}\n", (*plot.goal)[0], (*plot.goal)[1]));
    ends += ", $goal with points pt 3 ps 1.5 lw 2 lc rgb '#606060' notitle";
  }
  return out + plots + ends + "\n";
}

/// The corner that is farthest from the points of paths, as fractions of the map.
Point free_corner(const ContourPlot& plot) {
  Point best{};
  double farthest = -1;
  for (const Point& corner : {Point{1, 0}, {1, 1}, {0, 0}, {0, 1}}) {
    double nearest = 2;
    for (const Path& path : plot.paths)
      for (const Point& p : visible_points(path.points, plot.surface, apart)) {
        const Point f = plot.surface.fractions(p);
        nearest = std::min(nearest, std::hypot(f[0] - corner[0], f[1] - corner[1]));
      }
    if (nearest > farthest) farthest = nearest, best = corner;
  }
  return best;
}

/// A map in this part of the page.
std::string map_at(const Rectangle& r) {
  return fmt::format(
      "set lmargin at screen {}\nset rmargin at screen {}\nset bmargin at screen "
      "{}\nset tmargin at screen {}\n",
      r.x, r.x + r.width, r.y, r.y + r.height);
}

std::string to_commands(const ContourPlot& plot, const Rectangle& r) {
  const Rectangle map{r.x + 0.14 * r.width, r.y + 0.17 * r.height, 0.82 * r.width, 0.72 * r.height};
  std::string out = map_at(map) + contour_lines(plot) +
                    fmt::format("set xlabel {} noenhanced\nset ylabel {} noenhanced\n",
                                gnuplot_text(plot.x_name), gnuplot_text(plot.y_name));
  for (const ContourPlot& end : plot.inset)
    out += fmt::format(
        "set object rectangle from {},{} to {},{} front fs empty border lc rgb '#606060'\n",
        end.surface.x_low, end.surface.y_low, end.surface.x_high, end.surface.y_high);
  out += paths_over_lines(plot);
  for (const ContourPlot& end : plot.inset) {
    constexpr double size = 0.36, air = 0.025, most = 1 - 2 * air - size;
    const Point corner = free_corner(plot);
    out +=
        "unset arrow\nunset object\nunset xlabel\nunset ylabel\nunset tics\nunset title\nset "
        "border "
        "15 lw 1.5\n"
        "set object rectangle from graph 0,0 to graph 1,1 behind fc rgb 'white' fs solid "
        "noborder\n" +
        map_at({map.x + (air + corner[0] * most) * map.width,
                map.y + (air + corner[1] * most) * map.height, size * map.width,
                size * map.height}) +
        contour_lines(end) + "set label 'the end' at graph 0.04,0.9\n" + paths_over_lines(end);
  }
  return out;
}

}  // namespace

std::string to_gnuplot(const Panel& panel, const Rectangle& place) {
  const std::string title = panel.title();
  const auto* lines = std::get_if<LinesPlot>(&panel.drawing);
  return style + place_at(place) +
         (lines && lines->y_name == title
              ? ""
              : "set title noenhanced " + gnuplot_text(title + (lines ? "" : " (*: lowest loss)")) +
                    "\n") +
         std::visit([&](const auto& plot) { return to_commands(plot, place); }, panel.drawing);
}

bool spread_far(const std::vector<double>& values) {
  Bounds bounds;
  for (const double v : values) bounds.take(v, false);
  return bounds.least > 0 && bounds.greatest > 10 * bounds.least;
}
