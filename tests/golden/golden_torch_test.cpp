/// Compares expressions of schedules with numbers that PyTorch gave for what they stand for.

#include <gradus/schedules/parse.h>

#include <doctest/doctest.h>

#include <map>
#include <optional>

#include <gradus/schedules/plateau.h>

#include "golden_schedules.h"

namespace {

using golden::Json;
using golden::number;
using golden::Skipped;
using gradus::MonitorMode;
using gradus::Plateau;

/// A scheduler of PyTorch's, on one of the optimizer's groups of parameters.
struct Scheduler {
  const Json& args;
  double base;        ///< the group's rate
  double last;        ///< the last step that it is asked for, in its own time
  std::size_t group;  ///< arguments may be lists with one item per group

  double operator()(const char* key, std::optional<double> fallback = {}) const {
    const Json json = args.value(key, Json());
    if (json.is_null() && fallback) return *fallback;
    return number(json.is_array() ? json.at(group) : json);
  }
  std::string word(const char* key, const char* fallback) const {
    return args.value(key, fallback);
  }
  bool flag(const char* key, bool fallback) const { return args.value(key, fallback); }
};

std::string translate(const Json& scheduler, double base, double last, std::size_t group);

/// A cosine between two rates that PyTorch and Hugging Face let bounce.
std::string wave(double from, double to, double length, double last) {
  if (last <= length && from > 0 && to <= from)
    return fmt::format("CosineDecay({}, {}, {})", from, length, to / from);
  return fmt::format("repeat(cosine({0}, {1}, {2}) >> cosine({1}, {0}, {2}))", from, to, length);
}

std::string step(const Scheduler& s) {
  return fmt::format("StepDecay({}, {}, {})", s.base, s("step_size"), s("gamma", 0.1));
}

std::string multi_step(const Scheduler& s) {
  std::vector<double> milestones = golden::numbers(s.args.at("milestones"));
  std::sort(milestones.begin(), milestones.end());
  return fmt::format("MultiStepDecay({}, {}, {})", s.base, golden::list(milestones),
                     s("gamma", 0.1));
}

std::string constant(const Scheduler& s) {
  return fmt::format("hold({0} * {1}, {2}) >> {1}", s("factor", 1.0 / 3), s.base,
                     s("total_iters", 5));
}

std::string straight(const Scheduler& s) {
  return fmt::format("linear({0} * {1}, {2} * {1}, {3})", s("start_factor", 1.0 / 3), s.base,
                     s("end_factor", 1), s("total_iters", 5));
}

std::string exponential(const Scheduler& s) {
  return fmt::format("ExponentialDecay({}, 1, {})", s.base, s("gamma"));
}

std::string polynomial(const Scheduler& s) {
  const double steps = s("total_iters", 5);
  if (steps == 0) return fmt::format("{}", s.base);
  return fmt::format("PolynomialDecay({}, {}, end_learning_rate=0, power={})", s.base, steps,
                     s("power", 1));
}

std::string cosine(const Scheduler& s) { return wave(s.base, s("eta_min", 0), s("T_max"), s.last); }

std::string restarts(const Scheduler& s) {
  return fmt::format("repeat(cosine({}, {}, {}), grow={})", s.base, s("eta_min", 0), s("T_0"),
                     s("T_mult", 1));
}

double total_steps(const Scheduler& s) {
  if (s.args.contains("epochs")) return s("epochs") * s("steps_per_epoch");
  return s("total_steps");
}

/// PyTorch peaks at step pct_start * N - 1 and ends at step N - 1.
std::string one_cycle(const Scheduler& s, double from, double peak, double end) {
  const std::string curve = s.word("anneal_strategy", "cos") == "cos" ? "cosine" : "linear";
  const double up = s("pct_start", 0.3) * total_steps(s) - 1, rest = total_steps(s) - 1 - up;
  const std::string rise = fmt::format("{}({}, {}, {})", curve, from, peak, up);
  if (!s.flag("three_phase", false))
    return fmt::format("{} >> {}({}, {}, {})", rise, curve, peak, end, rest);
  return fmt::format("{0} >> {1}({2}, {3}, {4}) >> {1}({3}, {5}, {6})", rise, curve, peak, from, up,
                     end, rest - up);
}

std::string one_cycle_rate(const Scheduler& s) {
  const double low = s("max_lr") / s("div_factor", 25);
  return one_cycle(s, low, s("max_lr"), low / s("final_div_factor", 1e4));
}

std::string cyclic(const Scheduler& s, double low, double high) {
  const double up = s("step_size_up", 2000);
  return fmt::format("Cyclic({}, {}, step_size_up={}, step_size_down={}, mode=\"{}\", gamma={})",
                     low, high, up, s("step_size_down", up), s.word("mode", "triangular"),
                     s("gamma", 1));
}

std::string cyclic_rate(const Scheduler& s) { return cyclic(s, s("base_lr"), s("max_lr")); }

std::string sequential(const Scheduler& s) {
  const std::vector<double> milestones = golden::numbers(s.args.at("milestones"));
  std::vector<std::string> parts;
  double begin = 0;
  for (const Json& scheduler : s.args.at("schedulers")) {
    const double end = parts.size() < milestones.size() ? milestones[parts.size()] : s.last;
    parts.push_back(translate(scheduler, s.base, end - begin, s.group));
    begin = end;
  }
  return golden::joined(parts, milestones);
}

std::string chained(const Scheduler& s) {
  std::string text;
  for (const Json& scheduler : s.args.at("schedulers")) {
    if (!text.empty()) text += fmt::format(" * {} * ", 1 / s.base);
    text += "(" + translate(scheduler, s.base, s.last, s.group) + ")";
  }
  return text;
}

const char* curve(const Json& name) {
  const std::map<std::string, const char*> curves{
      {"linear", "linear"}, {"cosine", "cosine"}, {"1-sqrt", "one_minus_sqrt"}};
  const auto found = curves.find(name.get<std::string>());
  if (found == curves.end()) throw Skipped("no curve " + name.dump());
  return found->second;
}

std::string lambda(const Scheduler& s) {
  const auto name = s.args.at("lambda").get<std::string>();
  const Json& args = s.args.at("lambda_args");
  const auto arg = [&](std::size_t i) { return number(args.at(i)); };
  const double b = s.base, first = arg(0);
  if (name == "exp") return fmt::format("ExponentialDecay({}, 1, {})", b, first);
  if (name == "inverse_time") return fmt::format("InverseTimeDecay({}, 1, {})", b, first);
  if (name == "noam") return fmt::format("Noam({}, {}, factor={})", first, arg(1), b);
  if (name == "wsd")
    return fmt::format("WarmupStableDecay({}, {}, {}, {}, \"{}\", \"{}\", {})", b, first, arg(1),
                       arg(2), curve(args.at(3)), curve(args.at(4)), arg(5));
  const std::string warmup = fmt::format("linear(0, {}, {}) >> ", b, first);
  if (name == "constant_warmup") return warmup + fmt::format("{}", b);
  if (name == "inverse_sqrt") return warmup + fmt::format("InverseSqrt({}, {})", b, arg(1));
  const double rest = arg(1) - first;
  if (name == "linear_warmup_decay") return warmup + fmt::format("linear({}, 0, {})", b, rest);
  if (name == "cosine_warmup")
    return warmup + wave(b, arg(3) * b, rest / (2 * arg(2)), s.last - first);
  if (name == "hard_restarts")
    return warmup +
           fmt::format("repeat(CosineDecay({}, {})).take({}) >> 0", b, rest / arg(2), rest);
  throw Skipped("no lambda " + name);
}

/// The product of all that the lambda gave so far, which only a table can hold.
std::string multiplicative(const Scheduler& s) {
  const gradus::Schedule factor = gradus::parse_schedule(lambda({s.args, 1, s.last, s.group}));
  std::vector<double> steps, values{s.base};
  for (double t = 0; t < s.last; ++t) {
    steps.push_back(t);
    values.push_back(values.back() * factor(t + 1));
  }
  return fmt::format("PiecewiseConstantDecay({}, {})", golden::list(steps), golden::list(values));
}

std::string translate(const Json& scheduler, double base, double last, std::size_t group) {
  static const std::map<std::string, std::string (*)(const Scheduler&)> rules{
      {"StepLR", step},
      {"MultiStepLR", multi_step},
      {"ConstantLR", constant},
      {"LinearLR", straight},
      {"ExponentialLR", exponential},
      {"PolynomialLR", polynomial},
      {"CosineAnnealingLR", cosine},
      {"CosineAnnealingWarmRestarts", restarts},
      {"OneCycleLR", one_cycle_rate},
      {"CyclicLR", cyclic_rate},
      {"SequentialLR", sequential},
      {"ChainedScheduler", chained},
      {"LambdaLR", lambda},
      {"MultiplicativeLR", multiplicative}};
  const auto name = scheduler.at("class").get<std::string>();
  const auto rule = rules.find(name);
  if (rule == rules.end()) throw Skipped("no " + name);
  return rule->second({scheduler.at("args"), base, last, group});
}

std::string momentum_text(const Json& c, const Scheduler& s) {
  const auto name = c.at("class").get<std::string>();
  if ((name != "OneCycleLR" && name != "CyclicLR") || !s.flag("cycle_momentum", true))
    return fmt::format("{}", c.value("momentum", 0.9));
  if (name == "OneCycleLR") {
    const double high = s("max_momentum", 0.95);
    return one_cycle(s, high, s("base_momentum", 0.85), high);
  }
  const double high = s("max_momentum", 0.9);
  return fmt::format("{} - {}", high, cyclic(s, 0, high - s("base_momentum", 0.8)));
}

/// Whether stepping it multiplies whatever rate it finds, up to its step `last`.
bool is_factor(const Json& scheduler, double last) {
  const auto name = scheduler.at("class").get<std::string>();
  const Json& args = scheduler.at("args");
  if (name == "CosineAnnealingLR")
    return golden::number_or(args, "eta_min", 0) == 0 && last <= number(args.at("T_max"));
  if (name == "ChainedScheduler")
    return std::all_of(args.at("schedulers").begin(), args.at("schedulers").end(),
                       [&](const Json& inner) { return is_factor(inner, last); });
  for (const char* factor : {"StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR",
                             "PolynomialLR", "MultiplicativeLR"})
    if (name == factor) return true;
  return false;
}

/// Why PyTorch's numbers may not be what the schedulers say; empty if there is no known reason.
std::string defect(const Json& c) {
  const auto name = c.at("class").get<std::string>();
  if (name == "ChainedScheduler" && !is_factor(c, number(c.at("steps"))))
    return "a member of ChainedScheduler overwrites the product of the others";
  if (name != "SequentialLR") return {};
  for (const Json& milestone : c.at("args").at("milestones"))
    if (number(milestone) == 0)
      return "SequentialLR with a milestone at 0 begins with the wrong one";
  for (const Json& scheduler : c.at("args").at("schedulers")) {
    const auto inner = scheduler.at("class").get<std::string>();
    if (inner == "SequentialLR" || inner == "ChainedScheduler")
      return "SequentialLR does not restart an inner " + inner;
    if (inner == "MultiplicativeLR") return "MultiplicativeLR goes on from the rate it finds";
  }
  return {};
}

/// One group's numbers. From total_steps on PyTorch's OneCycleLR runs past its end, where ours
/// stays.
std::vector<double> wanted(const Json& c, const char* key, const Scheduler& s) {
  std::vector<double> want;
  for (const Json& row : c.at(key)) want.push_back(number(row.is_array() ? row.at(s.group) : row));
  if (c.at("class") == "OneCycleLR") {
    const auto steps = std::min(static_cast<std::size_t>(total_steps(s)), want.size());
    std::fill(want.begin() + static_cast<std::ptrdiff_t>(steps), want.end(), want.at(steps - 1));
  }
  return want;
}

std::vector<Scheduler> groups(const Json& c) {
  const Json rates = c.at("base_lr").is_array() ? c.at("base_lr") : Json::array({c.at("base_lr")});
  const double last = static_cast<double>(c.at("values").size()) - 1;
  std::vector<Scheduler> all;
  for (std::size_t i = 0; i < rates.size(); ++i)
    all.push_back({c.at("args"), number(rates[i]), last, i});
  return all;
}

std::string compare(const Json& c) {
  for (const Scheduler& s : groups(c)) {
    const std::string text = translate(c, s.base, s.last, s.group);
    std::string fault = golden::difference(text, wanted(c, "values", s), 1e-12);
    if (fault.empty() && c.contains("momentum_values"))
      fault = golden::difference(momentum_text(c, s), wanted(c, "momentum_values", s), 1e-12);
    if (fault.empty()) continue;
    if (const std::string reason = defect(c); !reason.empty()) throw Skipped(reason);
    return fault;
  }
  return {};
}

/// PyTorch waits for more than `patience` bad epochs, and counts none in the epoch that ends a
/// cooldown; it makes no reduction smaller than eps, here a rate that cannot be reduced.
std::string compare_plateau(const Json& c) {
  const Json& args = c.at("args");
  const auto option = [&](const char* name, double fallback) { return args.value(name, fallback); };
  const bool relative = args.value("threshold_mode", "rel") == "rel";
  Plateau plateau{.factor = option("factor", 0.1),
                  .patience = static_cast<int>(option("patience", 10)) + 1,
                  .mode = args.value("mode", "min") == "min" ? MonitorMode::min : MonitorMode::max,
                  .min_delta = option("threshold", 1e-4),
                  .cooldown = static_cast<int>(option("cooldown", 0)) + 1,
                  .min_lr = option("min_lr", 0),
                  .relative = relative};
  const double base = number(c.at("base_lr")), eps = option("eps", 1e-8);
  const std::vector<double> want = golden::numbers(c.at("values"));
  for (std::size_t i = 0; i + 1 < want.size(); ++i) {
    const Json& metric = c.at("metrics")[i];
    const double rate = plateau.reduce(base)(0);
    const double next = std::max(rate * plateau.factor, plateau.min_lr);
    plateau.observe(metric.is_null() ? std::nan("") : number(metric), rate - next > eps ? rate : 0);
    if (const double got = plateau.reduce(base)(0); std::abs(got - want[i + 1]) > 1e-12 * base) {
      if (relative && plateau.best && *plateau.best < 0)
        throw Skipped("a relative threshold of a negative metric takes an equal one for better");
      return fmt::format("after metric {}: got {}, want {}", i, got, want[i + 1]);
    }
  }
  return {};
}

bool is_bad(const Json& c) {
  const std::vector<Scheduler> all = groups(c);
  return std::any_of(all.begin(), all.end(), [&](const Scheduler& s) {
    return golden::bad(c.at("args"), wanted(c, "values", s));
  });
}

}  // namespace

TEST_CASE("golden torch/schedules.json") {
  golden::GoldenFile file("torch/schedules.json");
  for (const Json& c : file.cases()) {
    const auto name = c.at("id").get<std::string>();
    if (c.at("class") == "ReduceLROnPlateau")
      golden::run_schedule(file, name, false, [&] { return compare_plateau(c); });
    else
      golden::run_schedule(file, name, is_bad(c), [&] { return compare(c); });
  }
}
