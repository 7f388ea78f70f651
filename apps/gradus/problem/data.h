#pragma once
/// Data by name or from files.

#include <fmt/ranges.h>
#include <gradus/models/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

/// The names of the synthetic data: 200 rows each, more for `digits`.
std::vector<std::string> data_names();
/// Whether this is the name of a file, .csv or .csv.gz.
bool is_file(const std::string& name);

/// The options that choose the data, as given.
struct DataOptions {
  std::string name = "moons";  ///< one of data_names(), or a file
  std::string noise;           ///< of synthetic data; without it, that of the data
  std::string label;           ///< the target column of the file; without it, the last one
  std::vector<std::string> ignore, one_hot;
  bool drop_missing = false, no_header = false, no_target_scale = false;

  static void options(auto& self, auto&& option) {
    option(self.name, "--data", fmt::format("{}, or a file .csv", fmt::join(data_names(), ", ")),
           "WHAT");
    option(self.noise, "--noise", "Deviation of the noise in synthetic data", "X");
    option(self.label, "--label", "The target column of the file; without it, the last", "COLUMN");
    option(self.ignore, "--ignore", "Columns of the file to leave out", "COLUMN,...");
    option(self.one_hot, "--one-hot", "Columns of the file that hold words", "COLUMN,...");
    option(self.drop_missing, "--drop-missing", "Leave out rows with an empty field");
    option(self.no_target_scale, "--no-target-scale",
           "Train on the file's numeric target as it is, not standardised");
    option(self.no_header, "--no-header", "Line 1 of the file is data; columns are 0, 1, ...");
  }
};

/// The data. UsageError, with the options as the command line has them.
gradus::Dataset read_data(const DataOptions& options, std::uint64_t seed);
/// The C++ expression that makes the data.
std::string data_code(const DataOptions& options, std::uint64_t seed);

/// The columns and classes that a saved model was trained on.
struct TrainedColumns {
  std::vector<std::string> columns, classes;
  std::string label;
};
/// Rows for a model trained on data of these options, from the synthetic data or the file `name`.
/// With `labelled`, rows have a target; otherwise rows that lack a value are only listed, in
/// `dropped`.
gradus::Dataset read_rows(const std::string& name, const DataOptions& options,
                          const TrainedColumns& trained, bool labelled, std::uint64_t seed);
