#include "pictures/panels.h"

#include <fmt/format.h>
#include <gradus/schedules/algebra.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gradus;

std::string gnuplot_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += c;
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "'";
}

bool can_be_drawn(double v, bool log) { return std::abs(v) < 1e300 && (!log || v > 1e-300); }

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

constexpr const char* style =
    "reset\nset border 3 lc rgb '#606060'\nset xtics nomirror\nset ytics nomirror\n"
    "set grid lw 1 dt 1 lc rgb '#e4e4e4'\nset format y '%g'\n"
    "set key above left vertical maxrows 6 Left reverse noenhanced\n";

/// The style of the i-th line.
std::string look(std::size_t i) {
  constexpr const char* colors[] = {"#0072b2", "#d55e00", "#009e73",
                                    "#cc79a7", "#e69f00", "#56b4e9"};
  return fmt::format("lw 2.5 lc rgb '{}'", colors[i % std::size(colors)]);
}

/// The range of the values with a margin; with `from_zero` it starts at 0, unless all are far
/// above.
std::string y_range(const Bounds& bounds, bool from_zero) {
  const auto [least, greatest] = bounds;
  const double width = greatest - least;
  const bool near_zero = from_zero && least >= 0 && width > 0.25 * greatest;
  const double bottom = near_zero ? 0 : least - 0.05 * width;
  if (!(greatest > bottom)) return "";
  return fmt::format("set yrange [{}:{}]\n", bottom, greatest + 0.05 * (greatest - bottom));
}

/// A named block of data.
std::string block(const std::string& name, const std::string& data) {
  return fmt::format("{} << END\n{}END\n", name, data);
}

/// Calls take(i) for the least and the greatest y(i) of each of 2000 pieces of n, so that no peak
/// is lost. At most about `most` values of a piece are compared.
template <class Index>
void take_extremes(Index n, Index most, auto y, auto take) {
  const Index piece = (n + 1999) / 2000;
  for (Index begin = 0; begin < n; begin += piece) {
    const Index end = std::min(begin + piece, n), stride = std::max<Index>(1, (end - begin) / most);
    Index low = begin, high = begin;
    for (Index i = begin; i < end; i += stride) {
      if (std::isnan(y(low)) || y(i) < y(low)) low = i;
      if (std::isnan(y(high)) || y(i) > y(high)) high = i;
    }
    take(std::min(low, high));
    take(std::max(low, high));
  }
}

/// Lines `step rate`: every step of a short run, the extremes of a long run.
std::string points(const Schedule& s, Step steps) {
  std::string out;
  take_extremes<Step>(
      steps, 500, [&](Step t) { return value(s(t)); },
      [&](Step t) { out += fmt::format("{} {}\n", t, value(s(t))); });
  return out + fmt::format("{} {}\n", steps, value(s(steps - 1)));
}

/// A logarithmic y axis, with more labels where there are few powers of ten.
std::string log_range(const Bounds& bounds) {
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

}  // namespace

bool spread_far(const std::vector<double>& values) {
  Bounds bounds;
  for (const double v : values) bounds.take(v, false);
  return bounds.least > 0 && bounds.greatest > 10 * bounds.least;
}

/// A rate holds until the next update: the curve has steps, where they can be seen.
Panel make_panel(std::span<const LabelledSchedule> curves, Step steps) {
  std::string out =
      std::string(style) + "set xlabel 'step'\nset ylabel 'learning rate'\nset format x '%.0f'\n";
  std::string plots;
  Bounds bounds;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    out += block(fmt::format("$curve{}", i), points(curves[i].schedule, steps));
    const detail::Range range = detail::range(curves[i].schedule, static_cast<double>(steps - 1));
    bounds.take(value(range.least), false);
    bounds.take(value(range.greatest), false);
    plots += fmt::format("{}$curve{} with {} {} title {}", i == 0 ? "plot " : ", ", i,
                         steps <= 300 ? "steps" : "lines", look(i), gnuplot_text(curves[i].label));
  }
  return {out + y_range(bounds, true) + fmt::format("set xrange [0:{}]\n{}\n", steps, plots)};
}

/// Each mark is a vertical line.
Panel make_panel(const RateCurve& curve, const std::string& name) {
  std::string out = style + fmt::format(
                                "set xlabel 'learning rate'\nset ylabel {}\nset logscale x\n"
                                "set format x '%g'\n",
                                gnuplot_text(name));
  Bounds bounds;
  out += block("$curve", data_of({"", curve.rates, curve.values}, false, bounds));
  out += y_range(bounds, false) +
         fmt::format("set xrange [{}:{}]\n", curve.rates.front(), curve.rates.back());
  std::string plots = fmt::format("plot $curve with lines {} notitle", look(0));
  for (std::size_t i = 0; i < curve.marks.size(); ++i) {
    const auto& [mark, rate] = curve.marks[i];
    if (rate < curve.rates.front() || rate > curve.rates.back()) continue;
    out += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead back dt 2 {1}\n", rate,
                       look(i + 1));
    plots += fmt::format(", 1/0 with lines dt 2 {} title {}", look(i + 1),
                         gnuplot_text(fmt::format("{} {:.2g}", mark, rate)));
  }
  return {out + plots + "\n"};
}

Panel make_panel(const LinesPlot& plot) {
  std::string out = style + fmt::format("set xlabel {}\nset ylabel {}\n", gnuplot_text(plot.x_name),
                                        gnuplot_text(plot.y_name));
  Bounds bounds, places;
  std::string plots;
  for (std::size_t i = 0; i < plot.lines.size(); ++i) {
    const Line& line = plot.lines[i];
    for (const double x : line.x) places.take(x, false);
    out += block(fmt::format("$line{}", i), data_of(line, plot.log_y, bounds));
    plots += fmt::format("{}$line{} with lines {} {}", i == 0 ? "plot " : ", ", i, look(i),
                         plot.legend ? "title " + gnuplot_text(line.label) : "notitle");
  }
  out += plot.log_y ? log_range(bounds) : y_range(bounds, plot.from_zero);
  if (places.least < places.greatest)
    out += fmt::format("set xrange [{}:{}]\n", places.least, places.greatest);
  return {out + plots + "\n"};
}

Panel make_panel(const ContourPlot& plot) {
  const Surface& s = plot.surface;
  std::string grid;
  for (std::size_t j = 0; j < s.rows; ++j, grid += '\n')
    for (std::size_t i = 0; i < s.columns; ++i) {
      const auto part = [](std::size_t k, std::size_t n) {
        return static_cast<double>(k) / static_cast<double>(n - 1);
      };
      grid += fmt::format("{} {} {}\n", s.x_low + (s.x_high - s.x_low) * part(i, s.columns),
                          s.y_low + (s.y_high - s.y_low) * part(j, s.rows),
                          s.heights[j * s.columns + i]);
    }
  std::string out = style + block("$surface", grid) +
                    fmt::format(
                        "set contour base\nunset surface\nset cntrparam levels discrete {}\n"
                        "set table $lines\nsplot $surface using 1:2:3\nunset table\n"
                        "set xlabel {}\nset ylabel {}\nset xrange [{}:{}]\n"
                        "set yrange [{}:{}]\n",
                        fmt::join(plot.levels, ","), gnuplot_text(plot.x_name),
                        gnuplot_text(plot.y_name), s.x_low, s.x_high, s.y_low, s.y_high);
  std::string plots = "plot $lines using 1:2 with lines lc rgb '#a0a0a0' title 'loss contour'";
  for (std::size_t i = 0; i < plot.paths.size(); ++i) {
    std::string data;
    for (const auto& [x, y] : plot.paths[i].points) data += fmt::format("{} {}\n", x, y);
    out += block(fmt::format("$path{}", i), data);
    plots += fmt::format(", $path{} with linespoints pt 7 ps 0.4 {} notitle", i, look(i));
  }
  if (plot.goal) {
    out += block("$goal", fmt::format("{} {}\n", (*plot.goal)[0], (*plot.goal)[1]));
    plots += ", $goal with points pt 3 ps 1.5 lw 2 lc rgb '#606060' title 'lowest loss'";
  }
  return {out + plots + "\n"};
}

Line thinned(Line line) {
  const std::size_t n = line.x.size();
  if (n <= 4000) return line;
  Line out{line.label, {}, {}};
  const auto take = [&](std::size_t i) {
    out.x.push_back(line.x[i]);
    out.y.push_back(line.y[i]);
  };
  take_extremes(
      n, n, [&](std::size_t i) { return line.y[i]; }, take);
  return out;
}
