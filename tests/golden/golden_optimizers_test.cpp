/// Compares update rules, and what all optimizers share, with numbers that Keras and PyTorch gave.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "golden_optimizers.h"
#include "golden_support.h"

namespace {

using golden::coarse;
using golden::GoldenFile;
using golden::Json;
using golden::numbers;
using golden::optimizer;
using golden::Skipped;
using namespace gradus;

// ---- Keras --------------------------------------------------------------------------------------

const std::vector<std::string> both_names{"kernel", "bias"};

Tensor of(const Shape& shape, std::span<const double> values) {
  return Tensor(shape, std::vector<Scalar>(values.begin(), values.end()));
}

/// A list of eight numbers as a kernel and a bias.
std::vector<Tensor> split(const std::vector<double>& eight) {
  const std::span<const double> all(eight);
  return {of({3, 2}, all.first(6)), of({2}, all.subspan(6))};
}

/// A number, or any nesting of lists.
std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {golden::number(json)};
  std::vector<double> list;
  const Json leaves = json.flatten();
  for (const auto& [path, v] : leaves.items()) list.push_back(golden::number(v));
  return list;
}

std::string difference(const std::string& what, std::span<const Scalar> got,
                       std::span<const double> want, double absolute, double relative) {
  if (got.size() != want.size())
    return fmt::format("{}: {} numbers, want {}", what, got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!golden::close(static_cast<double>(got[i]), want[i], absolute, relative))
      return fmt::format("{}[{}]: got {}, want {}", what, i, got[i], want[i]);
  return {};
}

using State = std::map<std::string, std::vector<Scalar>>;
State state_of(const Optimizer& opt) {
  State state;
  opt.state([&](const std::string& name, std::span<const Scalar> values, const Shape&) {
    state[name].assign(values.begin(), values.end());
  });
  return state;
}

/// One Keras case under way.
struct Run {
  Optimizer opt;
  const Json& c;
  std::vector<Tensor> w;
  double tolerance;
  std::string wrong = {};

  void compare(const std::string& what, std::span<const Scalar> got, std::span<const double> want,
               double relative = 0) {
    if (wrong.empty()) wrong = difference(what, got, want, tolerance, relative);
  }
  void compare(const std::string& what, const std::vector<Tensor>& got,
               const std::vector<double>& want) {
    compare(what + " kernel", got[0].values(), std::span(want).first(6));
    compare(what + " bias", got[1].values(), std::span(want).subspan(6));
  }
  void step(std::size_t t, const std::vector<double>& gradient) {
    const std::string at = fmt::format("step {}", t);
    const double rate = c.at("lr_before_step")[t].get<double>();
    if (wrong.empty() && !golden::close(opt.learning_rate(), rate, 1e-12, 0))
      wrong = fmt::format("{}: rate {}, want {}", at, opt.learning_rate(), rate);
    opt.apply(split(gradient), w);
    compare(at, w, numbers(c.at(coarse ? "values_f32" : "values")[t]));
    if (wrong.empty() && opt.iterations() != c.at("iterations_after_step")[t].get<Step>())
      wrong = fmt::format("{}: {} iterations", at, opt.iterations());
    if (!c.contains("ema_after_step")) return;
    const State state = state_of(opt);
    const std::vector<double> want = numbers(c.at("ema_after_step")[t]);
    compare(at + " average", state.at("kernel/average"), std::span(want).first(6));
    compare(at + " average", state.at("bias/average"), std::span(want).subspan(6));
  }
  void slots();
};

/// Every slot of Keras's is one of ours. Adafactor's rows and columns go without names there. What
/// waits for an update is a sum there, and here the share of a mean, which cannot overflow.
void Run::slots() {
  const State state = state_of(opt);
  std::map<std::string, int> unnamed;
  for (const auto& [key, v] : c.at("slots_after_last_step").items()) {
    const bool listed = v.is_array() && v[0].is_string();
    std::string name = listed ? v[0].get<std::string>() : key;
    std::vector<double> want = flat(listed ? v[1] : v);
    if (name.ends_with("gradient_accumulator"))
      for (double& sum : want) sum /= value(opt.options().gradient_accumulation_steps->count);
    if (name == "kernel" || name == "bias") name += unnamed[name]++ == 0 ? "_r" : "_c";
    if (name.starts_with("u_product")) name = "kernel_u_product";
    name[name.find('_')] = '/';
    if (opt.rule_averages() && name.ends_with("/momentum")) name.replace(name.find('/'), 9, "/z");
    if (state.count(name))
      compare(name, state.at(name), want, tolerance);
    else if (c.at("optimizer") != "Adafactor")
      wrong = "no slot " + name;
  }
}

/// Keras's schedules see calls where gradients are accumulated, ours see updates: the same as
/// without accumulation by the means of the gradients.
void check_departure(const Json& c, const Json& gradients, std::vector<Tensor> w, Optimizer opt) {
  Json alone = c.at("config");
  alone.erase("gradient_accumulation_steps");
  Optimizer plain = optimizer(c.at("optimizer").get<std::string>(), alone);
  std::vector<Tensor> v{parameter(w[0]), parameter(w[1])};
  const std::size_t calls = c.at("config").at("gradient_accumulation_steps").get<std::size_t>();
  std::vector<double> mean(8);
  for (std::size_t t = 0; t < gradients.size(); ++t) {
    const std::vector<double> g = numbers(gradients[t]);
    for (std::size_t i = 0; i < 8; ++i) mean[i] += g[i] / static_cast<double>(calls);
    opt.apply(split(g), w);
    if ((t + 1) % calls != 0) continue;
    plain.apply(split(mean), v);
    std::fill(mean.begin(), mean.end(), 0);
    for (std::size_t i = 0; i < w[0].values().size(); ++i)
      CHECK(w[0].values()[i] == doctest::Approx(v[0].values()[i]).epsilon(coarse ? 1e-5 : 1e-12));
  }
  throw Skipped("schedules see updates, not calls; compared with a run by the mean gradients");
}

std::string compare_case(const Json& root, const Json& c) {
  OptimizerOptions options;
  if (c.contains("exclude_from_weight_decay_names"))
    for (const Json& name : c.at("exclude_from_weight_decay_names"))
      options.exclude_from_weight_decay.push_back(name.get<std::string>());
  const std::string rule = c.at("optimizer").get<std::string>();
  Json config = c.at("config");
  if (rule == "ScheduleFreeAdamW") config["weight_lr_power"] = 0;  // Keras has no weight_lr_power
  Optimizer opt = optimizer(rule, config, options);
  const Json& start = root.at("initials").at(c.at("initial").get<std::string>());
  const Json& gradients = root.at("gradient_sets").at(c.at("gradients").get<std::string>());
  const std::vector<Tensor> w{parameter(of({3, 2}, flat(start.at("kernel")))),
                              parameter(of({2}, flat(start.at("bias"))))};
  opt.adopt(w, both_names);
  if (c.at("config").contains("gradient_accumulation_steps") && !opt.schedule().constant())
    check_departure(c, gradients, w, opt);

  const bool loose = c.value("note", "").find("1e-3") != std::string::npos;
  Run run{opt, c, w, loose ? 1e-3 : coarse ? 2e-5 : 1e-9};
  for (std::size_t t = 0; t < gradients.size(); ++t) run.step(t, numbers(gradients[t]));
  if (run.wrong.empty()) run.slots();
  run.opt.finalize();
  if (c.contains("after_finalize")) run.compare("finalized", w, numbers(c.at("after_finalize")));
  return run.wrong;
}

/// Keras takes these two and ignores the option; the table of bad inputs refuses them.
bool bad(const Json& config) {
  const bool nesterov = config.value("nesterov", false) && config.value("momentum", 0.0) == 0;
  return config.value("clipnorm", 1.0) == 0 || nesterov;
}

/// PyTorch's form is Keras's for plain SGD, for momentum at a constant rate, and for Adadelta.
bool same_form(const Json& c) {
  static const std::set<std::string> sgd{"lr", "momentum", "nesterov"},
      adadelta{"lr", "rho", "eps"};
  const std::string kind = c.at("class").get<std::string>();
  if ((kind != "SGD" && kind != "Adadelta") || c.contains("groups")) return false;
  if (c.contains("schedule") && c.at("args").contains("momentum")) return false;
  for (const auto& [key, v] : c.at("args").items())
    if (!(kind == "SGD" ? sgd : adadelta).count(key)) return false;
  return true;
}

std::string compare_torch(const Json& c) {
  Json config = c.at("args");
  if (c.at("class") == "Adadelta") config = {{"lr", 1.0}, {"rho", 0.9}, {"eps", 1e-6}};
  config.update(c.at("args"));
  config["learning_rate"] = config.at("lr");
  config.erase("lr");
  if (config.contains("eps")) config["epsilon"] = config.at("eps");
  config.erase("eps");
  Optimizer opt = optimizer(c.at("class").get<std::string>(), config);
  if (c.contains("lr_used")) {
    const std::vector<double> rates = numbers(c.at("lr_used"));
    opt.set_learning_rate([rates](double step) { return rates[static_cast<std::size_t>(step)]; });
  }
  std::vector<Tensor> w;
  const auto vector = [](const Json& list) {
    const std::vector<double> values = numbers(list);
    return of({values.size()}, values);
  };
  for (const Json& start : c.at("params0")) w.push_back(parameter(vector(start)));
  for (std::size_t t = 0; t < c.at("grads").size(); ++t) {
    std::vector<Tensor> g;
    for (const Json& gradient : c.at("grads")[t]) g.push_back(vector(gradient));
    opt.apply(g, w);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double tolerance = coarse ? 2e-5 : 1e-12;  // the header's; float as in Keras's file
      const std::string wrong = difference(fmt::format("step {}", t), w[i].values(),
                                           numbers(c.at("params")[t][i]), tolerance, tolerance);
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("golden: Keras's optimizers") {
  GoldenFile file("keras/optimizers.json");
  const auto compare = [&](const Json& c) { return compare_case(file.root(), c); };
  golden::run_cases(file, compare, {.is_bad = [](const Json& c) { return bad(c.at("config")); }});
}

TEST_CASE("golden: PyTorch's optimizers, where its form is Keras's") {
  GoldenFile file("torch/optimizers.json");
  int others = 0;
  for (const Json& c : file.cases())
    if (same_form(c))
      file.finish(c.at("id").get<std::string>(), compare_torch(c));
    else
      ++others;
  if (others > 0) file.skip(fmt::format("{} others", others), "of another form, or not built");
}
