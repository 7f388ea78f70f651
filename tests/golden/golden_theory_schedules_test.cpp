/// Chebyshev, Silver, the curves and operators beside theory/schedules.json, computed in 50 digits.

#include <gradus/schedules/serialize.h>

#include <doctest/doctest.h>

#include <map>

#include "golden_schedules.h"

namespace {

using golden::Json;
using golden::number;
using golden::numbers;
using gradus::value;

/// The file has our argument names; arguments that are schedules are texts.
std::string as_text(const Json& c) {
  static const std::map<std::string, const char*> names{
      {"chebyshev", "Chebyshev"},       {"silver", "Silver"},        {"tanh", "tanh_curve"},
      {"rsqrt_plateau", "InverseSqrt"}, {"minimum", "min"},          {"maximum", "max"},
      {"difference", "Difference"},     {"halving", "halving_curve"}};
  const auto kind = c.at("kind").get<std::string>();
  const auto found = names.find(kind);
  std::string text = (found == names.end() ? kind : found->second) + std::string("(");
  for (const auto& [name, value] : c.at("args").items()) {
    const bool part = value.is_string() && name != "order";
    text += name + "=" + (part ? value.get<std::string>() : value.dump()) + ", ";
  }
  return text + ")";
}

/// The first difference, in the schedule itself or after it is read back; "" for none.
std::string wrong_in(const Json& c) {
  const std::string text = as_text(c);
  const gradus::Schedule s = gradus::parse_schedule(text);
  const std::vector<double> steps = numbers(c.at("steps")), want = numbers(c.at("values"));
  const double length = value(s.duration()), tolerance = 1e-12 * golden::peak(want);
  if (!s.constant() && length != number(c.at("duration")))
    return fmt::format("{}: lasts {} steps", text, length);
  for (const gradus::Schedule& each :
       {s, gradus::parse_schedule(to_string(s)), gradus::deserialize(gradus::serialize(s))})
    for (std::size_t i = 0; i < want.size(); ++i)
      if (const double got = value(each(steps[i])); !golden::close(got, want[i], tolerance, 0))
        return fmt::format("{} at step {}: got {}, want {}", text, steps[i], got, want[i]);
  return {};
}

}  // namespace

TEST_CASE("golden/theory: schedules of papers, curves and operators") {
  golden::GoldenFile file("theory/schedules.json");
  golden::run_cases(file, wrong_in);
  const auto all = [](const Json&) { return true; };
  golden::run_cases(file,
                    [](const Json& c) {
                      gradus::parse_schedule(as_text(c));
                      return std::string();
                    },
                    {.list = "refused", .is_bad = all});
}
