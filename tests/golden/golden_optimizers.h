#pragma once
/// Optimizers out of golden files: `{"class_name": "Adam", "config": {...}}`.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gradus/gradus.h>

#include "golden_support.h"

namespace golden {

inline void read(bool& member, const Json& json) { member = json.get<bool>(); }
inline void read(int& member, const Json& json) { member = json.get<int>(); }
inline void read(gradus::Real& member, const Json& json) { member = json.get<double>(); }
inline void read(gradus::Steps& member, const Json& json) { member = json.get<double>(); }
/// Keras has None for no weight decay.
inline void read(gradus::Schedule& member, const Json& json) {
  if (json.is_object())
    member = gradus::deserialize(json.dump());
  else
    member = json.is_null() ? 0.0 : json.get<double>();
}
template <class T>
void read(std::optional<T>& member, const Json& json) {
  member.reset();
  if (!json.is_null()) read(member.emplace(), json);
}
template <class T>
void read(std::vector<T>&, const Json&) {}

/// Sets the options that the config names, and takes their names off `left`.
template <class T>
void read_options(T& options, const Json& config, std::set<std::string>& left) {
  T::fields(options, [&](const std::string& name, auto& member, auto&&...) {
    if (left.erase(name) > 0) read(member, config.at(name));
  });
}

template <class R>
gradus::Optimizer optimizer(const Json& config, gradus::OptimizerOptions options) {
  std::set<std::string> left;
  for (const auto& [key, v] : config.items()) left.insert(key);
  R rule;
  read_options(rule, config, left);
  read_options(options, config, left);
  if (!left.empty()) throw Skipped("no option " + *left.begin());
  return gradus::Optimizer(rule, options);
}

inline gradus::Optimizer optimizer(const std::string& name, const Json& config,
                                   const gradus::OptimizerOptions& options = {}) {
  using Make = gradus::Optimizer (*)(const Json&, gradus::OptimizerOptions);
  static const std::map<std::string, Make> known{
      {"SGD", optimizer<gradus::SGD>},
      {"Adam", optimizer<gradus::Adam>},
      {"AdamW", optimizer<gradus::AdamW>},
      {"Adamax", optimizer<gradus::Adamax>},
      {"Nadam", optimizer<gradus::Nadam>},
      {"RMSprop", optimizer<gradus::RMSprop>},
      {"Adagrad", optimizer<gradus::Adagrad>},
      {"Adadelta", optimizer<gradus::Adadelta>},
      {"Ftrl", optimizer<gradus::Ftrl>},
      {"Lion", optimizer<gradus::Lion>},
      {"Lamb", optimizer<gradus::Lamb>},
      {"Muon", optimizer<gradus::Muon>},
      {"Adafactor", optimizer<gradus::Adafactor>},
      {"ScheduleFreeSGD", optimizer<gradus::ScheduleFreeSGD>},
      {"ScheduleFreeAdamW", optimizer<gradus::ScheduleFreeAdamW>}};
  const auto found = known.find(name);
  if (found == known.end()) throw Skipped("no optimizer " + name);
  return found->second(config, options);
}

}  // namespace golden
