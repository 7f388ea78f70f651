#include "problem/problem.h"

#include <fmt/format.h>
#include <gradus/core/ops.h>

#include <algorithm>

#include "problem/code.h"
#include "terminal/command.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

/// Standardises the inputs by the rows that are trained on.
Standardization standardise(Dataset& data, double held_out) {
  const auto kept =
      static_cast<std::int64_t>(static_cast<double>(data.x.shape()[0]) * (1 - held_out));
  const Standardization scale =
      standardization(slice(data.x, 0, 0, std::max<std::int64_t>(kept, 1)));
  data.x = scale(data.x);
  return scale;
}

std::string describe_data(const std::string& name, const Dataset& data, std::int64_t classes) {
  return fmt::format("{}: {} rows, {}{}", clean(name), data.x.shape()[0],
                     classes == 0 ? "numeric target" : fmt::format("{} classes", classes),
                     is_file(name) ? ", inputs standardised" : "");
}

std::string describe_model(const Network& network, std::int64_t inputs, std::int64_t outputs) {
  std::string shape = fmt::format("{}", inputs);
  for (const std::int64_t units : network.hidden) shape += fmt::format("-{}", units);
  return fmt::format("layers {}-{}{}", shape, outputs,
                     network.hidden.empty() ? "" : " with " + network.activation);
}

}  // namespace

Problem make_problem(const ProblemOptions& options, double held_out) {
  const Network network = read_network(options.network);
  Dataset data = read_data(options.data, network.seed);
  const NamedLoss& loss = choose_loss(options.network.loss, data);
  const std::int64_t inputs = data.x.shape()[1];
  const std::int64_t classes = loss.targets == Targets::numbers ? 0 : count_classes(data.y);
  const std::int64_t outputs = loss.targets == Targets::classes ? classes : 1;
  std::optional<Standardization> scale;
  if (is_file(options.data.name)) scale = standardise(data, held_out);
  if (loss.targets == Targets::two_classes) data.y = reshape(data.y, {-1, 1});
  const std::string about_data = describe_data(options.data.name, data, classes);
  return {.data = std::move(data),
          .model = network.build(loss, outputs),
          .loss = loss.make(),
          .batch_size = network.batch_size,
          .loss_name = loss.name,
          .has_rate = network.optimizer.has_rate,
          .scale = std::move(scale),
          .seed = network.seed,
          .outputs = outputs,
          .about_data = about_data,
          .about_model = describe_model(network, inputs, outputs),
          .about_optimizer = clean(options.network.optimizer),
          .data_code = data_code(options.data, network.seed),
          .loss_code = loss.code,
          .layers_code = network.layers_code(outputs)};
}

void refuse_rate(const Problem& problem, const std::string& who) {
  if (problem.has_rate)
    throw UsageError(fmt::format("--optimizer: must not give a learning rate, which {}", who));
}

std::string Problem::about() const {
  return fmt::format("{}\n{}, {}, {}, batches of {}\n", about_data, about_model, about_optimizer,
                     loss_name, batch_size);
}

std::string Problem::compile_code(const std::string& rate) const {
  return fmt::format("  model.compile({{.optimizer = {},\n                 .loss = {}}});",
                     to_code(model.optimizer(), rate), loss_code);
}
