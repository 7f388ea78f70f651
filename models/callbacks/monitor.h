#pragma once
/// Watching one number of the logs, for callbacks that act on whether it got better.

#include <gradus/models/history.h>
#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Sequential;

namespace detail {

/// `min` or `max` for a number that the run reports: for `automatic`, as the metric of that name
/// says (an error min, an accuracy max); losses min. `keys` are the names that the run will report.
/// ValueError, with the nearest key, when `name` is not among them or the metric does not say.
MonitorMode resolve(MonitorMode mode, const char* callback, const std::string& name,
                    const Logs& keys, const Sequential& model);

/// Better by more than `delta`, or the first. nan never is.
inline bool improves(MonitorMode mode, double now, const std::optional<double>& best,
                     double delta = 0) {
  if (!best) return !std::isnan(now);
  return mode == MonitorMode::max ? now - delta > *best : now + delta < *best;
}

}  // namespace detail
}}  // namespace gradus
