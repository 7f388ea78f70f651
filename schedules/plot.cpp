#include <gradus/schedules/plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_VARIANT {

namespace {

// ---- sampling -----------------------------------------------------------------------------------

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

/// What a schedule does within one column.
struct Sample {
  double first, least, greatest;
};

std::vector<Sample> sample(const Schedule& schedule, int columns, Step steps) {
  // Differences of these are finite, whatever the schedule gives.
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

// ---- axes ---------------------------------------------------------------------------------------

/// Multiples of 1, 2, 2.5 or 5 times a power of 10 from low to high, or less than `slack` of their
/// distance beyond; about so many intervals.
std::vector<double> ticks(double low, double high, int intervals, double slack, bool whole) {
  const double span = high - low;
  const double power = std::pow(10, std::floor(std::log10(span / intervals)));
  const auto misses_by = [&](double distance) { return std::abs(span / distance - intervals); };
  double best = 10 * power;
  for (const double digits : {5.0, 2.5, 2.0, 1.0}) {
    const double distance = digits * power;
    if (whole && distance != std::floor(distance)) continue;
    if (misses_by(distance) < misses_by(best)) best = distance;
  }
  std::vector<double> out;
  for (double i = std::ceil(low / best - slack); i <= high / best + slack; ++i)
    out.push_back(i * best + 0.0);  // + 0: never -0
  return out;
}

/// The y axis over rows of dots, counted from the top.
struct Axis {
  double low, high;
  int rows;
  std::vector<double> labelled = {};

  int row(double v) const {
    const double below_top = (high - std::clamp(v, low, high)) / (high - low);
    return static_cast<int>(std::lround(below_top * (rows - 1)));
  }
};

Axis axis_over(const std::vector<std::vector<Sample>>& curves, int rows, int intervals) {
  double low = curves[0][0].first, high = low;
  for (const std::vector<Sample>& curve : curves)
    for (const Sample& s : curve) {
      low = std::min(low, s.least);
      high = std::max(high, s.greatest);
    }
  if (high - low >= high / 4 || high - low <= high / 1000) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  if (high - low < 1e-300) high = low + 1;  // nothing but zeros, or as good as
  // Up to a round number that is near: of a decay from 0.95, the last update may have 0.8501.
  const std::vector<double> labelled = ticks(low, high, intervals, 0.25, false);
  return {std::min(low, labelled.front()), std::max(high, labelled.back()), rows, labelled};
}

// ---- dots ---------------------------------------------------------------------------------------

/// Where a curve is drawn (1) and not (0), dot after dot along it; curves take turns.
constexpr std::array<std::string_view, 4> dashes{"1", "11111100", "1000", "111111001100"};
constexpr std::string_view marks = "*o+x#";
constexpr std::array<int, 6> ansi_colors{36, 33, 35, 32, 31, 34};

template <class List>
auto in_turn(const List& list, std::size_t i) {
  return list[i % list.size()];
}

class Canvas {
 public:
  Canvas(int columns, int lines, const PlotOptions& options)
      : columns_(columns),
        lines_(lines),
        options_(options),
        cells_(static_cast<std::size_t>(columns * lines)) {}

  int columns() const { return columns_; }
  int dot_columns() const { return columns_ * across(); }
  int dot_rows() const { return lines_ * down(); }

  void dot(int x, int y, std::size_t curve) {
    constexpr int bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    Cell& cell = cells_[static_cast<std::size_t>(y / down() * columns_ + x / across())];
    cell.curve = curve;
    cell.dots |= bits[y % down()][x % across()];
  }
  /// Without trailing blanks.
  std::string line(int i) const {
    std::string out;
    std::size_t blanks = 0;
    int color = 0;  // in force; 0 is none
    for (int x = 0; x < columns_; ++x) {
      const Cell& cell = cells_[static_cast<std::size_t>(i * columns_ + x)];
      if (cell.dots == 0) {
        ++blanks;
        continue;
      }
      out.append(std::exchange(blanks, 0), ' ');
      const int wanted = options_.color ? in_turn(ansi_colors, cell.curve) : 0;
      if (std::exchange(color, wanted) != wanted) out += fmt::format("\x1b[{}m", wanted);
      out += glyph(cell);
    }
    return color == 0 ? out : out + "\x1b[0m";
  }

 private:
  struct Cell {
    std::size_t curve = 0;  ///< the last one drawn in it
    int dots = 0;
  };
  int across() const { return options_.ascii ? 1 : 2; }
  int down() const { return options_.ascii ? 1 : 4; }
  std::string glyph(const Cell& cell) const {
    if (options_.ascii) return std::string(1, in_turn(marks, cell.curve));
    return {'\xe2', static_cast<char>(0xa0 | cell.dots >> 6),  // U+2800 + dots in UTF-8
            static_cast<char>(0x80 | (cell.dots & 0x3f))};
  }

  int columns_, lines_;
  PlotOptions options_;
  std::vector<Cell> cells_;
};

/// Draws a curve of one dot's breadth from left to right.
void draw(Canvas& canvas, const std::vector<Sample>& samples, const Axis& axis, std::size_t curve,
          std::string_view dash) {
  std::size_t drawn = 0;
  int last_top = axis.row(samples[0].first), last_bottom = last_top;
  for (std::size_t x = 0; x < samples.size(); ++x) {
    const int start = axis.row(samples[x].first);
    const int next = x + 1 < samples.size() ? axis.row(samples[x + 1].first) : start;
    int top = axis.row(samples[x].greatest), bottom = axis.row(samples[x].least);
    // The row where the next column begins is left to that: a corner has no dot of its own.
    if (bottom == next && bottom > start) --bottom;
    if (top == next && top < start) ++top;
    // The two columns meet, be it over a corner.
    top = std::min(top, last_bottom + 1);
    bottom = std::max(bottom, last_top - 1);
    for (int i = 0; i <= bottom - top; ++i, ++drawn)
      if (dash[drawn % dash.size()] == '1')
        canvas.dot(static_cast<int>(x), next < start ? bottom - i : top + i, curve);
    last_top = top;
    last_bottom = bottom;
  }
}

// ---- the picture --------------------------------------------------------------------------------

struct Lines {
  std::string_view side, side_tick, corner, floor, floor_tick;
};
constexpr Lines boxes{"│", "┤", "└", "─", "┬"};
constexpr Lines plain{"|", "+", "+", "-", "+"};

/// What stands left of each line: labels of equal length and a blank, then the axis.
struct Margin {
  std::vector<std::string> labels;
  std::size_t width;  ///< of the labels
};

Margin margin_of(const Axis& axis, int lines) {
  const int dots = axis.rows / lines;
  Margin out{std::vector<std::string>(static_cast<std::size_t>(lines)), 4};  // "step" fits
  for (const double tick : axis.labelled) {
    std::string& label = out.labels[static_cast<std::size_t>(axis.row(tick) / dots)];
    label = fmt::format("{:g}", tick);
    out.width = std::max(out.width, label.size());
  }
  return out;
}

/// The x axis and, below it, its labels, each centred under its tick where there is room.
std::string x_axis(const Canvas& canvas, Step steps, std::size_t margin, const Lines& glyphs) {
  const auto columns = static_cast<std::size_t>(canvas.columns());
  std::vector<bool> ticked(columns);
  std::string labels = fmt::format("{:>{}}", "step", margin);
  const int intervals = std::clamp(canvas.columns() / 10, 2, 5);
  for (const double tick : ticks(0, static_cast<double>(steps), intervals, 1e-9, true)) {
    const int dot = column_of(static_cast<Step>(tick), canvas.dot_columns(), steps);
    const auto at = static_cast<std::size_t>(dot * canvas.columns() / canvas.dot_columns());
    const std::string label = fmt::format("{:g}", tick);
    const std::size_t begin =
        margin + 2 + std::min(at - std::min(at, label.size() / 2), columns - label.size());
    if (begin <= labels.size()) continue;
    labels += std::string(begin - labels.size(), ' ') + label;
    ticked[at] = true;
  }
  std::string line = std::string(margin + 1, ' ') + std::string(glyphs.corner);
  for (const bool tick : ticked) line += tick ? glyphs.floor_tick : glyphs.floor;
  return line + '\n' + labels + '\n';
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// A label's one line, of at most so many characters.
std::string shortened(std::string label, std::size_t most) {
  for (char& c : label)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  if (characters(label) > most) {
    while (characters(label) > most - 3) label.pop_back();
    label += "...";
  }
  label.erase(label.find_last_not_of(' ') + 1);
  return label;
}

std::string_view dash_of(std::size_t curve, const PlotOptions& options) {
  return options.ascii || options.color ? dashes[0] : in_turn(dashes, curve);
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

void check_options(std::size_t curves, Step steps, const PlotOptions& options) {
  check(curves > 0, "plot: curves must not be empty (got 0)");
  check(steps >= 1, "plot: steps must be >= 1 (got {})", steps);
  check(options.width >= 24 && options.width <= 1000, "plot: width must be in [24, 1000] (got {})",
        options.width);
  check(options.height >= 4 && options.height <= 500, "plot: height must be in [4, 500] (got {})",
        options.height);
}

std::string picture(std::span<const LabelledSchedule> curves, Step steps,
                    const PlotOptions& options) {
  check_options(curves.size(), steps, options);
  // The values decide the labels, and these how many columns are left: so it is sampled twice.
  const Canvas widest(options.width - 6, options.height, options);
  std::vector<std::vector<Sample>> samples;
  for (const LabelledSchedule& curve : curves)
    samples.push_back(sample(curve.schedule, widest.dot_columns(), steps));
  const Axis axis = axis_over(samples, widest.dot_rows(), std::min(options.height / 2, 4));
  const Margin margin = margin_of(axis, options.height);

  Canvas canvas(options.width - static_cast<int>(margin.width) - 2, options.height, options);
  for (std::size_t i = 0; i < curves.size(); ++i)
    draw(canvas, sample(curves[i].schedule, canvas.dot_columns(), steps), axis, i,
         dash_of(i, options));
  const Lines& glyphs = options.ascii ? plain : boxes;
  std::string out;
  for (int i = 0; i < options.height; ++i) {
    const std::string& label = margin.labels[static_cast<std::size_t>(i)];
    out += fmt::format("{:>{}} {}{}\n", label, margin.width,
                       label.empty() ? glyphs.side : glyphs.side_tick, canvas.line(i));
  }
  return out + x_axis(canvas, steps, margin.width, glyphs);
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

}  // namespace gradus
