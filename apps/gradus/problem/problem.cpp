#include "problem/problem.h"

#include <fmt/format.h>
#include <gradus/core/nearest.h>
#include <gradus/gradus.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "problem/code.h"
#include "problem/data.h"
#include "problem/expression.h"
#include "terminal/command.h"

using namespace gradus;

namespace {

// ---- names --------------------------------------------------------------------------------------

struct NamedActivation {
  const char* name;
  Tensor (*function)(const Tensor&);
};
constexpr NamedActivation all_activations[] = {
    {"relu", relu},
    {"tanh", tanh},
    {"sigmoid", sigmoid},
    {"elu", elu},
    {"gelu", gelu},
    {"selu", selu},
    {"silu", silu},
    {"mish", mish},
    {"relu6", relu6},
    {"softplus", softplus},
    {"leaky_relu", leaky_relu},
    {"linear", linear},
};

enum class Targets { numbers, two_classes, classes };
struct NamedLoss {
  const char* name;
  Targets targets;
  Loss (*make)();
  const char* code;
};
/// What is watched beside the loss.
Metric metric_for(Targets targets) {
  if (targets == Targets::numbers) return MeanAbsoluteError{};
  if (targets == Targets::two_classes) return BinaryAccuracy{.threshold = 0};  // of logits
  return Accuracy{};
}

constexpr NamedLoss all_losses[] = {
    {"mean_squared_error", Targets::numbers, []() -> Loss { return MeanSquaredError{}; },
     "MeanSquaredError{}"},
    {"mean_absolute_error", Targets::numbers, []() -> Loss { return MeanAbsoluteError{}; },
     "MeanAbsoluteError{}"},
    {"huber", Targets::numbers, []() -> Loss { return Huber{}; }, "Huber{}"},
    {"log_cosh", Targets::numbers, []() -> Loss { return LogCosh{}; }, "LogCosh{}"},
    {"binary_crossentropy", Targets::two_classes,
     []() -> Loss { return BinaryCrossentropy{.from_logits = true}; },
     "BinaryCrossentropy{.from_logits = true}"},
    {"sparse_categorical_crossentropy", Targets::classes,
     []() -> Loss { return SparseCategoricalCrossentropy{.from_logits = true}; },
     "SparseCategoricalCrossentropy{.from_logits = true}"},
};

std::vector<std::string> names_of(const auto& table) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

/// The entry of that name; `also` says what else may be given.
const auto& entry(const auto& table, const char* option, const std::string& name,
                  const char* also = "") {
  for (const auto& e : table)
    if (name == e.name) return e;
  const std::vector<std::string> names = names_of(table);
  throw UsageError(fmt::format("{}: must be one of {}{} (got '{}'); did you mean {}?", option,
                               fmt::join(names, ", "), also, clean(name),
                               detail::nearest(name, names)));
}

// ---- loss ------------------------------------------------------------------------------------

constexpr std::int64_t most_classes = 1000;

/// The number of classes in y; 0 where it holds numbers that are none.
std::int64_t classes_in(const Tensor& y) {
  constexpr auto most = static_cast<double>(most_classes);
  double greatest = 0;
  for (const Scalar v : y.values()) {
    const double number = value(v);
    if (number < 0 || number >= most || number != std::floor(number)) return 0;
    greatest = std::max(greatest, number);
  }
  return static_cast<std::int64_t>(greatest) + 1;
}

const NamedLoss& loss_for(const std::string& name, const Dataset& data) {
  const Tensor& y = data.y;
  const bool labelled = y.rank() == 1;  // as classes, not as numbers
  if (std::ssize(data.classes) > most_classes)
    throw UsageError(fmt::format("--data: must have rows of at most {} classes (got {})",
                                 most_classes, data.classes.size()));
  if (labelled && classes_in(y) < 2)
    throw UsageError("--data: must have rows of at least 2 classes (got 1)");
  if (name == "auto")
    return entry(all_losses, "--loss",
                 !labelled            ? "mean_squared_error"
                 : classes_in(y) <= 2 ? "binary_crossentropy"
                                      : "sparse_categorical_crossentropy");
  const NamedLoss& loss = entry(all_losses, "--loss", name, ", auto");
  if (loss.targets == Targets::numbers && labelled)
    throw UsageError(fmt::format("--loss: must be one for classes (got '{}')", name));
  const std::int64_t classes = classes_in(y);
  if (loss.targets != Targets::numbers && classes == 0)
    throw UsageError(fmt::format("--loss: must be one for numbers (got '{}')", name));
  if (loss.targets == Targets::two_classes && classes > 2)
    throw UsageError(fmt::format("--loss: must be one for {} classes (got '{}')", classes, name));
  return loss;
}

// ---- the model ----------------------------------------------------------------------------------

std::vector<std::int64_t> read_layers(const std::string& text) {
  std::vector<std::int64_t> units;
  if (text == "none") return units;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    units.push_back(read_whole("--layers", text.substr(begin, end - begin), 1, 4096));
    begin = end + 1;
  }
  if (units.size() > 32)
    throw UsageError(fmt::format("--layers: must be at most 32 (got {})", units.size()));
  return units;
}

About about_of(const ProblemOptions& options, std::int64_t rows, std::int64_t inputs,
               std::int64_t classes, std::int64_t outputs) {
  std::string shape = fmt::format("{}", inputs), with;
  if (options.layers != "none") {
    for (const char c : "-" + options.layers) shape += c == ',' ? '-' : c;
    with = fmt::format(" with {}", options.activation);
  }
  return {
      .data = fmt::format("{}: {} rows, {}{}", clean(options.data), rows,
                          classes == 0 ? "a number to learn" : fmt::format("{} classes", classes),
                          is_file(options.data) ? ", inputs standardised" : ""),
      .model = fmt::format("layers {}-{}{}", shape, outputs, with),
      .optimizer = clean(options.optimizer)};
}

}  // namespace

std::vector<std::string> activation_names() { return names_of(all_activations); }
std::vector<std::string> loss_names() { return names_of(all_losses); }

Network make_network(const ProblemOptions& options, const std::string& loss_name,
                     std::int64_t outputs) {
  const NamedActivation& activation = entry(all_activations, "--activation", options.activation);
  const NamedLoss& loss = entry(all_losses, "--loss", loss_name, ", auto");
  const auto [optimizer, has_rate] = read_optimizer(options.optimizer);
  const auto seed = static_cast<std::uint64_t>(read_whole("--seed", options.seed, 0));
  std::vector<Layer> layers;
  Network network{.has_rate = has_rate, .loss = loss.make(), .loss_code = loss.code};
  network.units = read_layers(options.layers);
  for (const std::int64_t units : network.units) {
    layers.push_back(Dense{.units = units, .activation = activation.function});
    network.layers_code.push_back(
        fmt::format("Dense{{.units = {}, .activation = {}}}", units, activation.name));
  }
  layers.push_back(Dense{.units = outputs});
  network.units.push_back(outputs);
  network.layers_code.push_back(fmt::format("Dense{{.units = {}}}", outputs));
  network.model.emplace(std::move(layers));
  network.model->compile({.optimizer = optimizer,
                          .loss = network.loss,
                          .metrics = {metric_for(loss.targets)},
                          .seed = seed});
  return network;
}

Problem make_problem(const ProblemOptions& options, double held_back) {
  const auto seed = static_cast<std::uint64_t>(read_whole("--seed", options.seed, 0));
  const Extent batch_size = read_whole("--batch-size", options.batch_size, 1);
  // All that is wrong with the words is said before the data is read.
  make_network(options, options.loss == "auto" ? all_losses[0].name : options.loss, 1);
  Dataset data = read_data(options, seed);
  const NamedLoss& loss = loss_for(options.loss, data);
  const std::int64_t rows = data.x.shape()[0], inputs = data.x.shape()[1];
  const std::int64_t classes = loss.targets == Targets::numbers ? 0 : classes_in(data.y);
  const std::int64_t outputs = loss.targets == Targets::classes ? classes : 1;
  std::optional<Standardization> scale;
  if (is_file(options.data)) {
    const auto kept = static_cast<std::int64_t>(static_cast<double>(rows) * (1 - held_back));
    scale = standardization(slice(data.x, 0, 0, std::max<std::int64_t>(kept, 1)));
    data.x = (*scale)(data.x);
  }
  if (loss.targets == Targets::two_classes) data.y = reshape(data.y, {-1, 1});

  About about = about_of(options, rows, inputs, classes, outputs);
  about.loss = loss.name;
  Network network = make_network(options, loss.name, outputs);
  return {.data = std::move(data),
          .model = std::move(*network.model),
          .loss = network.loss,
          .batch_size = batch_size,
          .about = std::move(about),
          .has_rate = network.has_rate,
          .scale = std::move(scale),
          .seed = seed,
          .outputs = outputs,
          .data_code = data_code(options, seed),
          .loss_code = network.loss_code,
          .layers_code = std::move(network.layers_code)};
}

std::string Problem::about_text() const {
  return fmt::format("{}\n{}, {}, {}, batches of {}\n", about.data, about.model, about.optimizer,
                     about.loss, batch_size.count);
}

std::string Problem::compile_code(const std::string& rate) const {
  return fmt::format("  model.compile({{.optimizer = {},\n                 .loss = {}}});",
                     code_of(model.optimizer(), rate), loss_code);
}
