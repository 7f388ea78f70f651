#include <gradus/schedules/plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <gradus/schedules/canvas.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using namespace detail;

constexpr Step most_samples = 2000;  // in a column of dots

/// The steps that a column of dots shows: begin ... end - 1.
struct Interval {
  Step begin, end;
};
/// floor(total * i / n) for i <= n, without its overflow.
Step share(Step total, Step i, Step n) { return total / n * i + total % n * i / n; }

Interval steps_of(int column, int columns, Step steps) {
  const Step begin = share(steps, column, columns);
  return {begin, std::max(begin + 1, share(steps, column + 1, columns))};
}

/// The first column that shows this step, or the last one of all.
int column_of(Step step, int columns, Step steps) {
  int column = 0;
  while (column < columns - 1 && steps_of(column, columns, steps).end <= step) ++column;
  return column;
}

std::vector<Sample> sample(const Schedule& schedule, int columns, Step steps) {
  // Clamped, so that all differences are finite.
  const auto rate = [&](Step step) { return std::clamp(value(schedule(step)), -4e307, 4e307); };
  std::vector<Sample> out;
  for (int column = 0; column < columns; ++column) {
    const auto [begin, end] = steps_of(column, columns, steps);
    const double first = rate(begin);
    Sample s{first, first, first};
    const Step count = std::min(end - begin, most_samples);
    for (Step i = 1; i < count; ++i) {
      const double v = rate(begin + share(end - begin, i, count));
      s.least = std::min(s.least, v);
      s.greatest = std::max(s.greatest, v);
    }
    out.push_back(s);
  }
  return out;
}

/// Curves use these in turn.
constexpr std::array<std::string_view, 4> dashes{"1", "11111100", "1000", "111111001100"};

std::string_view dash_of(std::size_t curve, const PlotOptions& options) {
  return options.ascii || options.color ? dashes[0] : dashes[curve % dashes.size()];
}

/// A short piece of the curve, then its label.
std::string legend_line(std::size_t curve, const std::string& label, const PlotOptions& options) {
  constexpr int length = 7;  // no kind of dashes ends in a blank there
  Canvas piece(options.ascii ? 1 : length, 1, options);
  const Axis flat{-1, 1, piece.dot_rows()};
  draw(piece, std::vector<Sample>(static_cast<std::size_t>(piece.dot_columns())), flat, curve,
       dash_of(curve, options));
  const int taken = piece.columns() + 3;  // with the blanks
  const std::string text = shortened(label, static_cast<std::size_t>(options.width - taken));
  return "  " + piece.line(0) + (text.empty() ? "" : " " + text);
}

std::vector<Tick> step_ticks(const Canvas& canvas, Step steps) {
  std::vector<Tick> out;
  const int intervals = std::clamp(canvas.columns() / 10, 2, 5);
  for (const double tick : ticks(0, static_cast<double>(steps), intervals, 1e-9, true)) {
    const int dot = column_of(static_cast<Step>(tick), canvas.dot_columns(), steps);
    out.push_back({dot * canvas.columns() / canvas.dot_columns(), fmt::format("{:g}", tick)});
  }
  return out;
}

std::string picture(std::span<const LabelledSchedule> curves, Step steps,
                    const PlotOptions& options) {
  check(!curves.empty(), "plot: curves must not be empty (got 0)");
  check(steps >= 1, "plot: steps must be >= 1 (got {})", steps);
  check_size(options);
  // Sampled twice: the values decide the labels, and their width how many columns are left.
  const Canvas widest(options.width - 6, options.height, options);
  std::vector<std::vector<Sample>> samples;
  for (const LabelledSchedule& curve : curves)
    samples.push_back(sample(curve.schedule, widest.dot_columns(), steps));
  const int intervals = std::min(options.height / 2, 4);
  const Axis axis = options.log_y ? log_axis_over(samples, widest.dot_rows(), intervals)
                                  : axis_over(samples, widest.dot_rows(), intervals, true);
  const Margin margin = margin_of(axis, options.height);

  Canvas canvas(options.width - static_cast<int>(margin.width) - 2, options.height, options);
  for (std::size_t i = 0; i < curves.size(); ++i)
    draw(canvas, sample(curves[i].schedule, canvas.dot_columns(), steps), axis, i,
         dash_of(i, options));
  return framed(canvas, margin, "step", step_ticks(canvas, steps), options);
}

}  // namespace

std::string plot(const Schedule& schedule, Step steps, const PlotOptions& options) {
  const LabelledSchedule curve{"", schedule};
  return picture(std::span(&curve, 1), steps, options);
}

std::string plot(std::span<const LabelledSchedule> curves, Step steps, const PlotOptions& options) {
  std::string out = picture(curves, steps, options);
  for (std::size_t i = 0; i < curves.size(); ++i)
    out += legend_line(i, curves[i].label, options) + '\n';
  return out;
}

}}  // namespace gradus
