#pragma once
/// Helpers for tests of schedules against other libraries: each of their calls is written as a text
/// that parse_schedule() reads.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gradus/gradus.h>

#include "golden_support.h"

namespace golden {

inline double number_or(const Json& args, const char* key, double fallback) {
  const auto found = args.find(key);
  return found == args.end() || found->is_null() ? fallback : number(*found);
}

inline std::string list(const std::vector<double>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

/// One part after another; each except the last until its boundary.
inline std::string joined(const std::vector<std::string>& parts,
                          const std::vector<double>& boundaries) {
  std::string text;
  double begin = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += fmt::format("{}({})", i == 0 ? "" : " >> ", parts[i]);
    if (i >= boundaries.size()) continue;
    text += fmt::format(".take({})", boundaries[i] - begin);
    begin = boundaries[i];
  }
  return text;
}

inline double peak(const std::vector<double>& values) {
  double highest = 0;
  for (const double v : values)
    if (std::isfinite(v)) highest = std::max(highest, std::abs(v));
  return highest;
}

/// The first step at which the text gives another value; empty if there is none. The tolerance is
/// relative to the peak.
inline std::string difference(const std::string& text, const std::vector<double>& want,
                              double tolerance) {
  const gradus::Schedule s = gradus::parse_schedule(text);
  const double absolute = tolerance * peak(want);
  for (std::size_t i = 0; i < want.size(); ++i)
    if (const double got = s(i); !close(got, want[i], absolute, 0))
      return fmt::format("{} at step {}: got {}, want {}", text, i, got, want[i]);
  return {};
}

/// What other libraries accept and the table of bad inputs refuses: a rate below 0 or not finite; a
/// factor, a power or an exponent that is not above 0.
inline bool bad(const Json& args, const std::vector<double>& want) {
  if (std::any_of(want.begin(), want.end(), [](double v) { return !std::isfinite(v) || v < 0; }))
    return true;
  const Json leaves = args.flatten();
  for (const auto& [path, v] : leaves.items())
    if (path.ends_with("/gamma") || path.ends_with("/power") || path.ends_with("/exponent"))
      if (v.is_number() && v.get<double>() <= 0) return true;
  return false;
}

/// Runs a case: a bad one must be refused with a ValueError, and no other may.
template <class Compare>
void run_schedule(GoldenFile& file, const std::string& name, bool is_bad, Compare compare) {
  try {
    const std::string why = compare();
    file.finish(name, is_bad && why.empty() ? "must be refused" : why);
  } catch (const Skipped& why) {
    file.skip(name, why.what());
  } catch (const gradus::ValueError& why) {
    is_bad ? file.refuse(name, why.what()) : file.fail(name, why.what());
  } catch (const gradus::Error& why) {
    file.fail(name, why.what());
  }
}

}  // namespace golden
