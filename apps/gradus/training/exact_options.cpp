#include "training/exact_options.h"

#include "terminal/command.h"
#include "terminal/option_words.h"

using namespace gradus;

namespace {

std::vector<double> to_numbers(const Tensor& x) { return {x.values().begin(), x.values().end()}; }

}  // namespace

Session ExactOptions::session(const std::string& schedule,
                              const std::vector<std::string>& plots) const {
  check<UsageError>(!schedule.empty(), "give a schedule, such as \"CosineDecay(0.1, 210)\"");
  SessionOptions options;
  options.training.problem = problem;
  options.training.schedule = schedule;
  options.training.epochs = epochs;
  options.training.validation_split = validation_split;
  return Session(options, {}, plots);
}

ExactTraining to_exact(const Problem& problem, ExactTraining out) {
  Tensor x = problem.data.x, y = problem.data.y;
  if (problem.held_out.x.size() > 0) {
    x = concat({x, problem.held_out.x}, 0);
    y = concat({y, problem.held_out.y}, 0);
  }
  out.loss = problem.loss.name;
  out.outputs = problem.outputs;
  out.training_rows = problem.data.x.shape()[0];
  out.target_deviation = problem.network.target_deviation;
  out.x = to_numbers(x);
  out.y = to_numbers(y);
  out.x_shape = {x.shape().begin(), x.shape().end()};
  out.y_shape = {y.shape().begin(), y.shape().end()};
  for (const OptionWords& option : all_options(problem.options.network))
    out.network.push_back(option.values[0]);
  return out;
}

ExactTraining to_exact(const Session& session) {
  return to_exact(session.problem(), {.schedule = to_string(session.optimizer().schedule()),
                                      .epochs = session.epochs(),
                                      .updates = session.updates()});
}

std::string rows_of_loss(const ExactTraining& training) {
  const std::int64_t rows = training.x_shape[0], kept = training.training_rows;
  return kept < rows
             ? fmt::format("the {} row{} held out", rows - kept, rows - kept == 1 ? "" : "s")
             : fmt::format("the {} rows trained on", rows);
}
