#include "pictures/plot_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gradus/schedules/canvas.h>

using namespace gradus;
using namespace gradus::detail;

namespace {

/// Converts places to columns of dots: the least is at 0, the greatest in the last column.
struct Places {
  double first, last;
  int columns;
  bool log;

  double of(double x) const {
    return (log ? std::log(x / first) / std::log(last / first) : (x - first) / (last - first)) *
           (columns - 1);
  }
};

/// The part of the line in each column; `first` is nan where there is none.
std::vector<Sample> sample(const Line& line, const Places& places, bool log) {
  std::vector<Sample> out(static_cast<std::size_t>(places.columns), {NAN, INFINITY, -INFINITY});
  const auto take = [&](double column, double v) {
    Sample& s = out[static_cast<std::size_t>(std::clamp(column, 0.0, places.columns - 1.0))];
    if (std::isnan(s.first)) s.first = v;
    s.least = std::min(s.least, v);
    s.greatest = std::max(s.greatest, v);
  };
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    if (!can_be_drawn(line.y[i], log)) continue;
    const double to = places.of(line.x[i]);
    if (i > 0 && can_be_drawn(line.y[i - 1], log)) {
      const double from = places.of(line.x[i - 1]);
      for (double column = std::floor(from) + 1; column <= to; ++column)
        take(column, between(line.y[i - 1], line.y[i], (column - from) / (to - from), log));
    }
    take(to, line.y[i]);
  }
  return out;
}

/// The parts without gaps, and the mark at the end.
void draw_line(Canvas& canvas, const Line& line, const Places& places, const Axis& axis,
               std::size_t curve, const PlotOptions& options) {
  const std::vector<Sample> samples = sample(line, places, axis.log);
  const auto gap = [&](const Sample& s) { return !(s.least <= axis.high); };
  for (auto begin = std::ranges::find_if_not(samples, gap); begin != samples.end();) {
    const auto end = std::find_if(begin, samples.end(), gap);
    draw(canvas, {begin, end}, axis, curve, dash_of(curve, options),
         static_cast<int>(begin - samples.begin()));
    begin = std::find_if_not(end, samples.end(), gap);
  }
  for (const Dot& dot : line.dots)
    if (can_be_drawn(dot.y, axis.log) && dot.y <= axis.high)
      canvas.mark(static_cast<int>(places.of(dot.x)), axis.row(dot.y), '@', curve);
  if (line.end.empty()) return;
  const int across = canvas.dot_columns() / canvas.columns();
  int x = static_cast<int>(places.of(line.x.back())) / across;
  x = std::clamp(x, 0, std::max(0, canvas.columns() - 1 - static_cast<int>(line.end.size())));
  for (const char c : "^" + line.end)
    if (x < canvas.columns()) canvas.mark(x++ * across, axis.row(line.y.back()), c, curve);
}

Axis y_axis(const LinesPlot& plot, const PlotOptions& options) {
  std::vector<Sample> all;
  const auto take = [&](double y) {
    const double v = std::min(std::clamp(y, -4e307, 4e307), plot.top);
    if (can_be_drawn(y, plot.log_y)) all.push_back({v, v, v});
  };
  for (const Line& line : plot.lines) {
    std::ranges::for_each(line.y, take);
    std::ranges::for_each(line.dots, take, &Dot::y);
  }
  if (all.empty()) all = {{0, 0, 0}};
  return axis_over({all}, options, plot.from_zero, plot.log_y);
}

/// Powers of ten; round numbers where there are few of those.
std::vector<Tick> x_ticks(const LinesPlot& plot, const Places& places, const Canvas& canvas) {
  std::vector<double> at;
  if (plot.log_x && places.last >= 100 * places.first)
    for (double power = std::ceil(std::log10(places.first) - 1e-9);
         power <= std::log10(places.last) + 1e-9; ++power)
      at.push_back(std::pow(10, power));
  else
    at = ticks(places.first, places.last, plot.log_x ? 4 : std::clamp(canvas.columns() / 10, 2, 5),
               plot.log_x ? 0 : 1e-9, !plot.log_x);
  std::vector<Tick> out;
  for (const double x : at) {
    const int dot = std::clamp(static_cast<int>(places.of(x)), 0, places.columns - 1);
    out.push_back({dot * canvas.columns() / canvas.dot_columns(), fmt::format("{:g}", x)});
  }
  return out;
}

/// Draws the marks, and returns the lines with their names.
std::string draw_marks(Canvas& canvas, std::vector<NamedPlace> marks, std::size_t curve,
                       const Places& places, const Margin& margin) {
  std::ranges::sort(marks, {}, &NamedPlace::x);
  std::vector<std::string> lines;
  for (const auto& [name, x] : marks) {
    ++curve;
    if (!(x >= places.first && x <= places.last)) continue;
    const int dot = static_cast<int>(places.of(x));
    for (int y = 0; y < canvas.dot_rows(); y += 2) canvas.dot(dot, y, curve);

    const int column = dot * canvas.columns() / canvas.dot_columns();
    const std::string shown = name.substr(0, static_cast<std::size_t>(canvas.columns()));
    const int length = static_cast<int>(shown.size());
    const int begin = std::clamp(column - length / 2, 0, canvas.columns() - length);
    const std::size_t at = margin.width + 2 + static_cast<std::size_t>(begin);
    auto line = std::ranges::find_if(lines, [&](const std::string& l) { return l.size() < at; });
    if (line == lines.end()) line = lines.insert(line, std::string());
    *line += std::string(at - line->size(), ' ') + shown;
  }
  return lines.empty() ? "" : fmt::format("{}\n", fmt::join(lines, "\n"));
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
    if (low != high) take(std::max(low, high));
  }
}

}  // namespace

bool can_be_drawn(double v, bool log) { return std::abs(v) < 1e300 && (!log || v > 1e-300); }

Line thinned(Line line) {
  const std::size_t n = line.x.size();
  if (n <= 4000) return line;
  Line out{line.label, {}, {}, line.end};
  const auto take = [&](std::size_t i) {
    out.x.push_back(line.x[i]);
    out.y.push_back(line.y[i]);
  };
  take_extremes(
      n, n, [&](std::size_t i) { return line.y[i]; }, take);
  return out;
}

LinesPlot rates_plot(std::span<const LabelledSchedule> curves, Step steps) {
  LinesPlot out{
      .x_name = "step", .y_name = "learning rate", .from_zero = true, .title = "learning rate"};
  for (const LabelledSchedule& curve : curves) {
    std::vector<Step> at;
    const auto rate = [&](Step t) { return value(curve.schedule(std::min(t, steps - 1))); };
    take_extremes<Step>(steps, 500, rate, [&](Step t) { at.push_back(t); });
    at.push_back(steps);
    std::vector<double> rates;
    for (const Step t : at) rates.push_back(rate(t));
    Line line{curve.label, {}, {}};
    for (std::size_t i = 0; i < at.size(); ++i) {
      const bool stair = steps <= 2000 && jumps(rates, i);  // in a longer run nobody sees it
      for (const double v : stair ? std::vector{rates[i - 1], rates[i]} : std::vector{rates[i]}) {
        line.x.push_back(static_cast<double>(at[i]));
        line.y.push_back(v);
      }
    }
    out.lines.push_back(line);
  }
  return out;
}

Line level_parts(const std::string& label, const std::vector<double>& values, Step steps) {
  Line out{label, {}, {}};
  const double each = static_cast<double>(steps) / static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    for (const std::size_t end : {i, i + 1}) {
      out.x.push_back(each * static_cast<double>(end));
      out.y.push_back(values[i]);
    }
  return out;
}

std::pair<double, double> range_of_x(const LinesPlot& plot) {
  double least = INFINITY, greatest = -INFINITY;
  for (const Line& line : plot.lines)
    for (const double x : line.x) {
      least = std::min(least, x);
      greatest = std::max(greatest, x);
    }
  if (least > greatest) return {1, 2};
  return {least, greatest > least ? greatest : 2 * least + 1};
}

std::size_t margin_width(const LinesPlot& plot, const PlotOptions& options) {
  return margin_of(y_axis(plot, options), options.height).width;
}

std::string plot(const LinesPlot& plot, const PlotOptions& options, std::size_t width) {
  check_size(options);
  const Axis axis = y_axis(plot, options);
  Margin margin = margin_of(axis, options.height);
  margin.width = std::max(margin.width, width);

  Canvas canvas(options.width - static_cast<int>(margin.width) - 2, options.height, options);
  const auto [first, last] = range_of_x(plot);
  const Places places{first, last, canvas.dot_columns(), plot.log_x};
  const std::string names = draw_marks(canvas, plot.marks, plot.lines.size() - 1, places, margin);
  for (std::size_t i = 0; i < plot.lines.size(); ++i)
    draw_line(canvas, plot.lines[i], places, axis, i, options);
  std::string out =
      names + framed(canvas, margin, plot.x_name, x_ticks(plot, places, canvas), options);
  if (plot.legend && plot.lines.size() > 1)
    for (std::size_t i = 0; i < plot.lines.size(); ++i)
      out += legend_line(i, plot.lines[i].label, options) + '\n';
  return out;
}
