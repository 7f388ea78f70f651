#pragma once
/// Schedules, optimizers and problems as C++.

#include "problem/problem.h"

/// `CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 900}`; for a schedule without short
/// C++, a call of parse_schedule().
std::string to_code(const gradus::Schedule& s);
/// `Adam{.learning_rate = 0.01}`, or with the options of Optimizer,
/// `Optimizer(Adam{.learning_rate = 0.01}, {.clipnorm = 1})`. `rate` is the C++ of the rate.
std::string to_code(const gradus::Optimizer& optimizer, const std::string& rate);

struct ProgramOptions {
  std::string rate;  ///< C++; without it, the rate of the optimizer
  std::int64_t epochs;
  std::string fit_options = {};  ///< further options of fit(), such as `.verbose = 0`
};
/// The body of a main() that makes the data and the model, trains and, where targets are scaled,
/// predicts in their own units; indented by two blanks.
std::string to_program(const Problem& problem, const ProgramOptions& options);
