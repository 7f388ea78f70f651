#pragma once
/// The entries of a comparison with what they train.

#include <span>
#include <vector>

#include "problem/entry.h"
#include "training/comparison.h"

/// Reads the options of the entries, then the data, and builds the models. Entries with the same
/// options share a problem. UsageError, also for a label that stands twice, or what gradus throws.
std::vector<Contender> make_contenders(std::span<const Entry> entries);
