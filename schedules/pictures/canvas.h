#pragma once
/// What pictures for a terminal are made of: a canvas of dots, curves on it, axes around it.

#include <string>
#include <string_view>
#include <vector>

#include <gradus/schedules/plot.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// What a curve does within one column of dots.
struct Sample {
  double first, least, greatest;
};

/// Multiples of 1, 2, 2.5 or 5 times a power of 10 from low to high, or less than `slack` of their
/// distance beyond; about so many intervals.
std::vector<double> ticks(double low, double high, int intervals, double slack, bool whole);

/// The y axis over rows of dots, counted from the top.
struct Axis {
  double low, high;
  int rows;
  std::vector<double> labelled = {};
  bool log = false;  ///< with low > 0

  int row(double v) const;
};
/// Over all values; `from_zero`: and over 0, unless they vary by less than a quarter of the
/// greatest but by more than a thousandth of it. To round numbers, where these are near.
Axis axis_over(const std::vector<std::vector<Sample>>& curves, int rows, int intervals,
               bool from_zero);
/// Logarithmic, over the values above 0; the linear one where there are none.
Axis log_axis_over(const std::vector<std::vector<Sample>>& curves, int rows, int intervals);

class Canvas {
 public:
  Canvas(int columns, int lines, const PlotOptions& options);

  int columns() const { return columns_; }
  int dot_columns() const { return columns_ * across(); }
  int dot_rows() const { return lines_ * down(); }

  /// The curve of what lies beneath all others: it has no colour, and where another one comes it
  /// goes. In ASCII its mark is a point.
  static constexpr std::size_t background = static_cast<std::size_t>(-1);

  void dot(int x, int y, std::size_t curve);
  /// The whole cell: a character.
  void mark(int x, int y, char character, std::size_t curve);
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

/// Draws a curve of one dot's breadth from left to right; `dash` says, dot after dot along it and
/// over again, where it is drawn (1) and not (0).
void draw(Canvas& canvas, const std::vector<Sample>& samples, const Axis& axis, std::size_t curve,
          std::string_view dash);

/// What stands left of each line: labels of equal length and a blank, then the axis.
struct Margin {
  std::vector<std::string> labels;
  std::size_t width;  ///< of the labels
};
Margin margin_of(const Axis& axis, int lines);

/// A place on the x axis: a column of characters, and what stands below it.
struct Tick {
  int column;
  std::string label;
};
/// The canvas's lines with the axes: y from the margin, x from those ticks, from left to right,
/// that have room for their labels.
std::string framed(const Canvas& canvas, const Margin& margin, std::string_view x_name,
                   const std::vector<Tick>& x_ticks, const PlotOptions& options);

/// The mark of a curve where there are no dots: * o + x #, in turn.
char mark_of(std::size_t curve);

/// A label's one line, of at most so many characters.
std::string shortened(std::string label, std::size_t most);

/// ValueError for a width or height outside its limits.
void check_size(const PlotOptions& options);

}}}  // namespace gradus::detail
