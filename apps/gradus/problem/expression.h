#pragma once
/// Schedules and optimizers as texts on the command line.

#include <gradus/optim/optimizer.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/plot.h>

#include <string>
#include <utility>
#include <vector>

inline namespace GRADUS_VARIANT {

struct ScheduleExpression {
  gradus::LabelledSchedule curve;
  std::string text;  ///< without the name, on one line, with numbers in place of lengths
};
/// Reads `EXPR`, or `NAME=EXPR` with a name for the legend. UsageError, with the text and the
/// mistake in it.
ScheduleExpression read_expression(const std::string& text, const gradus::RunLengths& lengths);
/// `NAME`, without blanks around it, and `EXPR`; NAME is empty where brackets come before any `=`.
std::pair<std::string, std::string> split_name(const std::string& text);
/// Reads `EXPR`.
gradus::Schedule read_schedule(const std::string& text, const gradus::RunLengths& lengths = {});
/// The text of a schedule; a short one with numbers if lengths may be in it.
std::string with_numbers(const std::string& text, const gradus::RunLengths& lengths);

/// What may be a mistake in a schedule: a line or more for each of its notes, after `before`.
std::string notes_on(const gradus::Schedule& s, gradus::Step steps, const std::string& before);

/// The names of optimizers: the rules in lower case, and two kinds of SGD, `momentum` and
/// `nesterov`, where momentum is 0.9 unless it is given.
std::vector<std::string> optimizer_names();

struct OptimizerExpression {
  gradus::Optimizer optimizer;
  bool has_rate;     ///< the text gives a learning rate
  std::string text;  ///< with numbers in place of lengths
};
/// The name in front of a call, in lower case and without a module.
std::string name_of(const std::string& text);
/// Whether the text is one of these names, or a call of one.
bool names_optimizer(const std::string& text);
/// Reads one of these names, or a call such as `adam(learning_rate=0.01, beta_1=0.8)` or a line
/// pasted from Python. UsageError, with the text and the mistake in it.
OptimizerExpression read_optimizer(const std::string& text, const gradus::RunLengths& lengths = {});
/// The text without the learning rate, if it gives one.
std::string text_without_rate(const std::string& text);

}  // namespace GRADUS_VARIANT
