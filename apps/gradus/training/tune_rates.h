#pragma once
/// The best rate of each schedule, so that a comparison is fair.

#include "training/comparison.h"

/// Scales each contender to the lowest mean final loss over the seeds, and skips these seeds from
/// then on. Tries factors of 1/4 to 4 in steps of 2, goes on up to 2^12 while the outermost is the
/// best, then tries sqrt(2) on both sides. A factor with which a run diverges is the worst.
/// UsageError for a schedule without a rate above 0; StoppedError after a signal to a SignalWatch.
std::vector<RateSearch> tune_rates(std::vector<Contender>& contenders, CompareOptions& options,
                                   std::size_t jobs);
