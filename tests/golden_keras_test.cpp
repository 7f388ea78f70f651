/// Compares schedules and whole training runs with numbers that Keras gave.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include <gradus/gradus.h>

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

Activation activation_of(const std::string& name) {
  if (name == "linear") return {};
  if (name == "tanh") return tanh;
  if (name == "relu") return relu;
  if (name == "sigmoid") return sigmoid;
  if (name == "softmax") return softmax;
  if (name == "softplus") return softplus;
  if (name == "gelu") return gelu;
  if (name == "silu") return silu;
  if (name == "elu") return elu;
  if (name == "leaky_relu") return leaky_relu;
  throw Skipped("no activation " + name);
}

void only_keys(const Json& json, std::initializer_list<std::string> known, const char* what) {
  for (const auto& [key, _] : json.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw Skipped(fmt::format("no {} {}", what, key));
}

Loss loss_of(const Json& json) {
  const std::string name =
      json.is_string() ? json.get<std::string>() : json.at("class_name").get<std::string>();
  const Json config = json.is_string() ? Json::object() : json.value("config", Json::object());
  const bool logits = config.value("from_logits", false);
  if (name == "mse" || name == "mean_squared_error" || name == "MeanSquaredError")
    return MeanSquaredError{};
  if (name == "mae" || name == "mean_absolute_error" || name == "MeanAbsoluteError")
    return MeanAbsoluteError{};
  if (name == "binary_crossentropy" || name == "BinaryCrossentropy")
    return BinaryCrossentropy{.from_logits = logits,
                              .label_smoothing = config.value("label_smoothing", 0.0)};
  if (name == "sparse_categorical_crossentropy" || name == "SparseCategoricalCrossentropy")
    return SparseCategoricalCrossentropy{.from_logits = logits};
  throw Skipped("no loss " + name);
}

Metric metric_of(const std::string& name) {
  if (name == "mse") return MeanSquaredError{};
  if (name == "mae") return MeanAbsoluteError{};
  if (name == "accuracy" || name == "acc") return Accuracy{};
  throw Skipped("no metric " + name);
}

/// Keras reports a metric under the name it was asked for.
std::string our_key(const std::string& key) {
  const std::string prefix = key.starts_with("val_") ? "val_" : "";
  const std::string name = key.substr(prefix.size());
  if (name == "mse") return prefix + "mean_squared_error";
  if (name == "mae") return prefix + "mean_absolute_error";
  if (name == "acc") return prefix + "accuracy";
  return key;
}

Optimizer optimizer_of(const Json& json) {
  const auto name = json.at("class_name").get<std::string>();
  if (name != "SGD") throw Skipped("no optimizer " + name);
  const Json& config = json.at("config");
  only_keys(config, {"learning_rate", "momentum", "nesterov", "name"}, "SGD option");
  SGD sgd;
  if (config.contains("learning_rate")) sgd.learning_rate = schedule_of(config["learning_rate"]);
  sgd.momentum = config.value("momentum", 0.0);
  sgd.nesterov = config.value("nesterov", false);
  return sgd;
}

/// Nested lists of numbers, of any depth.
Tensor tensor_of(const Json& json) {
  Shape shape;
  for (const Json* level = &json; level->is_array(); level = &level->front())
    shape.push_back(static_cast<std::int64_t>(level->size()));
  std::vector<Scalar> values;
  for (const Json& leaf : json.flatten()) values.push_back(static_cast<Scalar>(number(leaf)));
  return {shape, values};
}

Sequential model_of(const Json& c) {
  std::vector<Layer> layers;
  for (const Json& layer : c.at("layers")) {
    only_keys(layer, {"units", "activation", "use_bias"}, "Dense option");
    layers.emplace_back(Dense{.units = layer.at("units").get<int>(),
                              .activation = activation_of(layer.value("activation", "linear")),
                              .use_bias = layer.value("use_bias", true)});
  }
  Sequential model(std::move(layers));
  std::vector<Metric> metrics;
  for (const Json& name : c.value("metrics", Json::array())) metrics.push_back(metric_of(name));
  model.compile({.optimizer = optimizer_of(c.at("optimizer")),
                 .loss = loss_of(c.at("loss")),
                 .metrics = metrics});
  model.build(Shape{1, c.at("input_dim").get<int>()});
  std::vector<Tensor> weights;
  for (const Json& w : c.at("initial_weights")) weights.push_back(tensor_of(w));
  model.set_weights(weights);
  return model;
}

FitOptions options_of(const Json& fit) {
  only_keys(fit,
            {"epochs", "batch_size", "shuffle", "validation_split", "validation_data", "verbose"},
            "fit option");
  if (fit.value("shuffle", true)) throw Skipped("Keras's shuffle is not ours");
  FitOptions options{.batch_size = fit.value("batch_size", 32),
                     .epochs = fit.value("epochs", 1),
                     .verbose = 0,
                     .validation_split = fit.value("validation_split", 0.0),
                     .shuffle = false};
  if (fit.contains("validation_data"))
    options.validation_data = {tensor_of(fit["validation_data"][0]),
                               tensor_of(fit["validation_data"][1])};
  return options;
}

/// Collects the first difference of a case. The tolerance is the file's: double 1e-9 relative;
/// float 1e-4 relative on losses (and 1e-6, for losses that are differences of larger numbers) and
/// 1e-5 on weights.
struct Comparison {
  void history(const std::string& what, double got, double want) {
    note(what, got, want,
         coarse ? golden::close(got, want, 1e-6, 1e-4) : golden::close(got, want, 1e-12, 1e-9));
  }
  void weights(const std::string& what, const Tensor& got, const Json& want) {
    const Tensor expected = tensor_of(want);
    if (got.shape() != expected.shape()) fault = what + ": shape";
    for (std::size_t i = 0; fault.empty() && i < got.values().size(); ++i) {
      const double g = got.values()[i], w = expected.values()[i];
      note(what, g, w, coarse ? golden::close(g, w, 1e-5, 1e-5) : golden::close(g, w, 1e-12, 1e-9));
    }
  }
  void note(const std::string& what, double got, double want, bool ok) {
    if (!ok && fault.empty()) fault = fmt::format("{}: got {}, want {}", what, got, want);
  }
  std::string fault;
};

std::string compare_fit(const Json& run) {
  const Json& c = run.at("case");
  if (c.contains("weighted_metrics")) throw Skipped("no weighted_metrics");
  Sequential model = model_of(c);
  const Schedule rate = model.optimizer().schedule();
  const History h = model.fit(tensor_of(c.at("x")), tensor_of(c.at("y")), options_of(c.at("fit")));

  Comparison same;
  for (const auto& [key, series] : run.at("history").items())
    for (std::size_t epoch = 0; epoch < series.size(); ++epoch)
      same.history(key, h[our_key(key)].at(epoch), number(series[epoch]));
  for (const Json& step : run.at("steps"))
    same.history("rate", rate(step.at("step").get<Step>()), number(step.at("lr")));
  const std::vector<Tensor> weights = model.get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i)
    same.weights(fmt::format("weights[{}]", i), weights[i], run.at("final_weights")[i]);
  same.weights("predict", model.predict(tensor_of(run.at("predict").at("x"))),
               run.at("predict").at("y"));
  same.history("iterations", static_cast<double>(model.optimizer().iterations()),
               number(run.at("iterations")));
  same.history("rate after", model.optimizer().learning_rate(), number(run.at("lr_after")));
  const Evaluation e = model.evaluate(tensor_of(c.at("x")), tensor_of(c.at("y")));
  for (const auto& [key, v] : run.at("evaluate_after").items())
    same.history("evaluate " + key, e[our_key(key)], number(v));
  return same.fault;
}

/// Runs a case: it passes, fails, is refused as a bad value, or skipped.
template <class Compare>
void run_case(GoldenFile& file, const std::string& name, const Json& c, Compare compare) {
  try {
    file.finish(name, compare(c));
  } catch (const Skipped& why) {
    file.skip(name, why.what());
  } catch (const ValueError& why) {
    file.refuse(name, why.what());
  } catch (const Error& why) {
    file.fail(name, why.what());
  }
}

}  // namespace

TEST_CASE("golden keras/schedules.json") {
  GoldenFile file("keras/schedules.json");
  for (const Json& c : file.cases())
    golden::run_schedule(file, c.at("id").get<std::string>(), is_bad(c),
                         [&] { return compare_schedule(c); });
}

TEST_CASE("golden keras/fit.json") {
  GoldenFile file("keras/fit.json");
  for (const Json& run : file.cases())
    run_case(file, run.at("case").at("id").get<std::string>(), run, compare_fit);
}
