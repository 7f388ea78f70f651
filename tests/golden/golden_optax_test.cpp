/// Compares expressions of schedules with the numbers of the Optax functions they stand for.

#include <gradus/schedules/parse.h>

#include <doctest/doctest.h>

#include <map>

#include "golden_schedules.h"

namespace {

using golden::Json;
using golden::number;
using golden::number_or;

std::string translate(const Json& call);

double arg(const Json& args, const char* key) { return number(args.at(key)); }

std::string after(double begin, const std::string& text) {
  return begin > 0 ? fmt::format("delay({}, {})", text, begin) : text;
}

std::string polynomial(const Json& args) {
  const double init = arg(args, "init_value"), steps = arg(args, "transition_steps");
  if (steps <= 0) return fmt::format("{}", init);
  return after(number_or(args, "transition_begin", 0),
               fmt::format("PolynomialDecay({}, {}, {}, {})", init, steps, arg(args, "end_value"),
                           arg(args, "power")));
}

std::string linear(const Json& args) {
  const double init = arg(args, "init_value"), steps = arg(args, "transition_steps");
  if (steps <= 0) return fmt::format("{}", init);
  return after(number_or(args, "transition_begin", 0),
               fmt::format("linear({}, {}, {})", init, arg(args, "end_value"), steps));
}

std::string exponential(const Json& args) {
  const double init = arg(args, "init_value"), rate = arg(args, "decay_rate");
  const double steps = arg(args, "transition_steps");
  if (steps <= 0 || rate == 0) return fmt::format("{}", init);
  const std::string text = after(number_or(args, "transition_begin", 0),
                                 fmt::format("ExponentialDecay({}, {}, {}, staircase={})", init,
                                             steps, rate, args.value("staircase", false)));
  const double end = number_or(args, "end_value", -1);
  if (end < 0) return text;
  return rate < 1 ? fmt::format("clamp({}, {}, {})", text, end, std::max(init, end))
                  : fmt::format("clamp({}, {}, {})", text, std::min(init, end), end);
}

std::string cosine(const Json& args) {
  const double init = arg(args, "init_value"), steps = arg(args, "decay_steps");
  const double alpha = number_or(args, "alpha", 0), exponent = number_or(args, "exponent", 1);
  if (exponent == 1) return fmt::format("CosineDecay({}, {}, {})", init, steps, alpha);
  return fmt::format("{} * power(CosineDecay(1, {}), {}) + {}", init * (1 - alpha), steps, exponent,
                     init * alpha);
}

/// Of two scales for one step the later one counts, as in Python's dict.
using Scales = std::map<double, double>;

Scales scales_of(const Json& args) {
  Scales scales;
  const Json given = args.value("boundaries_and_scales", Json());
  for (const auto& [step, scale] : given.items()) scales[std::stod(step)] = number(scale);
  return scales;
}

std::string piecewise_constant(const Json& args) {
  double rate = arg(args, "init_value"), begin = 0;
  std::string text;
  for (const auto& [step, scale] : scales_of(args)) {
    text += fmt::format("hold({}, {}) >> ", rate, step - begin);
    rate *= scale;
    begin = step;
  }
  return text + fmt::format("{}", rate);
}

std::string interpolation(const std::string& curve, double init, const Scales& scales) {
  std::vector<double> boundaries, values{init};
  for (const auto& [step, scale] : scales) {
    boundaries.push_back(step);
    values.push_back(values.back() * scale);
  }
  return fmt::format("PiecewiseInterpolation({}, {}, \"{}\")", golden::list(boundaries),
                     golden::list(values), curve);
}

std::string piecewise_interpolate(const Json& args) {
  return interpolation(args.at("interpolate_type").get<std::string>(), arg(args, "init_value"),
                       scales_of(args));
}

/// The knots of a one-cycle lie on whole steps.
std::string linear_one_cycle(const Json& args) {
  const double steps = arg(args, "transition_steps"), div = number_or(args, "div_factor", 25);
  Scales scales;
  scales[std::floor(number_or(args, "pct_start", 0.3) * steps)] = div;
  scales[std::floor(number_or(args, "pct_final", 0.85) * steps)] = 1 / div;
  scales[steps] = 1 / number_or(args, "final_div_factor", 1e4);
  return interpolation("linear", arg(args, "peak_value") / div, scales);
}

std::string cosine_one_cycle(const Json& args) {
  const double steps = arg(args, "transition_steps"), div = number_or(args, "div_factor", 25);
  Scales scales;
  scales[std::floor(number_or(args, "pct_start", 0.3) * steps)] = div;
  scales[steps] = 1 / (div * number_or(args, "final_div_factor", 1e4));
  return interpolation("cosine", arg(args, "peak_value") / div, scales);
}

std::string warmup(const Json& args) {
  return linear({{"init_value", args.at("init_value")},
                 {"end_value", args.at("peak_value")},
                 {"transition_steps", args.at("warmup_steps")}});
}

/// decay_steps include the warm-up.
std::string warmup_cosine(const Json& args) {
  const double peak = arg(args, "peak_value"), steps = arg(args, "warmup_steps");
  const double alpha = peak == 0 ? 0 : number_or(args, "end_value", 0) / peak;
  const Json decay{{"init_value", peak},
                   {"decay_steps", arg(args, "decay_steps") - steps},
                   {"alpha", alpha},
                   {"exponent", number_or(args, "exponent", 1)}};
  return golden::joined({warmup(args), cosine(decay)}, {steps});
}

std::string warmup_exponential(const Json& args) {
  Json decay = args;
  decay["init_value"] = args.at("peak_value");
  return golden::joined({warmup(args), exponential(decay)}, {arg(args, "warmup_steps")});
}

std::string sgdr(const Json& args) {
  std::vector<std::string> parts;
  std::vector<double> boundaries;
  double end = 0;
  for (const Json& cycle : args.at("cosine_kwargs")) {
    parts.push_back(warmup_cosine(cycle));
    boundaries.push_back(end += arg(cycle, "decay_steps"));
  }
  boundaries.pop_back();
  return golden::joined(parts, boundaries);
}

std::string join(const Json& args) {
  std::vector<std::string> parts;
  for (const Json& call : args.at("schedules")) parts.push_back(translate(call));
  return golden::joined(parts, golden::numbers(args.at("boundaries")));
}

std::string constant(const Json& args) { return fmt::format("{}", arg(args, "value")); }

std::string translate(const Json& call) {
  static const std::map<std::string, std::string (*)(const Json&)> rules{
      {"constant_schedule", constant},
      {"polynomial_schedule", polynomial},
      {"linear_schedule", linear},
      {"piecewise_constant_schedule", piecewise_constant},
      {"exponential_decay", exponential},
      {"cosine_decay_schedule", cosine},
      {"piecewise_interpolate_schedule", piecewise_interpolate},
      {"linear_onecycle_schedule", linear_one_cycle},
      {"cosine_onecycle_schedule", cosine_one_cycle},
      {"warmup_constant_schedule", warmup},
      {"warmup_cosine_decay_schedule", warmup_cosine},
      {"warmup_exponential_decay_schedule", warmup_exponential},
      {"sgdr_schedule", sgdr},
      {"join_schedules", join}};
  const auto name = call.at("function").get<std::string>();
  const auto rule = rules.find(name);
  if (rule == rules.end()) throw golden::Skipped("no " + name);
  return rule->second(call.at("args"));
}

}  // namespace

TEST_CASE("golden optax/schedules.json") {
  golden::GoldenFile file("optax/schedules.json");
  for (const Json& c : file.cases()) {
    const std::vector<double> want = golden::numbers(c.at("values"));
    golden::run_schedule(file, c.at("id").get<std::string>(), golden::bad(c.at("args"), want),
                         [&] { return golden::difference(translate(c), want, 1e-14); });
  }
}
