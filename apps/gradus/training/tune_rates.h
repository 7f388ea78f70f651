#pragma once
/// The best rate of each schedule, so that a comparison is fair.

#include <vector>

#include "training/comparison.h"

/// Scales each contender by the factor that ends at the lowest mean loss over the seeds: of 1/4 to
/// 4 in steps of 2, further out to 2^12 while the outermost is the best, then with one step of
/// sqrt(2) on both sides. Factors with which a run diverges count as worst. StoppedError after a
/// signal to a SignalWatch.
std::vector<RateSearch> tune_rates(std::vector<Contender>& contenders,
                                   const CompareOptions& options, std::size_t jobs);
