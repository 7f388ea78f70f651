#pragma once
/// The pictures of commands, in a terminal and in files.

#include "pictures/plot_contours.h"
#include "pictures/plot_lines.h"

/// One diagram, with the name that --panels knows.
struct Panel {
  std::string name;
  std::variant<LinesPlot, gradus::ContourPlot> drawing;
  bool on_request = false;  ///< not drawn unless --panels names it

  std::string title() const {
    return std::visit([](const auto& plot) { return plot.title; }, drawing);
  }
};

/// A part of a page. The page's lower left corner is 0, 0, and its size is 1.
struct Rectangle {
  double x = 0, y = 0, width = 1, height = 1;
};
/// Commands of gnuplot that draw the panel there.
std::string to_gnuplot(const Panel& panel, const Rectangle& place);
/// The text as a string of gnuplot.
std::string gnuplot_text(std::string_view text);

/// Whether the values that can be drawn differ so much that a logarithmic axis shows more. False if
/// one is 0 or less.
bool spread_far(const std::vector<double>& values);

/// The panels for a terminal of `rows` lines, 0 for any number: one below the other, with y axes in
/// one column; where that is too high, lower, in two columns, or fewer of them, the first ones.
std::string arrange(std::vector<Panel> panels, const gradus::PlotOptions& options, int rows);
