#pragma once
/// Watching one number of the logs: for callbacks that want to know whether it got better.

#include <string>

#include <gradus/models/history.h>
#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Sequential;

namespace detail {

/// The mode, worked out. `keys` are those the run will report. ValueError, with the nearest key,
/// when the run will not report `name`, and when it says nothing of better or worse.
MonitorMode resolve(MonitorMode mode, const char* callback, const std::string& name,
                    const Logs& keys, const Sequential& model);

/// Better by more than `delta`. nan never is.
inline bool improves(MonitorMode mode, double now, double best, double delta) {
  return mode == MonitorMode::max ? now - delta > best : now + delta < best;
}

}  // namespace detail
}}  // namespace gradus
