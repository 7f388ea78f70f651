#include "pictures/plot_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <gradus/schedules/canvas.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using namespace detail;

void check_curve(const RateCurve& curve) {
  const std::vector<double>& rates = curve.rates;
  check(rates.size() >= 2, "plot: rates must be at least 2 (got {})", rates.size());
  check(curve.values.size() == rates.size(),
        "plot: values must be as many as the rates, {} (got {})", rates.size(),
        curve.values.size());
  for (std::size_t i = 0; i < rates.size(); ++i) {
    check(std::isfinite(rates[i]) && rates[i] > (i == 0 ? 0 : rates[i - 1]),
          "plot: rates must be finite, > 0 and rising (got {} at {})", rates[i], i);
    check(std::abs(curve.values[i]) <= 4e307, "plot: values must be within 4e307 (got {} at {})",
          curve.values[i], i);
  }
}

/// Converts rates to columns of dots: the first rate is at 0, the last in the last column.
struct Places {
  double first, last;
  int columns;

  double of(double rate) const {
    return std::log(rate / first) / std::log(last / first) * (columns - 1);
  }
};

std::vector<Sample> sample(const RateCurve& curve, const Places& places) {
  const std::vector<double>& y = curve.values;
  std::vector<Sample> out;
  std::size_t next = 1;  // the first point right of the start of the column, or the last point
  for (int column = 0; column < places.columns; ++column) {
    while (next + 1 < y.size() && places.of(curve.rates[next]) <= column) ++next;
    const double left = places.of(curve.rates[next - 1]), right = places.of(curve.rates[next]);
    const double part = std::clamp((column - left) / (right - left), 0.0, 1.0);
    const double first = y[next - 1] * (1 - part) + y[next] * part;
    Sample s{first, first, first};
    for (std::size_t i = next; i < y.size() && places.of(curve.rates[i]) < column + 1; ++i) {
      s.least = std::min(s.least, y[i]);
      s.greatest = std::max(s.greatest, y[i]);
    }
    out.push_back(s);
  }
  return out;
}

/// Powers of ten; round numbers where there are few of those.
std::vector<Tick> rate_ticks(const Places& places, const Canvas& canvas) {
  std::vector<double> rates;
  const double low = std::log10(places.first), high = std::log10(places.last);
  if (high - low < 2)
    rates = ticks(places.first, places.last, 4, 0, false);
  else
    for (double power = std::ceil(low - 1e-9); power <= high + 1e-9; ++power)
      rates.push_back(std::pow(10, power));
  std::vector<Tick> out;
  for (const double rate : rates) {
    const int dot = std::clamp(static_cast<int>(places.of(rate)), 0, places.columns - 1);
    out.push_back({dot * canvas.columns() / canvas.dot_columns(), fmt::format("{:g}", rate)});
  }
  return out;
}

/// Draws the marks, and returns the lines with their names.
std::string draw_marks(Canvas& canvas, std::vector<RateMark> marks, const Places& places,
                       const Margin& margin) {
  std::sort(marks.begin(), marks.end(),
            [](const auto& a, const auto& b) { return a.rate < b.rate; });
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const double rate = marks[i].rate;
    if (!(rate >= places.first && rate <= places.last)) continue;
    const int dot = static_cast<int>(places.of(rate));
    for (int y = 0; y < canvas.dot_rows(); y += 2) canvas.dot(dot, y, i + 1);

    const int column = dot * canvas.columns() / canvas.dot_columns();
    const std::string name = marks[i].name.substr(0, static_cast<std::size_t>(canvas.columns()));
    const int length = static_cast<int>(name.size());
    const int begin = std::clamp(column - length / 2, 0, canvas.columns() - length);
    const std::size_t at = margin.width + 2 + static_cast<std::size_t>(begin);
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const std::string& l) { return l.size() < at; });
    if (line == lines.end()) line = lines.insert(line, std::string());
    *line += std::string(at - line->size(), ' ') + name;
  }
  return lines.empty() ? "" : fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace

std::string plot(const RateCurve& curve, const PlotOptions& options) {
  check_curve(curve);
  check_size(options);
  const double first = curve.rates.front(), last = curve.rates.back();
  const Canvas widest(options.width - 6, options.height, options);
  const std::vector<std::vector<Sample>> samples{
      sample(curve, {first, last, widest.dot_columns()})};
  const int intervals = std::min(options.height / 2, 4);
  const Axis axis = options.log_y ? log_axis_over(samples, widest.dot_rows(), intervals)
                                  : axis_over(samples, widest.dot_rows(), intervals, false);
  const Margin margin = margin_of(axis, options.height);

  Canvas canvas(options.width - static_cast<int>(margin.width) - 2, options.height, options);
  const Places places{first, last, canvas.dot_columns()};
  const std::string names = draw_marks(canvas, curve.marks, places, margin);
  draw(canvas, sample(curve, places), axis, 0, "1");
  return names + framed(canvas, margin, "rate", rate_ticks(places, canvas), options);
}

}}  // namespace gradus
