#include <gradus/models/monitor.h>

#include <gradus/core/from_text.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

MonitorMode detail::resolve(MonitorMode mode, const char* callback, const std::string& name,
                            const Logs& keys, const Sequential& model) {
  std::vector<std::string> names;
  for (const auto& [key, _] : keys) names.push_back(key);
  check(keys.contains(name),
        "{}: monitor must be a number that the run reports (got '{}'; did you mean '{}'?)",
        callback, name, nearest(name, names));
  if (mode != MonitorMode::automatic) return mode;
  const std::string metric = name.starts_with("val_") ? name.substr(4) : name;
  mode = metric == "loss" ? MonitorMode::min : model.direction_of(metric);
  check(mode != MonitorMode::automatic,
        "{}: mode must be MonitorMode::min or max, since '{}' does not say which is better",
        callback, name);
  return mode;
}

}}  // namespace gradus
