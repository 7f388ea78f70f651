#pragma once
/// Something to train, put together from words: data, layers, optimizer and loss.

#include <gradus/models/dataset.h>
#include <gradus/models/sequential.h>

#include <string>
#include <vector>

/// The options, as given.
struct ProblemOptions {
  std::string data = "moons";  ///< line, xor, moons, spirals, blobs, or a .csv file
  std::string label;           ///< of the file: the target column; the last one without it
  std::vector<std::string> ignore, one_hot;
  bool drop_missing = false;
  std::string layers = "16,16";  ///< units of the hidden layers, or `none`
  std::string activation = "relu", optimizer = "sgd", loss = "auto";
  std::string batch_size = "32", seed = "0";
};

/// The names that may be given.
std::vector<std::string> data_names(), activation_names(), optimizer_names(), loss_names();

struct Problem {
  gradus::Dataset data;      ///< inputs standardised, if they come from a file
  gradus::Sequential model;  ///< compiled, with a rate of 0
  gradus::Extent batch_size;
  std::string about;                      ///< in two lines
  std::string optimizer_code, loss_code;  ///< as C++; in the former `{}` stands for the rate

  /// The call of compile() in C++, with this rate: two lines, set in by two blanks.
  std::string compile_code(const std::string& rate) const;
};

/// UsageError, or what gradus throws.
Problem make_problem(const ProblemOptions& options);
