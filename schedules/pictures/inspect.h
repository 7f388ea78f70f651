#pragma once
/// Looks at a schedule before it is trained with: its values where something happens, and notes on
/// what may be a mistake. For pictures see schedules/plot.h.

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
/// thousandth of the range, far above the usual nearby) and corners (the same for the slope). Up to
/// 65536 steps, each is examined. A longer run is sampled, and examined closely where something
/// happens; of jumps closer than the samples some are missed. ValueError unless steps >= 1.
std::vector<Landmark> landmarks(const Schedule& s, Step steps);

/// The landmarks as text, one line each under a heading; of many jumps only the greatest.
std::string table(const Schedule& s, Step steps);

/// Notes on what may be a mistake, one sentence each; none for a schedule that fits the run. They
/// cover a jump at a `>>`; a schedule that ends before the run or after it; a rate of 0 at step 0
/// or for much of the run, or below 0; a rate that hardly changes over the run, which happens when
/// it is written in epochs. ValueError unless steps >= 1.
std::vector<std::string> inspect(const Schedule& s, Step steps);

}}  // namespace gradus
