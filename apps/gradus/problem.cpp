#include "problem.h"

#include <fmt/format.h>
#include <gradus/core/nearest.h>
#include <gradus/gradus.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "command.h"

using namespace gradus;

namespace {

// ---- names --------------------------------------------------------------------------------------

struct NamedData {
  const char* name;
  Dataset (*make)(std::uint64_t seed);
};
constexpr NamedData all_data[] = {
    {"line", [](std::uint64_t seed) { return make_line({.rows = 200, .seed = seed}); }},
    {"xor", [](std::uint64_t seed) { return make_xor({.rows = 200, .noise = 0.1, .seed = seed}); }},
    {"moons", [](std::uint64_t seed) { return make_moons({.rows = 200, .seed = seed}); }},
    {"spirals", [](std::uint64_t seed) { return make_spirals({.rows = 200, .seed = seed}); }},
    {"blobs", [](std::uint64_t seed) { return make_blobs({.rows = 200, .seed = seed}); }},
};

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

struct NamedOptimizer {
  const char* name;
  Optimizer (*make)(const Schedule& rate);
  const char* code;  ///< `{}` is the rate
};
template <class Rule>
Optimizer plain(const Schedule& rate) {
  return Rule{.learning_rate = rate};
}
constexpr NamedOptimizer all_optimizers[] = {
    {"sgd", plain<SGD>, "SGD{{.learning_rate = {}}}"},
    {"momentum",
     [](const Schedule& rate) -> Optimizer { return SGD{.learning_rate = rate, .momentum = 0.9}; },
     "SGD{{.learning_rate = {}, .momentum = 0.9}}"},
    {"nesterov",
     [](const Schedule& rate) -> Optimizer {
       return SGD{.learning_rate = rate, .momentum = 0.9, .nesterov = true};
     },
     "SGD{{.learning_rate = {}, .momentum = 0.9, .nesterov = true}}"},
    {"adam", plain<Adam>, "Adam{{.learning_rate = {}}}"},
    {"adamw", plain<AdamW>, "AdamW{{.learning_rate = {}}}"},
    {"nadam", plain<Nadam>, "Nadam{{.learning_rate = {}}}"},
    {"adamax", plain<Adamax>, "Adamax{{.learning_rate = {}}}"},
    {"adagrad", plain<Adagrad>, "Adagrad{{.learning_rate = {}}}"},
    {"adadelta", plain<Adadelta>, "Adadelta{{.learning_rate = {}}}"},
    {"adafactor", plain<Adafactor>, "Adafactor{{.learning_rate = {}}}"},
    {"rmsprop", plain<RMSprop>, "RMSprop{{.learning_rate = {}}}"},
    {"ftrl", plain<Ftrl>, "Ftrl{{.learning_rate = {}}}"},
    {"lamb", plain<Lamb>, "Lamb{{.learning_rate = {}}}"},
    {"lion", plain<Lion>, "Lion{{.learning_rate = {}}}"},
    {"muon", plain<Muon>, "Muon{{.learning_rate = {}}}"},
};

enum class Targets { numbers, two_classes, classes };
struct NamedLoss {
  const char* name;
  Targets targets;
  Loss (*make)();
  const char* code;
};
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

// ---- data ---------------------------------------------------------------------------------------

bool is_file(const std::string& name) {
  return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

Dataset read_data(const ProblemOptions& options, std::uint64_t seed) {
  if (is_file(options.data)) {
    Dataset data = read_csv(options.data, {.label = options.label,
                                           .drop_missing = options.drop_missing,
                                           .ignore = options.ignore,
                                           .one_hot = options.one_hot});
    data.x = standardization(data.x)(data.x);
    return data;
  }
  const NamedData& made = entry(all_data, "--data", options.data, ", or a file .csv or .csv.gz");
  if (!options.label.empty() || !options.ignore.empty() || !options.one_hot.empty() ||
      options.drop_missing)
    throw UsageError(fmt::format(
        "--label, --ignore, --one-hot and --drop-missing: must come with a file (got --data {})",
        options.data));
  return made.make(seed);
}

/// The number of classes in y; 0 where it holds numbers that are none.
std::int64_t classes_in(const Tensor& y) {
  constexpr double most = 1000;
  double greatest = 0;
  for (const Scalar v : y.values()) {
    const double number = value(v);
    if (number < 0 || number >= most || number != std::floor(number)) return 0;
    greatest = std::max(greatest, number);
  }
  return static_cast<std::int64_t>(greatest) + 1;
}

const NamedLoss& loss_for(const std::string& name, const Tensor& y) {
  const bool labelled = y.rank() == 1;  // as classes, not as numbers
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

}  // namespace

std::vector<std::string> data_names() { return names_of(all_data); }
std::vector<std::string> activation_names() { return names_of(all_activations); }
std::vector<std::string> optimizer_names() { return names_of(all_optimizers); }
std::vector<std::string> loss_names() { return names_of(all_losses); }

Problem make_problem(const ProblemOptions& options) {
  const auto seed = static_cast<std::uint64_t>(read_whole("--seed", options.seed, 0));
  const Extent batch_size = read_whole("--batch-size", options.batch_size, 1);
  const std::vector<std::int64_t> hidden = read_layers(options.layers);
  const NamedActivation& activation = entry(all_activations, "--activation", options.activation);
  const NamedOptimizer& optimizer = entry(all_optimizers, "--optimizer", options.optimizer);
  Dataset data = read_data(options, seed);
  const NamedLoss& loss = loss_for(options.loss, data.y);

  const std::int64_t rows = data.x.shape()[0], inputs = data.x.shape()[1];
  const std::int64_t outputs = loss.targets == Targets::classes ? classes_in(data.y) : 1;
  std::string about = fmt::format("{}: {} rows, ", clean(options.data), rows);
  about += loss.targets == Targets::numbers ? "a number to learn"
                                            : fmt::format("{} classes", classes_in(data.y));
  about += is_file(options.data) ? ", inputs standardised\n" : "\n";
  about += fmt::format("layers {}", inputs);
  std::vector<Layer> layers;
  for (const std::int64_t units : hidden) {
    layers.push_back(Dense{.units = units, .activation = activation.function});
    about += fmt::format("-{}", units);
  }
  layers.push_back(Dense{.units = outputs});
  about += fmt::format("-{}{}, {}, {}, batches of {}\n", outputs,
                       hidden.empty() ? "" : fmt::format(" with {}", activation.name),
                       optimizer.name, loss.name, batch_size.count);
  if (loss.targets == Targets::two_classes) data.y = reshape(data.y, {-1, 1});

  Sequential model(std::move(layers));
  model.compile({.optimizer = optimizer.make(0), .loss = loss.make(), .seed = seed});
  return {std::move(data), std::move(model), batch_size, about, optimizer.code, loss.code};
}

std::string Problem::compile_code(const std::string& rate) const {
  return fmt::format("  model.compile({{.optimizer = {},\n                 .loss = {}}});",
                     fmt::format(fmt::runtime(optimizer_code), rate), loss_code);
}
