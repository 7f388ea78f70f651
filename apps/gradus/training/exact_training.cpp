#include "training/exact_training.h"

#include "terminal/option_words.h"

using namespace gradus;

namespace {

std::vector<double> to_numbers(const Tensor& x) { return {x.values().begin(), x.values().end()}; }

}  // namespace

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

std::string rows_of_loss(const ExactTraining& training) {
  const std::int64_t rows = training.x_shape[0], kept = training.training_rows;
  return kept < rows
             ? fmt::format("the {} row{} held out", rows - kept, rows - kept == 1 ? "" : "s")
             : fmt::format("the {} rows trained on", rows);
}
