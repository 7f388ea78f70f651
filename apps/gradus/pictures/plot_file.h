#pragma once
/// The options of every command that shows something, and plots in files, drawn by gnuplot.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pictures/panels.h"

/// Where and how to show the results.
struct LookOptions {
  std::vector<std::string> plots;  ///< `term`, or files
  bool csv = false, json = false, ascii = false;
  std::string color = "auto";

  static void options(auto& self, auto&& option) {
    option(self.plots, "--plot", "Where to draw: term (the default), or a file .svg, .png or .pdf",
           "WHERE");
    option(self.csv, "--csv", "Print only the numbers, as CSV");
    option(self.json, "--json", "Print only the results, as JSON");
    option(self.ascii, "--ascii", "Draw with plain characters instead of Braille");
    option(self.color, "--color", "Colours: auto, always or never", "WHEN");
  }

  /// Whether `--plot term` was given.
  bool wants_terminal() const;
  /// Whether the text for people includes pictures.
  bool draws() const { return plots.empty() || wants_terminal(); }
  /// Whether stdout gets only data. UsageError for options that contradict each other and for a
  /// file that cannot be drawn.
  bool check_and_want_data() const;
  /// For pictures on the terminal.
  gradus::PlotOptions terminal(int height = gradus::PlotOptions{}.height) const;
};

/// Draws the panels, one below the other, into each of the files, which
/// check_and_want_data() has accepted; `term` is skipped. Returns a line about each file. A file
/// appears whole or not at all. RunError when gnuplot fails, IoError when the file cannot be
/// written.
std::string plot_files(const std::vector<std::string>& files,
                       const std::function<std::vector<Panel>()>& panels);
/// The panels as the text of an SVG with a transparent background, to be a part of the file `path`.
std::string to_svg(std::span<const Panel> panels, const std::string& path);
