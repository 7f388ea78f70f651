#pragma once
/// Plots in files, drawn by gnuplot.

#include <span>
#include <string>

#include "panels.h"

/// UsageError unless the ending is .svg, .png or .pdf, and the name such as gnuplot can take.
void check_plot_file(const std::string& path);
/// Writes the panels, one below the other, to `path`, whose ending says how. The file appears whole
/// or not at all. What check_plot_file() throws; RunError when there is no gnuplot, or it fails.
void plot_file(const std::string& path, std::span<const Panel> panels);
inline void plot_file(const std::string& path, const Panel& panel) {
  plot_file(path, std::span(&panel, 1));
}
/// The same as the text of an SVG, transparent, for a part of `path`.
std::string svg_of(std::span<const Panel> panels, const std::string& path);
