#pragma once
/// A problem as a program.

#include <string>

#include "problem/problem.h"

struct ProgramOptions {
  std::string rate;  ///< C++; without it, the optimizer's own
  std::int64_t epochs;
  double validation_split = 0;
  std::string more = {};  ///< options of fit(), such as `.verbose = 0`
};
/// The lines of C++ that make the data and the model, and train: what a main() would hold. Set in
/// by two blanks.
std::string program_of(const Problem& problem, const ProgramOptions& options);
/// The targets as the loss wants them: C++ that knows `data`.
std::string targets_code(const Problem& problem);
