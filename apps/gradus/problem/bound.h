#pragma once
/// The bound of convex theory for a rate, as a sentence and as JSON.

#include <gradus/schedules/worst_case.h>

#include <optional>
#include <string>

#include "terminal/json.h"

/// The worst case of this rate. None for rates below 0 or all 0, for numbers that are too large or
/// too small, and for more than 10^6 steps.
std::optional<gradus::WorstCase> find_bound(const gradus::Schedule& s, gradus::Step steps);
/// `worst case 1.03 times linear decay's; where 0.1 is right as a constant rate, try ...`, or "".
std::string about_bound(const gradus::Schedule& s, gradus::Step steps, const std::string& before);
/// null for none.
Json to_json(const std::optional<gradus::WorstCase>& bound);
