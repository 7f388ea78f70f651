#pragma once
/// Data by name, or from files.

#include <gradus/models/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

struct ProblemOptions;

/// The names of made-up data, which is 200 rows unless said otherwise in data.cpp.
std::vector<std::string> data_names();
/// Whether this is the name of a file, .csv or .csv.gz.
bool is_file(const std::string& name);

/// What --data and the options beside it say. UsageError, or what read_csv() throws, with options
/// as the command line has them.
gradus::Dataset read_data(const ProblemOptions& options, std::uint64_t seed);
/// The same as C++.
std::string data_code(const ProblemOptions& options, std::uint64_t seed);

/// Rows for a model that has learnt from others: of the same columns and classes. `labelled` for
/// rows with a target; of others those that lack a value are only noted, in `dropped`. `data` is a
/// name or a file.
struct LearntColumns {
  std::vector<std::string> columns, classes, one_hot;
  std::string label;
  bool header = true, drop_missing = false;
};
gradus::Dataset read_rows(const std::string& data, const LearntColumns& learnt, bool labelled,
                          std::uint64_t seed);
