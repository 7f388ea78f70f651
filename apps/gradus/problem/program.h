#pragma once
/// A problem as a C++ program.

#include <string>

#include "problem/problem.h"

struct ProgramOptions {
  std::string rate;  ///< C++; without it, the rate of the optimizer
  std::int64_t epochs;
  double validation_split = 0;
  std::string fit_options = {};  ///< further options of fit(), such as `.verbose = 0`
};
/// The body of a main() that makes the data and the model and trains, indented by two blanks.
std::string to_program(const Problem& problem, const ProgramOptions& options);
/// The targets in the shape that the loss needs: C++ that uses `data`.
std::string targets_code(const Problem& problem);
