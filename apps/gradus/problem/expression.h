#pragma once
/// Schedules and optimizers as the command line has them.

#include <gradus/optim/optimizer.h>
#include <gradus/schedules/plot.h>

#include <string>
#include <vector>

struct ScheduleExpression {
  gradus::LabelledSchedule curve;
  std::string text;  ///< without the name, on one line
};
/// `EXPR`, or `NAME=EXPR` with a name for the legend. UsageError, with the text and what is wrong
/// with it.
ScheduleExpression read_expression(const std::string& text);
/// The same without a name.
gradus::Schedule read_schedule(const std::string& text);

/// The names that may stand for an optimizer: those of the rules in lower case, and two for kinds
/// of SGD, `momentum` and `nesterov`.
std::vector<std::string> optimizer_names();

struct OptimizerExpression {
  gradus::Optimizer optimizer;
  bool has_rate;  ///< the text gives a learning rate
};
/// One of these names, or a call such as `adam(learning_rate=0.01, beta_1=0.8)` or a line pasted
/// from Python. UsageError, with the text and what is wrong with it.
OptimizerExpression read_optimizer(const std::string& text);
/// Such a text as it is without the learning rate, if it has one.
std::string text_without_rate(const std::string& text);
