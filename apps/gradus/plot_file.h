#pragma once
/// Plots in files, drawn by gnuplot.

#include <span>
#include <string>

#include "panels.h"

/// Before hours are spent on what then cannot be drawn. UsageError unless the ending is .svg, .png
/// or .pdf, the name such as gnuplot can take, and the folder one to write to; RunError when there
/// is no gnuplot.
void check_plot_file(const std::string& path);
/// Writes the panels, one below the other, to `path`, whose ending says how. The file appears whole
/// or not at all. For a path that check_plot_file() has let pass; RunError when gnuplot fails.
void plot_file(const std::string& path, std::span<const Panel> panels);
inline void plot_file(const std::string& path, const Panel& panel) {
  plot_file(path, std::span(&panel, 1));
}
/// The same as the text of an SVG, transparent, for a part of `path`.
std::string svg_of(std::span<const Panel> panels, const std::string& path);
