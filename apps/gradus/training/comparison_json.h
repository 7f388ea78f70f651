#pragma once
/// A comparison as JSON: the one writer for `gradus compare --json` and for the page.

#include <gradus/schedules/worst_case.h>

#include "terminal/json.h"
#include "training/comparison.h"

/// The rates, or the momenta, of the first `steps` updates.
std::vector<double> values_of(const gradus::Schedule& schedule, gradus::Step steps);
/// The convex bound. None unless the optimizer is plain SGD: it is for subgradient steps.
std::optional<gradus::WorstCase> bound_of(const Contender& c);
/// Loss and metrics of a constant prediction on all rows, if all schedules have the same rows and
/// loss.
std::optional<gradus::Evaluation> constant_of(const Comparison& c);

/// `command` has the words after `gradus` that make this comparison. `least_loss` is that of any
/// weights; null where it is not known, or not the same for all.
Json to_json(const Comparison& c, const CompareOptions& options,
             const std::vector<std::string>& command);
