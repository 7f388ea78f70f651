/// Compares schedules with numbers that Keras gave.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "golden_schedules.h"
#include "golden_support.h"

namespace {

using golden::coarse;
using golden::GoldenFile;
using golden::Json;
using golden::number;
using golden::numbers;
using golden::Skipped;
using namespace gradus;

/// `{"class_name": ..., "config": {...}}` written as Keras's call in Python, and that as a
/// schedule.
Schedule schedule_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  std::string arguments;
  for (const auto& [key, v] : json.at("config").items()) {
    const std::string python = v.is_null()      ? "None"
                               : v.is_boolean() ? (v.get<bool>() ? "True" : "False")
                                                : v.dump();
    arguments += fmt::format("{}{}={}", arguments.empty() ? "" : ", ", key, python);
  }
  return parse_schedule(fmt::format("{}({})", json.at("class_name").get<std::string>(), arguments));
}

/// Steps that Keras answers and gradus must not are refused; the others are compared all the same.
std::string compare_schedule(const Json& c) {
  const Schedule s = schedule_of(c);
  const std::vector<double> want = numbers(c.at("values"));
  const double peak = golden::peak(want);
  std::string refusal;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const Json& step = c.at("steps")[i];
    const auto ask = [&] {
      return step.is_number_integer() ? s(step.get<Step>()) : s(step.get<double>());
    };
    if (number(step) < 0 || !std::isfinite(want[i])) {
      try {
        return fmt::format("step {}: must be refused, gives {}", step.dump(), ask());
      } catch (const Error& why) {
        refusal = why.what();
      }
    } else if (const double got = ask(); !golden::close(got, want[i], 1e-12 * peak, 0)) {
      return fmt::format("step {}: got {}, want {}", step.dump(), got, want[i]);
    }
  }
  if (!refusal.empty()) throw ValueError(refusal);
  return {};
}

/// Whether the table of bad inputs refuses it, although Keras does not.
bool is_bad(const Json& c) {
  const Json& config = c.at("config");
  const auto outside = [&](const char* key, auto allowed) {
    const Json v = config.value(key, Json());
    const std::vector<double> all = numbers(v.is_null() || v.is_array() ? v : Json::array({v}));
    return !std::all_of(all.begin(), all.end(), allowed);
  };
  for (const char* key : {"initial_learning_rate", "end_learning_rate", "warmup_target",
                          "warmup_steps", "m_mul", "decay_rate", "values"})
    if (outside(key, [](double v) { return v >= 0; })) return true;
  for (const char* key : {"decay_steps", "first_decay_steps", "power"})
    if (outside(key, [](double v) { return v > 0; })) return true;
  if (outside("alpha", [](double v) { return v >= 0 && v <= 1; })) return true;
  if (outside("t_mul", [](double v) { return v >= 1; })) return true;
  if (c.at("class_name") == "ExponentialDecay" && config.at("decay_rate") == 0) return true;
  if (golden::number_or(config, "warmup_steps", 0) > 0 &&
      config.value("warmup_target", Json()).is_null())
    return true;
  const std::vector<double> boundaries = numbers(config.value("boundaries", Json::array()));
  if (std::adjacent_find(boundaries.begin(), boundaries.end(), std::greater_equal()) !=
      boundaries.end())
    return true;
  const std::vector<double> steps = numbers(c.at("steps")), values = numbers(c.at("values"));
  return std::any_of(steps.begin(), steps.end(), [](double v) { return v < 0; }) ||
         !std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

TEST_CASE("golden keras/schedules.json") {
  GoldenFile file("keras/schedules.json");
  for (const Json& c : file.cases())
    golden::run_schedule(file, c.at("id").get<std::string>(), is_bad(c),
                         [&] { return compare_schedule(c); });
}
