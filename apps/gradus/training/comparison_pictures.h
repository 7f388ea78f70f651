#pragma once
/// The pictures of a comparison: rates, losses and paths, for files and for the terminal.

#include "pictures/plot_file.h"
#include "training/comparison.h"

/// The options of the pictures.
struct PictureOptions : LookOptions {
  bool excess = false;

  static void options(auto& self, auto&& option) {
    LookOptions::options(self, option);
    option(self.excess, "--excess",
           "Draw the loss above the least possible (the default where that is known), or above the "
           "least seen");
  }
};

/// The panels: rate, momentum where it moves, tune, excess or loss, accuracy, path.
std::vector<Panel> make_panels(const Comparison& c, const PictureOptions& look);
