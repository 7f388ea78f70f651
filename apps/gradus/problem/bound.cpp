#include "problem/bound.h"

#include <fmt/format.h>

#include <cmath>

#include "terminal/text.h"

using namespace gradus;

std::optional<WorstCase> find_bound(const Schedule& s, Step steps) {
  constexpr Step most = 1'000'000;
  if (steps > most) return std::nullopt;
  try {
    const WorstCase out = worst_case(s, steps);
    return std::isfinite(out.linear_ratio) ? std::optional(out) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string about_bound(const Schedule& s, Step steps, const std::string& before) {
  const auto bound = find_bound(s, steps);
  if (!bound) return "";
  std::string out =
      fmt::format("{}worst case {:.3g} times linear decay's", before, bound->linear_ratio);
  if (bound->linear_ratio > 10)
    out += ": a tiny rate at the end costs much, a rate of 0 nothing";
  else if (!s.constant())
    out += fmt::format("; where 0.1 is right as a constant rate, try {:.2g} as this one's peak",
                       0.1 * bound->rate_ratio);
  return wrapped(out) + '\n';
}

Json to_json(const std::optional<WorstCase>& bound) {
  if (!bound) return {};
  return Json::object({{"shape", bound->shape},
                       {"times_linear", bound->linear_ratio},
                       {"rate_ratio", bound->rate_ratio},
                       {"kept_steps", bound->kept_steps}});
}
