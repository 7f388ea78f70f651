#pragma once
/// Small pictures of schedules for READMEs, readable on light and on dark pages.

#include <string>

/// Writes `<Type>.svg` for each known schedule, with its example over 100 steps, and `gallery.svg`
/// with three expressions into the folder. IoError.
std::string draw_gallery(const std::string& folder);
