#include "problem/problem.h"

#include "problem/program.h"
#include "terminal/command.h"

using namespace gradus;

namespace {

/// The lengths, where an update takes `each` batches.
RunLengths run_lengths(const RunPlan& plan, std::int64_t batches, Real each) {
  const double all = std::floor(static_cast<double>(plan.epochs * batches) / value(each));
  return {.all = plan.steps > 0 ? static_cast<double>(plan.steps) : std::max(1.0, all),
          .epoch = static_cast<double>(batches) / value(each)};
}

}  // namespace

Problem make_problem(ProblemOptions options, RunPlan plan) {
  std::string optimizer = std::exchange(options.network.optimizer, "sgd");
  Network network = read_network(options.network);
  if (options.network.loss != "auto" && options.data.task == "auto" && is_file(options.data.name))
    options.data.task = find_loss(options.network.loss).targets == Targets::numbers
                            ? "regression"
                            : "classification";
  TrainingData data = read_data(options.data, plan.held_out, network.seed);
  const NamedLoss& loss = choose_loss(options.network.loss, data.data);
  const std::int64_t outputs = loss.targets == Targets::classes ? count_classes(data.data) : 1;
  if (data.prepared) network.target_deviation = data.prepared->target_deviation();
  const bool scaled = data.prepared && data.prepared->targets;
  if (scaled && optimizer == "sgd") optimizer += "(global_clipnorm=1)";  // for outliers
  for (Dataset* rows : {&data.data, &data.held_out})
    if (loss.targets == Targets::two_classes && rows->x.size() > 0)
      rows->y = reshape(rows->y, {-1, 1});
  const std::int64_t rows = data.data.x.shape()[0];
  const std::int64_t batches = (rows + network.batch_size - 1) / network.batch_size;
  if (plan.epochs == 0)
    plan.epochs = std::max<std::int64_t>(30, data.prepared ? (999 + batches) / batches : 0);
  network.optimizer = read_optimizer(optimizer, run_lengths(plan, batches, 1));
  const auto& each = network.optimizer.optimizer.options().gradient_accumulation_steps;
  const RunLengths lengths = run_lengths(plan, batches, each.value_or(1).count);
  network.optimizer = read_optimizer(optimizer, lengths);
  options.network.optimizer = network.optimizer.text;
  const Sequential model = network.build(loss, outputs);
  return {data, options, plan.held_out, model,   network,
          loss, outputs, lengths,       batches, plan.epochs};
}

void refuse_rate(const Problem& problem, const std::string& who) {
  check<UsageError>(!problem.network.optimizer.has_rate,
                    "--optimizer: must not give a learning rate, which {}", who);
}

std::string Problem::about_data() const {
  const std::string target = loss.targets == Targets::numbers
                                 ? "numeric target"
                                 : fmt::format("{} classes", count_classes(data));
  const std::int64_t rows = data.x.shape()[0] + (chosen.share > 0 ? held_out.x.shape()[0] : 0);
  const char* scaled = "";
  if (prepared)
    scaled = prepared->targets ? ", inputs and target standardised" : ", inputs standardised";
  return fmt::format("{}: {} rows, {}{}", clean(options.data.name), rows, target, scaled);
}

std::string Problem::about_model() const {
  std::string shape = fmt::format("{}", data.x.shape()[1]);
  for (const std::int64_t units : network.hidden) shape += fmt::format("-{}", units);
  std::string out = fmt::format("layers {}-{}{}", shape, outputs,
                                network.hidden.empty() ? "" : " with " + network.activation);
  if (!network.initializer.code.empty())
    out += ", first weights " + clean(options.network.initializer);
  if (!network.bias_initializer.code.empty())
    out += ", first biases " + clean(options.network.bias_initializer);
  return out;
}

std::string Problem::about() const {
  std::string on_data = about_data() + '\n';
  for (const std::string& note : notes) on_data += clean(note) + '\n';
  const Sampling how = network.sampling;
  std::string rows =
      fmt::format("{}batches of {}{}", how == Sampling::fresh ? "fresh " : "", network.batch_size,
                  how == Sampling::replacement ? " with replacement" : "");
  if (how == Sampling::full) rows = "all rows in each update";
  return fmt::format("{}{}, {}, {}, {}\n", on_data, about_model(), clean(options.network.optimizer),
                     loss.name, rows);
}

std::string Problem::compile_code(const std::string& rate) const {
  return fmt::format("  model.compile({{.optimizer = {},\n                 .loss = {}}});",
                     to_code(model.optimizer(), rate), loss.code);
}
