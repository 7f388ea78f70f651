#pragma once
/// The network, the optimizer and the loss that the command line names.

#include <fmt/ranges.h>
#include <gradus/models/initializers.h>
#include <gradus/models/sequential.h>

#include "problem/expression.h"

inline namespace GRADUS_VARIANT {

std::vector<std::string> activation_names(), initializer_names(), loss_names();

/// The options that choose them, as given.
struct NetworkOptions {
  std::string layers = "16,16";  ///< units of the hidden layers, or `none`
  std::string activation = "relu", initializer = "glorot_uniform", bias_initializer = "zeros",
              optimizer = "sgd", loss = "auto";
  std::string batch_size = "32", sampling = "shuffled", seed = "0";

  static void options(auto& self, auto&& option) {
    const auto one_of = [](const auto& names) { return fmt::format("{}", fmt::join(names, ", ")); };
    option(self.layers, "--layers", "Units of the hidden layers, or none", "N,N,...");
    option(self.activation, "--activation", one_of(activation_names()), "NAME");
    option(self.initializer, "--initializer",
           one_of(initializer_names()) + "; also variance_scaling(8)", "EXPR");
    option(self.bias_initializer, "--bias-initializer", "As --initializer, for the biases", "EXPR");
    option(self.optimizer, "--optimizer",
           one_of(optimizer_names()) +
               ", or a call: adam(beta_1=0.8); on numbers of a file sgd alone is "
               "sgd(global_clipnorm=1)",
           "EXPR");
    option(self.loss, "--loss", one_of(loss_names()) + ", or auto: by the data", "NAME");
    option(self.batch_size, "--batch-size", "Rows per update", "N");
    option(self.sampling, "--sampling",
           one_of(names_of(gradus::Sampling())) + ": the rows of each update", "NAME");
    option(self.seed, "--seed", "Seed of synthetic data, weights and batches", "N");
  }
};

/// What a loss expects of the targets.
enum class Targets { numbers, two_classes, classes };
struct NamedLoss {
  const char* name;
  Targets targets;
  gradus::Loss (*make)();
  const char* code;       ///< C++
  const char* also = "";  ///< another name
};
/// The loss of this name. UsageError.
const NamedLoss& find_loss(const std::string& name);
/// The loss for the targets of the data: of this name, or for `auto` the one that fits. UsageError
/// for one that does not fit.
const NamedLoss& choose_loss(const std::string& name, const gradus::Dataset& data);
/// The metrics that are reported beside the loss.
std::vector<gradus::Metric> metrics_for(Targets targets);
/// The number of classes that the data names or, without names, that y holds; 0 if it holds numbers
/// that are not classes.
std::int64_t count_classes(const gradus::Dataset& data);

struct InitializerExpression {
  gradus::Initializer initializer;
  std::string code;  ///< C++; "" for the default of Dense
};

/// The options as values. Its size is known when the data is.
struct Network {
  std::vector<std::int64_t> hidden;  ///< units of the hidden layers
  std::string activation;
  InitializerExpression initializer, bias_initializer;  ///< of all kernels, and of all biases
  OptimizerExpression optimizer;
  std::int64_t batch_size;
  gradus::Sampling sampling;
  std::uint64_t seed;
  double target_deviation = 1;  ///< the targets were divided by it

  /// The model, compiled with the optimizer and the metrics that go with the loss.
  gradus::Sequential build(const NamedLoss& loss, std::int64_t outputs) const;
  /// The layers in C++, with `first` and `first_bias` for the initializers.
  std::vector<std::string> layers_code(std::int64_t outputs) const;
  /// The number of weights and biases.
  double weights(std::int64_t inputs, std::int64_t outputs) const;
};
/// UsageError for what cannot be read.
Network read_network(const NetworkOptions& options);

}  // namespace GRADUS_VARIANT
