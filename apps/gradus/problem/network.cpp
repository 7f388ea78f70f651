#include "problem/network.h"

#include <gradus/models/layers.h>
#include <gradus/schedules/known.h>

#include "terminal/command.h"

using namespace gradus;

namespace {

struct NamedActivation {
  const char* name;
  Tensor (*function)(const Tensor&);
  const char* also = "";
};
constexpr NamedActivation all_activations[] = {
    {"relu", relu},
    {"tanh", tanh},
    {"sigmoid", sigmoid},
    {"elu", elu},
    {"gelu", gelu},
    {"selu", selu},
    {"silu", silu, "swish"},
    {"mish", mish},
    {"relu6", relu6},
    {"softplus", softplus},
    {"leaky_relu", leaky_relu},
    {"linear", linear, "identity"},
};

struct NamedInitializer {
  const char* name;
  Initializer (*make)(double number);
  const char* code;         ///< C++, with `{}` for the number if it has one
  const char* number = "";  ///< the name of its number
};
template <class I>
Initializer make_initializer(double number) {
  if constexpr (requires(I initializer) { initializer.scale; }) return I{.scale = number};
  if constexpr (requires(I initializer) { initializer.value; }) return I{.value = number};
  return I{};
}
constexpr NamedInitializer all_initializers[] = {
    {"glorot_uniform", make_initializer<GlorotUniform>, "GlorotUniform{{}}"},
    {"glorot_normal", make_initializer<GlorotNormal>, "GlorotNormal{{}}"},
    {"he_uniform", make_initializer<HeUniform>, "HeUniform{{}}"},
    {"he_normal", make_initializer<HeNormal>, "HeNormal{{}}"},
    {"lecun_uniform", make_initializer<LecunUniform>, "LecunUniform{{}}"},
    {"lecun_normal", make_initializer<LecunNormal>, "LecunNormal{{}}"},
    {"variance_scaling", make_initializer<VarianceScaling>, "VarianceScaling{{.scale = {}}}",
     "scale"},
    {"zeros", make_initializer<Zeros>, "Zeros{{}}"},
    {"ones", make_initializer<Ones>, "Ones{{}}"},
    {"constant", make_initializer<Constant>, "Constant{{.value = {}}}", "value"},
};

/// Reads `he_normal` or `variance_scaling(8)`. Errors of gradus become those of the option.
InitializerExpression read_initializer(const char* option, const std::string& text,
                                       std::string_view default_of_dense) {
  try {
    const detail::Call call = detail::parse_call(option, text);
    const NamedInitializer& known = choose(all_initializers, option, call.name);
    Real number = known.number == std::string_view("scale") ? 1 : 0;
    const detail::Slot slot{known.number, false,
                            [&](const detail::Value& v) { return detail::assign(number, v); }};
    detail::fill(call, {&slot, *known.number ? 1u : 0u});
    return {known.make(value(number)), known.name == default_of_dense
                                           ? ""
                                           : fmt::format(fmt::runtime(known.code), value(number))};
  } catch (const Error& error) {
    const std::string what = error.what();
    throw UsageError(what.starts_with("--") ? what : fmt::format("{}: {}", option, what));
  }
}

template <class L>
Loss make() {
  if constexpr (requires(L loss) { loss.from_logits; })
    return L{.from_logits = true};
  else
    return L{};
}

constexpr NamedLoss all_losses[] = {
    {"mean_squared_error", Targets::numbers, make<MeanSquaredError>, "MeanSquaredError{}", "mse"},
    {"mean_absolute_error", Targets::numbers, make<MeanAbsoluteError>, "MeanAbsoluteError{}",
     "mae"},
    {"huber", Targets::numbers, make<Huber>, "Huber{}"},
    {"log_cosh", Targets::numbers, make<LogCosh>, "LogCosh{}"},
    {"binary_crossentropy", Targets::two_classes, make<BinaryCrossentropy>,
     "BinaryCrossentropy{.from_logits = true}", "bce"},
    {"sparse_categorical_crossentropy", Targets::classes, make<SparseCategoricalCrossentropy>,
     "SparseCategoricalCrossentropy{.from_logits = true}", "crossentropy"},
};

constexpr std::int64_t most_classes = 1000;

Sampling read_sampling(const std::string& text) {
  const auto names = names_of(Sampling());
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) refuse_name("--sampling", text, {names.begin(), names.end()});
  return static_cast<Sampling>(found - names.begin());
}

std::vector<std::int64_t> read_layers(const std::string& text) {
  std::vector<std::int64_t> units;
  if (text == "none") return units;
  for (const std::string& number : split_list(text))
    units.push_back(read_whole("--layers", number, 1, 4096));
  check<UsageError>(units.size() <= 32, "--layers: must be at most 32 (got {})", units.size());
  return units;
}

}  // namespace

inline namespace GRADUS_VARIANT {

std::vector<std::string> activation_names() { return names_of(all_activations); }
std::vector<std::string> initializer_names() { return names_of(all_initializers); }
std::vector<std::string> loss_names() { return names_of(all_losses); }

const NamedLoss& find_loss(const std::string& name) {
  return choose(all_losses, "--loss", name, ", auto");
}

std::vector<Metric> metrics_for(Targets targets) {
  if (targets == Targets::numbers) return {MeanAbsoluteError{}, R2Score{}};
  if (targets == Targets::two_classes) return {BinaryAccuracy{.threshold = 0}};  // of logits
  return {Accuracy{}};
}

std::int64_t count_classes(const Dataset& data) {
  if (!data.classes.empty()) return std::ssize(data.classes);
  constexpr auto most = static_cast<double>(most_classes);
  double greatest = 0;
  for (const Scalar v : data.y.values()) {
    const double number = value(v);
    if (number < 0 || number >= most || number != std::floor(number)) return 0;
    greatest = std::max(greatest, number);
  }
  return static_cast<std::int64_t>(greatest) + 1;
}

const NamedLoss& choose_loss(const std::string& name, const Dataset& data) {
  const bool labelled = data.y.rank() == 1;  // with classes, not with numbers
  const std::int64_t classes = count_classes(data);
  check<UsageError>(std::ssize(data.classes) <= most_classes,
                    "--data: must have at most {} classes (got {})", most_classes,
                    data.classes.size());
  check<UsageError>(!labelled || classes >= 2, "--data: must have at least 2 classes (got 1)");
  if (name == "auto")
    return find_loss(!labelled      ? "mean_squared_error"
                     : classes <= 2 ? "binary_crossentropy"
                                    : "sparse_categorical_crossentropy");
  const NamedLoss& loss = find_loss(name);
  check<UsageError>(loss.targets != Targets::numbers || !labelled,
                    "--loss: must be a loss for classes (got '{}')", name);
  check<UsageError>(loss.targets == Targets::numbers || labelled,
                    "--loss: must be a loss for numbers (got '{}')", name);
  check<UsageError>(loss.targets != Targets::two_classes || classes <= 2,
                    "--loss: must be a loss for {} classes (got '{}')", classes, name);
  return loss;
}

Network read_network(const NetworkOptions& options) {
  if (options.loss != "auto") find_loss(options.loss);
  return {
      .hidden = read_layers(options.layers),
      .activation = choose(all_activations, "--activation", options.activation).name,
      .initializer = read_initializer("--initializer", options.initializer, "glorot_uniform"),
      .bias_initializer = read_initializer("--bias-initializer", options.bias_initializer, "zeros"),
      .optimizer = read_optimizer(options.optimizer),
      .batch_size = read_whole("--batch-size", options.batch_size, 1),
      .sampling = read_sampling(options.sampling),
      .seed = static_cast<std::uint64_t>(read_whole("--seed", options.seed, 0))};
}

Sequential Network::build(const NamedLoss& loss, std::int64_t outputs) const {
  const auto function = choose(all_activations, "--activation", activation).function;
  std::vector<Layer> layers;
  const auto add = [&](std::int64_t units, const Activation& after) {
    layers.push_back(Dense{.units = units,
                           .activation = after,
                           .kernel_initializer = initializer.initializer,
                           .bias_initializer = bias_initializer.initializer});
  };
  for (const std::int64_t units : hidden) add(units, function);
  add(outputs, {});
  Sequential model(std::move(layers));
  model.compile({.optimizer = optimizer.optimizer,
                 .loss = loss.make(),
                 .metrics = metrics_for(loss.targets),
                 .seed = seed,
                 .target_deviation = target_deviation});
  return model;
}

std::vector<std::string> Network::layers_code(std::int64_t outputs) const {
  const char* const kernel = initializer.code.empty() ? "" : ", .kernel_initializer = first";
  const char* const bias = bias_initializer.code.empty() ? "" : ", .bias_initializer = first_bias";
  const std::string end = fmt::format("{}{}}}", kernel, bias);
  std::vector<std::string> code;
  for (const std::int64_t units : hidden)
    code.push_back(fmt::format("Dense{{.units = {}, .activation = {}{}", units, activation, end));
  code.push_back(fmt::format("Dense{{.units = {}{}", outputs, end));
  return code;
}

double Network::weights(std::int64_t inputs, std::int64_t outputs) const {
  std::vector<std::int64_t> units = hidden;
  units.push_back(outputs);
  double sum = 0, before = static_cast<double>(inputs);
  for (const std::int64_t n : units)
    sum += (std::exchange(before, static_cast<double>(n)) + 1) * static_cast<double>(n);
  return sum;
}

}  // namespace GRADUS_VARIANT
