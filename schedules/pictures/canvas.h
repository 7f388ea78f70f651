#pragma once
/// The parts of a picture for a terminal: a canvas of dots, curves on it, axes around it.

#include <gradus/schedules/plot.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// A curve's values within one column of dots.
struct Sample {
  double first, least, greatest;
};

/// About `intervals` + 1 multiples of 1, 2, 2.5 or 5 times a power of 10, from low to high; up to
/// `slack` of their distance beyond.
std::vector<double> ticks(double low, double high, int intervals, double slack, bool whole);

/// The y axis over rows of dots, counted from the top.
struct Axis {
  double low, high;
  int rows;
  std::vector<double> labelled = {};
  bool log = false;  ///< with low > 0

  int row(double v) const;
};
/// The axis of a picture of this size, from the lowest to the highest value; with `from_zero` also
/// over 0, unless the values vary by less than a quarter and more than a thousandth of the highest.
/// Ends at round numbers nearby. With `log`, over the values above 0; linear where there are none.
Axis axis_over(const std::vector<std::vector<Sample>>& curves, const PlotOptions& options,
               bool from_zero, bool log);

class Canvas {
 public:
  Canvas(int columns, int lines, const PlotOptions& options);

  int columns() const { return columns_; }
  int dot_columns() const { return columns_ * across(); }
  int dot_rows() const { return lines_ * down(); }

  /// The curve under all others, which replace it. It has no colour; in ASCII its mark is a point.
  static constexpr std::size_t background = static_cast<std::size_t>(-1);

  void dot(int x, int y, std::size_t curve);
  /// Fills the whole cell with a character.
  void mark(int x, int y, char character, std::size_t curve) { at(x, y) = {curve, 1, character}; }
  /// Without trailing blanks.
  std::string line(int i) const;

 private:
  struct Cell {
    std::size_t curve = 0;  ///< the last one drawn in it
    int dots = 0;
    char character = 0;  ///< in place of the dots
  };
  int across() const { return options_.ascii ? 1 : 2; }
  int down() const { return options_.ascii ? 1 : 4; }
  Cell& at(int x, int y);
  std::string glyph(const Cell& cell) const;

  int columns_, lines_;
  PlotOptions options_;
  std::vector<Cell> cells_;
};

/// Draws a curve, one dot thick, from column `left` to the right; `dash`, repeated, has a 0 for a
/// dot left out.
void draw(Canvas& canvas, const std::vector<Sample>& samples, const Axis& axis, std::size_t curve,
          std::string_view dash, int left = 0);
/// The dashes of a curve, which differ where neither colours nor marks do.
std::string_view dash_of(std::size_t curve, const PlotOptions& options);

/// Whether the change to values[i] is far above the changes beside it. Pictures join neighbouring
/// values by a straight line, except at a jump: there the earlier value holds.
bool jumps(std::span<const double> values, std::size_t i);
/// The value on the line from a to b; with `log` on that of their logarithms, if both are above 0.
double between(double a, double b, double part, bool log);

/// The labels of the y axis, one for each line, right-aligned.
struct Margin {
  std::vector<std::string> labels;
  std::size_t width;  ///< of the labels
};
Margin margin_of(const Axis& axis, int lines);

/// A label under a column of the x axis.
struct Tick {
  int column;
  std::string label;
};
/// The canvas with the margin's y axis and an x axis, without ticks whose labels have no room.
std::string framed(const Canvas& canvas, const Margin& margin, std::string_view x_name,
                   const std::vector<Tick>& x_ticks, const PlotOptions& options);

/// The mark of a curve in ASCII: * o + x #, in turn.
char mark_of(std::size_t curve);

/// The label on one line, cut to at most `most` characters.
std::string shortened(std::string label, std::size_t most);

/// A short piece of the curve, then its label.
std::string legend_line(std::size_t curve, const std::string& label, const PlotOptions& options);

/// ValueError for a width or height outside its limits.
void check_size(const PlotOptions& options);

}}}  // namespace gradus::detail
