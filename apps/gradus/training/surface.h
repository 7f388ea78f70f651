#pragma once
/// The loss of a model of two weights, as a landscape.

#include "pictures/plot_contours.h"

#include <array>
#include <span>
#include <vector>

#include "problem/problem.h"

/// The problem's loss on all rows around what the paths have seen, with the paths and, as the goal,
/// where the loss is least. Its model has two weights, and stays as it is. A path that leaves the
/// others far behind does not count.
gradus::ContourPlot landscape(const Problem& problem, std::vector<gradus::Path> paths);
