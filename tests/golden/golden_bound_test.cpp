/// Worst cases of schedules that theory/bound.json holds.

#include <gradus/schedules/worst_case.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <gradus/schedules/curve.h>
#include <gradus/schedules/parse.h>

#include "golden_support.h"

namespace {

using golden::Json;
using golden::numbers;
using namespace gradus;

constexpr double tolerance = 1e-11;

/// Compares numbers and collects the differences.
struct Expected {
  const Json& json;
  std::string wrong = {};
  void operator()(const char* name, double got) {
    const Json& want = json.at(name);
    const bool same =
        want.is_null() ? std::isnan(got) : golden::close(got, golden::number(want), 0, tolerance);
    if (!same) wrong += fmt::format("{}: got {}, want {}. ", name, got, want.dump());
  }
};

WorstCaseOptions options_of(const Json& c) {
  const Json& g = c.at("G");
  return {.distance = c.at("D").get<double>(),
          .gradient_norms = g.is_array() ? numbers(g) : std::vector{g.get<double>()}};
}

std::string compare(const Json& c) {
  const WorstCaseOptions options = options_of(c);
  const Schedule schedule = parse_schedule(c.at("schedule").at("text").get<std::string>());
  const WorstCase got = worst_case(schedule, c.at("steps").get<Step>(), options);
  Expected expect{c};
  expect("kept_steps", static_cast<double>(got.kept_steps));
  expect("A", got.distance_term);
  expect("B", got.noise_term);
  expect("omega", got.bound);
  expect("best_factor", got.best_factor);
  expect("best_peak", got.best_peak);
  expect("best_omega", got.best_bound);
  expect("shape_constant", got.shape);
  expect("rate_ratio", got.rate_ratio);
  expect("bound_ratio", got.bound_ratio);
  Expected constant{c.at("constant")};
  constant("best_rate", got.constant_rate);
  constant("best_omega", got.constant_bound);
  const std::vector<double> rates = numbers(c.at("schedule").at("rates"));
  const WorstCaseTerms terms = worst_case_terms(rates, options.gradient_norms);
  expect("A", options.distance * options.distance * terms.distance);
  expect("B_first", terms.mean);
  expect("B_second", terms.last);
  return expect.wrong + constant.wrong;
}

/// The bound of Theorem 1 for linear decay, as in the header, beside the general bound.
std::string compare_linear(const Json& c) {
  const auto updates = c.at("updates").get<Step>();
  const auto d = c.at("D").get<double>(), g = c.at("G").get<double>();
  const double n = static_cast<double>(updates), peak = d * n / (g * std::pow(n + 1, 1.5));
  const WorstCase general =
      worst_case(linear(peak, 0, updates), updates, {.distance = d, .gradient_norms = {g}});
  Expected expect{c};
  expect("best_peak", peak);
  expect("own_bound", d * g / std::sqrt(n + 1));
  expect("general_best_omega", general.best_bound);
  return expect.wrong;
}

std::string compare_refined(const Json& c) {
  const std::vector<double> rates =
      refined_rates(numbers(c.at("norms")), c.at("power").get<double>(), c.at("filtered"));
  const std::vector<double> wanted = numbers(c.at("rates"));
  if (rates.size() != wanted.size()) return fmt::format("got {} rates", rates.size());
  for (std::size_t t = 0; t < wanted.size(); ++t)
    if (!golden::close(rates[t], wanted[t], 1e-12, 0))
      return fmt::format("rate {}: got {}, want {}", t, rates[t], wanted[t]);
  return {};
}

}  // namespace

TEST_CASE("worst cases, refined rates and refusals are those of theory/bound.json") {
  golden::GoldenFile file("theory/bound.json");
  golden::run_cases(file, compare);
  golden::run_cases(file, compare_linear, {.list = "linear"});
  golden::run_cases(file, compare_refined, {.list = "refined"});
  const auto refused = [](const Json& c) {
    worst_case(parse_schedule(c.at("text").get<std::string>()), c.at("steps").get<Step>(),
               options_of(c));
    return std::string();
  };
  golden::run_cases(file, refused, {.list = "refused", .is_bad = [](const Json&) { return true; }});
}
