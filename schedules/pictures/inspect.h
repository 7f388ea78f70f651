#pragma once
/// Looking at a schedule before training with it: its values where something happens, and what a
/// teacher would say about it. For pictures see schedules/plot.h.

#include <string>
#include <string_view>
#include <vector>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A step worth looking at.
struct Landmark {
  Step step;
  Real rate;
  /// "start", "1/4", "1/2", "3/4", "last update", "end", "highest", "lowest", "jump", "corner"
  std::string_view what;
};

/// The steps of a run of `steps` updates where something happens, in order: its start, quarters,
/// last update and the step after it; where it is highest and lowest; jumps (a change of at least a
/// thousandth of the whole range, far greater than the usual one about it) and corners (the same of
/// the slope). Every step is looked at in runs of up to 65536; in longer ones, as many evenly
/// spaced ones, and those that promise something then step by step: of jumps closer together than
/// that, some are missed. ValueError unless steps >= 1.
std::vector<Landmark> landmarks(const Schedule& s, Step steps);

/// The same as text, a line each, under a heading; of many jumps only the greatest.
std::string table(const Schedule& s, Step steps);

/// What might not be meant, a sentence each; none for a schedule that fits the run. It speaks of a
/// jump at a `>>`; a schedule that ends before the run does, or after; a rate of 0 at step 0, of 0
/// for a good part of the run, or below 0; a rate that hardly moves over the run, as one does that
/// was written in epochs. ValueError unless steps >= 1.
std::vector<std::string> inspect(const Schedule& s, Step steps);

}}  // namespace gradus
