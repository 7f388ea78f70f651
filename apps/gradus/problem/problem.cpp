#include "problem/problem.h"

#include <fmt/format.h>
#include <gradus/core/ops.h>

#include <algorithm>

#include "problem/program.h"
#include "terminal/command.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

/// Standardises the inputs by the rows that are trained on.
Standardization standardise(Dataset& data, double held_out) {
  const std::int64_t kept = rows_kept(data.x.shape()[0], held_out);
  const Standardization scale =
      standardization(slice(data.x, 0, 0, std::max<std::int64_t>(kept, 1)));
  data.x = scale(data.x);
  return scale;
}

}  // namespace

Problem make_problem(const ProblemOptions& options, double held_out) {
  const Network network = read_network(options.network);
  Dataset data = read_data(options.data, network.seed);
  const NamedLoss& loss = choose_loss(options.network.loss, data);
  const std::int64_t outputs = loss.targets == Targets::classes ? count_classes(data.y) : 1;
  std::optional<Standardization> scale;
  if (is_file(options.data.name)) scale = standardise(data, held_out);
  if (loss.targets == Targets::two_classes) data.y = reshape(data.y, {-1, 1});
  return {options, std::move(data), network.build(loss, outputs), network, loss, std::move(scale),
          outputs, held_out};
}

void refuse_rate(const Problem& problem, const std::string& who) {
  check<UsageError>(!problem.network.optimizer.has_rate,
                    "--optimizer: must not give a learning rate, which {}", who);
}

std::string Problem::about_data() const {
  const std::string target = loss.targets == Targets::numbers
                                 ? "numeric target"
                                 : fmt::format("{} classes", count_classes(data.y));
  return fmt::format("{}: {} rows, {}{}", clean(options.data.name), data.x.shape()[0], target,
                     scale ? ", inputs standardised" : "");
}

std::string Problem::about_model() const {
  std::string shape = fmt::format("{}", data.x.shape()[1]);
  for (const std::int64_t units : network.hidden) shape += fmt::format("-{}", units);
  return fmt::format("layers {}-{}{}", shape, outputs,
                     network.hidden.empty() ? "" : " with " + network.activation);
}

std::string Problem::about() const {
  return fmt::format("{}\n{}, {}, {}, batches of {}\n", about_data(), about_model(),
                     clean(options.network.optimizer), loss.name, network.batch_size);
}

std::string Problem::compile_code(const std::string& rate) const {
  return fmt::format("  model.compile({{.optimizer = {},\n                 .loss = {}}});",
                     to_code(model.optimizer(), rate), loss.code);
}
