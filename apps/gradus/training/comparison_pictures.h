#pragma once
/// The pictures of a comparison: rates, losses and paths, for files and for the terminal.

#include <string>
#include <vector>

#include "pictures/plot_file.h"
#include "training/comparison.h"

/// What the pictures show, and how.
struct PictureOptions : LookOptions {};

std::vector<Panel> make_panels(const Comparison& c, const PictureOptions& look);
std::string pictures(const Comparison& c, const PictureOptions& look);
