#pragma once
/// The loss surface of a model of two weights.

#include "pictures/plot_contours.h"
#include "problem/problem.h"

/// The loss on all rows around the paths, the paths, and the lowest loss as the goal. The model has
/// two weights. A path that goes far beyond the start and the goal does not widen the picture.
/// Where paths end in a small part of it, that part is an inset.
gradus::ContourPlot loss_surface(const Problem& problem, const std::vector<gradus::Path>& paths);
/// The surface around a start alone, with the goal and with room for paths that swing past it.
gradus::ContourPlot loss_surface(const Problem& problem, const std::array<double, 2>& start);
