#pragma once
/// Plots in files, drawn by gnuplot.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pictures/panels.h"

/// Commands call it before they train. UsageError unless the file's name ends in .svg, .png or .pdf
/// and it can be written; RunError when there is no gnuplot.
void check_plot_file(const std::string& path);
/// Draws the panels, one below the other, into each of the files, which check_plot_file() has
/// accepted; `term` is skipped. Returns a line about each file. A file appears whole or not at all.
/// RunError when gnuplot fails, IoError when the file cannot be written.
std::string plot_files(const std::vector<std::string>& files,
                       const std::function<std::vector<Panel>()>& panels);
/// The panels as the text of an SVG with a transparent background, to be a part of the file `path`.
std::string to_svg(std::span<const Panel> panels, const std::string& path);
