#pragma once
/// The options of every command that shows something, and plots in files, drawn by gnuplot.

#include "pictures/panels.h"

/// Where and how to show the results.
struct LookOptions {
  std::vector<std::string> plots;  ///< `term`, `term:tall`, or files
  std::vector<std::string> panels;
  std::string size = "page", color = "auto";
  bool csv = false, json = false, ascii = false, log_y = false;

  static void options(auto& self, auto&& option) {
    option(self.plots, "--plot",
           "Where to draw: term (the default), term:tall, or a file .svg, .png or .pdf", "WHERE");
    option(self.panels, "--panels", "What to draw, and in which order: rate,loss", "NAME,...");
    option(self.log_y, "--log-y", "Draw with logarithmic y axes");
    option(self.size, "--size", "Of files: page, or slide for large text", "SIZE");
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
  gradus::PlotOptions terminal() const;

  /// The panels that are asked for, in their order. UsageError if there is none of them.
  std::vector<Panel> choose(std::vector<Panel> drawn) const;
  /// The chosen panels for the terminal, so low that `below` fits on the screen with them; ""
  /// unless draws().
  std::string pictures(const std::vector<Panel>& drawn, const std::string& below) const;
  /// Draws the chosen panels into each of the files, which check_and_want_data() has accepted.
  /// Returns a line about each file. A file appears whole or not at all. RunError when gnuplot
  /// fails, IoError when the file cannot be written.
  std::string files(const std::vector<Panel>& drawn) const;
};

/// The panels as the text of an SVG with a transparent background, to be a part of the file `path`.
std::string to_svg(std::span<const Panel> panels, const std::string& path);
