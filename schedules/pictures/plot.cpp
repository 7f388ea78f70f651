#include <gradus/schedules/canvas.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

namespace {

constexpr std::array<int, 6> ansi_colors{36, 33, 35, 32, 31, 34};

struct Lines {
  std::string_view side, side_tick, corner, floor, floor_tick;
};
constexpr Lines boxes{"│", "┤", "└", "─", "┬"};
constexpr Lines plain{"|", "+", "+", "-", "+"};

/// The x axis and, below it, its labels, each centred under its tick where there is room.
std::string x_axis(int width, std::string_view name, const std::vector<Tick>& x_ticks,
                   std::size_t margin, const Lines& glyphs) {
  const auto columns = static_cast<std::size_t>(width);
  std::vector<bool> ticked(columns);
  std::string labels = fmt::format("{:>{}}", name, margin);
  for (const auto& [column, label] : x_ticks) {
    const auto at = static_cast<std::size_t>(column);
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

/// At most `most` powers of ten from low to high. Where there are fewer than two, their multiples
/// by 2 and 5 too; where these are fewer than two, round numbers.
std::vector<double> log_ticks(double low, double high, int most) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int stride = (last - first) / most + 1;
  for (const std::vector<int>& digits : {std::vector{1}, {1, 2, 5}}) {
    std::vector<double> out;
    for (int power = first; power <= last; power += stride)
      for (const int digit : digits)
        if (const double tick = digit * std::pow(10.0, power);
            tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
          out.push_back(tick);
    if (out.size() >= 2) return out;
  }
  return ticks(low, high, most - 1, 0, false);
}

}  // namespace

// ---- axes ---------------------------------------------------------------------------------------

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

int Axis::row(double v) const {
  const double within = std::clamp(v, low, high);
  const double below_top =
      log ? std::log(high / within) / std::log(high / low) : (high - within) / (high - low);
  return static_cast<int>(std::lround(below_top * (rows - 1)));
}

double between(double a, double b, double part, bool log) {
  if (log && a > 0 && b > 0 && a != b) return std::pow(a, 1 - part) * std::pow(b, part);
  return a + (b - a) * part;  // a level line stays exactly level
}

Axis axis_over(const std::vector<std::vector<Sample>>& curves, const PlotOptions& options,
               bool from_zero, bool log) {
  const int rows = options.height * (options.ascii ? 1 : 4);
  const int intervals = std::min(options.height / 2, 4);
  double low = endless, high = -endless;
  for (const std::vector<Sample>& curve : curves)
    for (const Sample& s : curve)
      for (const double v : {s.least, s.first, s.greatest})
        if (!log || v > 0) low = std::min(low, v), high = std::max(high, v);
  if (low > high) return axis_over(curves, options, true, false);
  if (log) {
    if (high <= low * 1.001) low = high / 10;
    return {low, high, rows, log_ticks(low, high, intervals + 1), true};
  }
  if ((from_zero && high - low >= high / 4) || high - low <= high / 1000) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  if (high - low < 1e-300) high = low + 1;  // zeros only, or nearly
  // To a round number nearby: the last update of a decay from 0.95 may have 0.8501.
  const std::vector<double> labelled = ticks(low, high, intervals, 0.25, false);
  return {std::min(low, labelled.front()), std::max(high, labelled.back()), rows, labelled};
}

// ---- dots ---------------------------------------------------------------------------------------

Canvas::Canvas(int columns, int lines, const PlotOptions& options)
    : columns_(columns),
      lines_(lines),
      options_(options),
      cells_(static_cast<std::size_t>(columns * lines)) {}

Canvas::Cell& Canvas::at(int x, int y) {
  return cells_[static_cast<std::size_t>(y / down() * columns_ + x / across())];
}

void Canvas::dot(int x, int y, std::size_t curve) {
  constexpr int bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  Cell& to = at(x, y);
  if (to.curve == background) to.dots = curve == background ? to.dots : 0;
  to.curve = curve;
  to.dots |= bits[y % down()][x % across()];
}

std::string Canvas::line(int i) const {
  std::string out;
  std::size_t blanks = 0;
  int color = 0;  // the current one; 0 is none
  for (int x = 0; x < columns_; ++x) {
    const Cell& cell = cells_[static_cast<std::size_t>(i * columns_ + x)];
    blanks += cell.dots == 0;
    if (cell.dots == 0) continue;
    out.append(std::exchange(blanks, 0), ' ');
    const bool colored = options_.color && cell.curve != background;
    const int wanted = colored ? ansi_colors[cell.curve % ansi_colors.size()] : 0;
    if (std::exchange(color, wanted) != wanted) out += fmt::format("\x1b[{}m", wanted);
    out += glyph(cell);
  }
  return color == 0 ? out : out + "\x1b[0m";
}

std::string Canvas::glyph(const Cell& cell) const {
  if (cell.character) return std::string(1, cell.character);
  if (options_.ascii) return std::string(1, mark_of(cell.curve));
  return {'\xe2', static_cast<char>(0xa0 | cell.dots >> 6),  // U+2800 + dots in UTF-8
          static_cast<char>(0x80 | (cell.dots & 0x3f))};
}

void draw(Canvas& canvas, const std::vector<Sample>& samples, const Axis& axis, std::size_t curve,
          std::string_view dash, int left) {
  std::size_t drawn = 0;
  int last_top = axis.row(samples[0].first), last_bottom = last_top;
  for (std::size_t x = 0; x < samples.size(); ++x) {
    const int start = axis.row(samples[x].first);
    const int next = x + 1 < samples.size() ? axis.row(samples[x + 1].first) : start;
    int top = axis.row(samples[x].greatest), bottom = axis.row(samples[x].least);
    // The next column draws the row where it begins: a corner has one dot, not two.
    if (bottom == next && bottom > start) --bottom;
    if (top == next && top < start) ++top;
    // The two columns meet, at least at their corners.
    top = std::min(top, last_bottom + 1);
    bottom = std::max(bottom, last_top - 1);
    for (int i = 0; i <= bottom - top; ++i, ++drawn)
      if (dash[drawn % dash.size()] == '1')
        canvas.dot(left + static_cast<int>(x), next < start ? bottom - i : top + i, curve);
    last_top = top;
    last_bottom = bottom;
  }
}

bool jumps(std::span<const double> values, std::size_t i) {
  const auto change = [&](std::size_t k) {
    return k < 1 || k >= values.size() ? 0 : std::abs(values[k] - values[k - 1]);
  };
  return change(i) > 3 * std::max(change(i - 1), change(i + 1));
}

// ---- the picture --------------------------------------------------------------------------------

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

std::string framed(const Canvas& canvas, const Margin& margin, std::string_view x_name,
                   const std::vector<Tick>& x_ticks, const PlotOptions& options) {
  const Lines& glyphs = options.ascii ? plain : boxes;
  std::string out;
  for (int i = 0; i < options.height; ++i) {
    const std::string& label = margin.labels[static_cast<std::size_t>(i)];
    out += fmt::format("{:>{}} {}{}\n", label, margin.width,
                       label.empty() ? glyphs.side : glyphs.side_tick, canvas.line(i));
  }
  return out + x_axis(canvas.columns(), x_name, x_ticks, margin.width, glyphs);
}

char mark_of(std::size_t curve) {
  constexpr std::string_view marks = "*o+x#";
  return curve == Canvas::background ? '.' : marks[curve % marks.size()];
}

std::string shortened(std::string label, std::size_t most) {
  const auto characters = [&] {  // of UTF-8
    return static_cast<std::size_t>(
        std::ranges::count_if(label, [](char c) { return (c & 0xc0) != 0x80; }));
  };
  for (char& c : label)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  if (characters() > most) {
    label.resize(std::min(label.size(), 4 * most));  // a character has at most four bytes
    while (characters() > most - 3) label.pop_back();
    label += "...";
  }
  label.erase(label.find_last_not_of(' ') + 1);
  return label;
}

std::string_view dash_of(std::size_t curve, const PlotOptions& options) {
  constexpr std::array<std::string_view, 4> dashes{"1", "11111100", "1000", "111111001100"};
  return options.ascii || options.color ? dashes[0] : dashes[curve % dashes.size()];
}

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

void check_size(const PlotOptions& options) {
  check(options.width >= 24 && options.width <= 1000, "plot: width must be in [24, 1000] (got {})",
        options.width);
  check(options.height >= 4 && options.height <= 500, "plot: height must be in [4, 500] (got {})",
        options.height);
}

}  // namespace detail

// ---- plot ---------------------------------------------------------------------------------------

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

/// Clamped, so that all differences are finite.
double rate(const Schedule& schedule, Step step) {
  return std::clamp(value(schedule(step)), -4e307, 4e307);
}

/// For fewer steps than columns: straight from the first column of a step to that of the next.
std::vector<Sample> join(const Schedule& schedule, int columns, Step steps, bool log) {
  std::vector<double> rates;
  for (Step t = 0; t < steps; ++t) rates.push_back(rate(schedule, t));
  std::vector<Sample> out;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const bool level = i + 1 == rates.size() || jumps(rates, i + 1);
    const std::size_t begin = out.size();
    const auto end = (static_cast<Step>(i + 1) * columns + steps - 1) / steps;
    while (std::ssize(out) < end) {
      const double part = static_cast<double>(out.size() - begin) /
                          static_cast<double>(end - static_cast<Step>(begin));
      const double v = between(rates[i], rates[level ? i : i + 1], part, log);
      out.push_back({v, v, v});
    }
  }
  return out;
}

std::vector<Sample> sample(const Schedule& schedule, int columns, Step steps, bool log) {
  if (steps < columns) return join(schedule, columns, steps, log);
  std::vector<Sample> out;
  for (int column = 0; column < columns; ++column) {
    const auto [begin, end] = steps_of(column, columns, steps);
    const double first = rate(schedule, begin);
    Sample s{first, first, first};
    const Step count = std::min(end - begin, most_samples);
    for (Step i = 1; i < count; ++i) {
      const double v = rate(schedule, begin + share(end - begin, i, count));
      s.least = std::min(s.least, v);
      s.greatest = std::max(s.greatest, v);
    }
    out.push_back(s);
  }
  return out;
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
    samples.push_back(sample(curve.schedule, widest.dot_columns(), steps, options.log_y));
  const Axis axis = axis_over(samples, options, true, options.log_y);
  const Margin margin = margin_of(axis, options.height);

  Canvas canvas(options.width - static_cast<int>(margin.width) - 2, options.height, options);
  for (std::size_t i = 0; i < curves.size(); ++i)
    draw(canvas, sample(curves[i].schedule, canvas.dot_columns(), steps, options.log_y), axis, i,
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
