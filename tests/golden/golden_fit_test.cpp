/// Compares whole training runs with numbers that Keras gave.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "golden_optimizers.h"
#include "golden_parts.h"
#include "golden_support.h"

namespace {

using golden::coarse;
using golden::entry;
using golden::GoldenFile;
using golden::Json;
using golden::nested;
using golden::number;
using golden::Skipped;
using namespace gradus;

Activation activation_of(const std::string& name) {
  static const std::map<std::string, Activation> known{{"linear", {}},
                                                       {"tanh", tanh},
                                                       {"relu", relu},
                                                       {"sigmoid", sigmoid},
                                                       {"softmax", softmax},
                                                       {"softplus", softplus},
                                                       {"gelu", gelu},
                                                       {"silu", silu},
                                                       {"swish", silu},
                                                       {"elu", elu},
                                                       {"leaky_relu", leaky_relu},
                                                       {"selu", selu},
                                                       {"softsign", softsign},
                                                       {"mish", mish},
                                                       {"exponential", exponential}};
  return entry(known, name);
}

/// "mse", "MeanSquaredError" and {"class_name": "MeanSquaredError", "config": {...}}.
struct Named {
  explicit Named(const Json& json)
      : name(json.is_string() ? json.get<std::string>() : json.at("class_name").get<std::string>()),
        config(json.is_string() ? Json::object() : json.value("config", Json::object())) {}
  std::string name;
  Json config;
};

/// `mse` and `MeanSquaredError` as `mean_squared_error`.
std::string long_name(const std::string& name) {
  static const std::map<std::string, std::string> shorter{
      {"mse", "mean_squared_error"},
      {"mae", "mean_absolute_error"},
      {"mape", "mean_absolute_percentage_error"},
      {"msle", "mean_squared_logarithmic_error"},
      {"bce", "binary_crossentropy"},
      {"kld", "kl_divergence"},
      {"acc", "accuracy"}};
  const auto found = shorter.find(name);
  return found == shorter.end() ? detail::snake_case(name) : found->second;
}

/// These structs, without arguments, by their long names.
template <class To, class... Structs>
std::map<std::string, std::function<To()>> by_name() {
  return {{detail::snake_case(detail::type_name<Structs>()), [] { return To(Structs{}); }}...};
}
template <class To>
std::map<std::string, std::function<To()>> plain_losses() {
  return by_name<To, MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError,
                 MeanSquaredLogarithmicError, LogCosh, Poisson, KLDivergence, CosineSimilarity,
                 Hinge, SquaredHinge, CategoricalHinge>();
}

Loss loss_of(const Json& json) {
  const Named given(json);
  const golden::Arguments a(given.config);
  auto known = plain_losses<Loss>();
  const bool logits = a.flag("from_logits");
  const double smoothing = a.real("label_smoothing", 0);
  known["binary_crossentropy"] = [&] { return BinaryCrossentropy{logits, smoothing}; };
  known["categorical_crossentropy"] = [&] { return CategoricalCrossentropy{logits, smoothing}; };
  known["sparse_categorical_crossentropy"] = [&] {
    return SparseCategoricalCrossentropy{.from_logits = logits};
  };
  known["huber"] = [&] { return Huber{.delta = a.real("delta", 1)}; };
  const Loss loss = entry(known, long_name(given.name))();
  a.finish();
  return loss;
}

std::vector<Metric> metrics_of(const Json& names) {
  auto known = plain_losses<Metric>();
  known.merge(
      by_name<Metric, Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy,
              RootMeanSquaredError, R2Score, Precision, Recall, AUC>());
  std::vector<Metric> metrics;
  for (const Json& name : names)
    metrics.push_back(entry(known, long_name(name.get<std::string>()))());
  return metrics;
}

/// Keras reports a metric under the name it was asked for.
std::string our_key(const std::string& key) {
  const std::size_t name = key.starts_with("val_") ? 4 : key.starts_with("weighted_") ? 9 : 0;
  return key.substr(0, name) + long_name(key.substr(name));
}

Regularizer regularizer_of(const Json& json) {
  if (json.is_null()) return {};
  return L1L2{.l1 = json.value("l1", 0.0), .l2 = json.value("l2", 0.0)};
}

void only_keys(const Json& json, std::initializer_list<std::string> known, const char* what) {
  for (const auto& [key, _] : json.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw Skipped(fmt::format("no {} {}", what, key));
}

Sequential model_of(const Json& c) {
  std::vector<Layer> layers;
  for (const Json& layer : c.at("layers")) {
    only_keys(layer, {"units", "activation", "use_bias", "kernel_regularizer", "bias_regularizer"},
              "Dense option");
    layers.emplace_back(
        Dense{.units = layer.at("units").get<int>(),
              .activation = activation_of(layer.value("activation", "linear")),
              .use_bias = layer.value("use_bias", true),
              .kernel_regularizer = regularizer_of(layer.value("kernel_regularizer", Json())),
              .bias_regularizer = regularizer_of(layer.value("bias_regularizer", Json()))});
  }
  Sequential model(std::move(layers));
  const Json& rule = c.at("optimizer");
  model.compile(
      {.optimizer = golden::optimizer(rule.at("class_name").get<std::string>(), rule.at("config")),
       .loss = loss_of(c.at("loss")),
       .metrics = metrics_of(c.value("metrics", Json::array())),
       .weighted_metrics = metrics_of(c.value("weighted_metrics", Json::array()))});
  model.build(Shape{1, c.at("input_dim").get<int>()});
  std::vector<Tensor> weights;
  for (const Json& w : c.at("initial_weights")) weights.push_back(nested(w));
  model.set_weights(weights);
  return model;
}

FitOptions options_of(const Json& fit) {
  only_keys(fit,
            {"epochs", "batch_size", "shuffle", "validation_split", "validation_data", "verbose",
             "class_weight", "sample_weight", "initial_epoch", "steps_per_epoch",
             "validation_steps", "validation_batch_size", "validation_freq"},
            "fit option");
  if (fit.value("shuffle", true)) throw Skipped("Keras's shuffle is not ours");
  FitOptions options{.batch_size = fit.value("batch_size", 32),
                     .epochs = fit.value("epochs", 1),
                     .verbose = 0,
                     .validation_split = fit.value("validation_split", 0.0),
                     .shuffle = false,
                     .initial_epoch = fit.value("initial_epoch", 0),
                     .validation_freq = fit.value("validation_freq", 1)};
  const auto maybe = [&](const char* key, std::optional<Extent>& option) {
    if (fit.contains(key)) option = fit[key].get<int>();
  };
  maybe("steps_per_epoch", options.steps_per_epoch);
  maybe("validation_steps", options.validation_steps);
  maybe("validation_batch_size", options.validation_batch_size);
  if (fit.contains("validation_data"))
    options.validation_data = {nested(fit["validation_data"][0]),
                               nested(fit["validation_data"][1])};
  if (fit.contains("sample_weight")) options.sample_weight = nested(fit["sample_weight"]);
  const Json weights = fit.value("class_weight", Json::object());
  for (const auto& [number, weight] : weights.items())
    options.class_weight[std::stoi(number)] = weight.get<double>();
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
    const Tensor expected = nested(want);
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

/// Compares every update as it happens: the running means, the rate, the weights after it.
struct Follow {
  const Json& steps;
  Comparison& same;
  std::size_t done = 0;

  void on_train_batch_end(std::int64_t, const Logs& logs, Sequential& model) {
    const Json& step = steps.at(done);
    const std::string where = fmt::format("step {} ", done++);
    for (const auto& [key, v] : step.at("logs").items())
      same.history(where + key, logs[our_key(key)], number(v));
    const std::vector<Tensor> weights = model.get_weights();
    for (std::size_t i = 0; i < weights.size(); ++i)
      same.weights(where + "weights", weights[i], step.at("weights")[i]);
  }
};

std::string compare_fit(const Json& run) {
  const Json& c = run.at("case");
  Sequential model = model_of(c);
  const Schedule rate = model.optimizer().schedule();
  Comparison same;
  Follow follow{run.at("steps"), same};
  FitOptions options = options_of(c.at("fit"));
  options.callbacks = {std::ref(follow)};
  const History h = model.fit(nested(c.at("x")), nested(c.at("y")), options);

  same.note("steps", static_cast<double>(follow.done), static_cast<double>(run.at("steps").size()),
            follow.done == run.at("steps").size());
  for (const auto& [key, series] : run.at("history").items()) {
    const std::vector<double>& ours = h[our_key(key)];
    same.history(key + " epochs", static_cast<double>(ours.size()),
                 static_cast<double>(series.size()));
    for (std::size_t epoch = 0; epoch < std::min(series.size(), ours.size()); ++epoch)
      same.history(key, ours[epoch], number(series[epoch]));
  }
  for (std::size_t i = 0; i < h.epochs().size(); ++i)
    same.history("epoch", static_cast<double>(h.epochs()[i]), number(run.at("history_epochs")[i]));
  for (const Json& step : run.at("steps"))
    same.history("rate", rate(step.at("step").get<Step>()), number(step.at("lr")));
  const std::vector<Tensor> weights = model.get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i)
    same.weights(fmt::format("weights[{}]", i), weights[i], run.at("final_weights")[i]);
  same.weights("predict", model.predict(nested(run.at("predict").at("x"))),
               run.at("predict").at("y"));
  same.history("iterations", static_cast<double>(model.optimizer().iterations()),
               number(run.at("iterations")));
  same.history("rate after", model.optimizer().learning_rate(), number(run.at("lr_after")));
  const Evaluation e = model.evaluate(nested(c.at("x")), nested(c.at("y")));
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

TEST_CASE("golden keras/fit.json") {
  GoldenFile file("keras/fit.json");
  for (const Json& run : file.cases())
    run_case(file, run.at("case").at("id").get<std::string>(), run, compare_fit);
}
