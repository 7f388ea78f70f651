#pragma once
/// Plots in files, drawn by gnuplot.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pictures/panels.h"
#include "terminal/command.h"

/// Before hours are spent on what then cannot be drawn. UsageError unless the ending is .svg, .png
/// or .pdf, the name such as gnuplot can take, and the folder one to write to; RunError when there
/// is no gnuplot.
void check_plot_file(const std::string& path);
/// Draws the panels, one below the other, into each file that --plot names and check_plot_file()
/// has let pass; returns a line of each. A file appears whole or not at all. RunError when gnuplot
/// fails.
std::string plot_files(const LookOptions& look, const std::function<std::vector<Panel>()>& panels);
/// Panels as the text of an SVG, transparent, for a part of `path`.
std::string svg_of(std::span<const Panel> panels, const std::string& path);
