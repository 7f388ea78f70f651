#pragma once
/// Schedules and optimizers as texts on the command line.

#include <gradus/optim/optimizer.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/plot.h>

inline namespace GRADUS_VARIANT {

/// Reads `EXPR`, or `NAME=EXPR` with a name for the legend. UsageError, with the text and the
/// mistake in it.
gradus::LabelledSchedule read_expression(const std::string& text,
                                         const gradus::RunLengths& lengths);
/// `NAME`, without blanks around it, and `EXPR`; NAME is empty where brackets come before any `=`.
std::pair<std::string, std::string> split_name(const std::string& text);
/// Reads `EXPR`.
gradus::Schedule read_schedule(const std::string& text, const gradus::RunLengths& lengths = {});
/// The numbers of a schedule or an optimizer.
std::vector<gradus::OptionNumber> numbers_of(const auto& options) {
  std::vector<gradus::OptionNumber> out;
  static_cast<void>(options.with_numbers([&](const gradus::OptionNumber& number) {
    out.push_back(number);
    return number.value;
  }));
  return out;
}
/// The text of a schedule; a short one with numbers if lengths may be in it.
std::string with_numbers(const std::string& text, const gradus::RunLengths& lengths);

/// The notes of inspect() on possible mistakes: a line or more for each, after `before`.
std::string notes_on(const gradus::Schedule& s, gradus::Step steps, const std::string& before);

/// The names of optimizers: the rules in lower case, and two kinds of SGD, `momentum` and
/// `nesterov`, where momentum is 0.9 unless it is given.
std::vector<std::string> optimizer_names();

struct OptimizerExpression {
  gradus::Optimizer optimizer;
  bool has_rate;     ///< the text gives a learning rate
  std::string text;  ///< with numbers in place of lengths
};
/// Whether the text is one of these names, or a call of one.
bool names_optimizer(const std::string& text);
/// Reads one of these names, or a call such as `adam(learning_rate=0.01, beta_1=0.8)` or a line
/// pasted from Python. UsageError, with the text and the mistake in it.
OptimizerExpression read_optimizer(const std::string& text, const gradus::RunLengths& lengths = {});
/// The options of its rule, then those of any optimizer.
std::vector<gradus::detail::Config::Field> fields_of(const gradus::Optimizer& optimizer);
/// The text without the learning rate, if it gives one.
std::string text_without_rate(const std::string& text);

}  // namespace GRADUS_VARIANT
