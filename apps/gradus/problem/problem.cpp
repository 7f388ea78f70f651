#include "problem/problem.h"

#include <fmt/format.h>
#include <gradus/core/ops.h>

#include <algorithm>
#include <cmath>

#include "problem/program.h"
#include "terminal/command.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

/// Standardises the columns by the first rows.
Standardization standardise(ExactTensor& columns, std::int64_t rows) {
  const Standardization scale = standardization(slice(columns, 0, 0, rows));
  columns = scale(columns);
  return scale;
}

/// The lengths, where an update takes `each` batches.
RunLengths run_lengths(const RunPlan& plan, std::int64_t batches, Real each) {
  const double all = std::floor(static_cast<double>(plan.epochs * batches) / each);
  return {.all = plan.steps > 0 ? static_cast<double>(plan.steps) : std::max(1.0, all),
          .epoch = static_cast<double>(batches) / each};
}

}  // namespace

Problem make_problem(ProblemOptions options, RunPlan plan) {
  std::string optimizer = std::exchange(options.network.optimizer, "sgd");
  Network network = read_network(options.network);
  Dataset data = read_data(options.data, network.seed);
  const NamedLoss& loss = choose_loss(options.network.loss, data);
  const std::int64_t outputs = loss.targets == Targets::classes ? count_classes(data.y) : 1;
  const std::int64_t rows = std::max<std::int64_t>(1, rows_kept(data.x.shape()[0], plan.held_out));
  std::optional<Standardization> scale, target_scale;
  if (is_file(options.data.name)) scale = standardise(data.x, rows);
  if (scale && loss.targets == Targets::numbers && !options.data.no_target_scale) {
    target_scale = standardise(data.y, rows);
    network.target_deviation = value(target_scale->deviation(0));
    if (optimizer == "sgd") optimizer += "(global_clipnorm=1)";  // outliers would make it diverge
  }
  if (loss.targets == Targets::two_classes) data.y = reshape(data.y, {-1, 1});
  const std::int64_t batches = (rows + network.batch_size - 1) / network.batch_size;
  if (plan.epochs == 0)
    plan.epochs = std::max<std::int64_t>(30, scale ? (999 + batches) / batches : 0);
  network.optimizer = read_optimizer(optimizer, run_lengths(plan, batches, 1));
  const auto& each = network.optimizer.optimizer.options().gradient_accumulation_steps;
  const RunLengths lengths = run_lengths(plan, batches, each.value_or(1).count);
  network.optimizer = read_optimizer(optimizer, lengths);
  options.network.optimizer = network.optimizer.text;
  const Sequential model = network.build(loss, outputs);
  return {options,      data,    model,   network, loss,       scale,
          target_scale, outputs, lengths, batches, plan.epochs};
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
                     target_scale ? ", inputs and target standardised"
                     : scale      ? ", inputs standardised"
                                  : "");
}

std::string Problem::about_model() const {
  std::string shape = fmt::format("{}", data.x.shape()[1]);
  for (const std::int64_t units : network.hidden) shape += fmt::format("-{}", units);
  return fmt::format("layers {}-{}{}{}", shape, outputs,
                     network.hidden.empty() ? "" : " with " + network.activation,
                     network.initializer.code.empty()
                         ? ""
                         : ", first weights " + clean(options.network.initializer));
}

std::string Problem::about() const {
  return fmt::format("{}\n{}, {}, {}, batches of {}\n", about_data(), about_model(),
                     clean(options.network.optimizer), loss.name, network.batch_size);
}

std::string Problem::compile_code(const std::string& rate) const {
  return fmt::format("  model.compile({{.optimizer = {},\n                 .loss = {}}});",
                     to_code(model.optimizer(), rate), loss.code);
}
