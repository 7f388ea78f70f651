#pragma once
/// Data by name or from files.

#include <fmt/ranges.h>
#include <gradus/models/preparation.h>

/// The names of the synthetic data: 200 rows each, more for `digits`.
std::vector<std::string> data_names();
/// Whether this names a file and not synthetic data: a file that is there, or a name with a dot, a
/// slash or a dash. `-` is standard input. A file called `moons` is `./moons`.
bool is_file(const std::string& name);

/// The options that choose the data, as given.
struct DataOptions {
  std::string name = "moons";  ///< one of data_names(), or a file
  std::string noise;           ///< of synthetic data; without it, that of the data
  std::string label;           ///< the target column of the file; without it, the last one
  std::string task = "auto", separator, decimal, comment;
  std::vector<std::string> ignore, one_hot, missing;
  bool drop_missing = false, no_header = false, no_target_scale = false;

  /// In the order of the fields of CsvOptions.
  static void options(auto& self, auto&& option) {
    option(self.name, "--data",
           fmt::format("{}, or a file; - is stdin", fmt::join(data_names(), ", ")), "WHAT");
    option(self.noise, "--noise", "Deviation of the noise in synthetic data", "X");
    option(self.label, "--label", "The target column of the file; without it, the last", "COLUMN");
    option(self.task, "--task",
           "classification, regression, or auto: words and few whole numbers are classes", "TASK");
    option(self.no_header, "--no-header", "Line 1 of the file is data; columns are 0, 1, ...");
    option(self.separator, "--separator", "Between fields: a character, tab or blanks", "CHAR");
    option(self.decimal, "--decimal", "The decimal mark of numbers: . or ,", "CHAR");
    option(self.comment, "--comment", "Begins a comment", "CHAR");
    option(self.drop_missing, "--drop-missing", "Leave out rows with a missing value");
    option(self.missing, "--missing", "More spellings of a missing value: -999,unknown",
           "TEXT,...");
    option(self.ignore, "--ignore", "Columns of the file to leave out", "COLUMN,...");
    option(self.one_hot, "--one-hot", "Columns of words, or auto: those of at most 50 words",
           "COLUMN,...");
    option(self.no_target_scale, "--no-target-scale",
           "Train on a numeric target as it is, not standardised");
  }
};

/// The rows to hold out of training: a share of them, or those of a file.
struct HeldOut {
  double share = 0;
  bool last = false;  ///< the last rows, not rows at random
  std::string file = {};
};

/// Rows to train on and rows held out, ready for a model.
struct TrainingData {
  gradus::Dataset data;                              ///< of a file: standardised
  gradus::Dataset held_out = {};                     ///< x has no elements: none
  std::optional<gradus::Preparation> prepared = {};  ///< of a file, by its training rows
  std::vector<std::string> notes = {};               ///< lines for people
};
/// UsageError, with the options as the command line has them.
TrainingData read_data(const DataOptions& options, const HeldOut& held_out, std::uint64_t seed);
/// Synthetic data. UsageError, naming `where`, for another name.
gradus::Dataset make_data(const char* where, const DataOptions& options, std::uint64_t seed);
/// Rows of a file for a model that was trained on others, with a target if `labelled`; rows that
/// lack a value are only listed, in `dropped`. UsageError.
gradus::Dataset read_rows(const std::string& file, gradus::Preparation prepared, bool labelled);
/// C++ that makes the datasets `data` and, with rows held out, `test`.
std::string data_code(const DataOptions& options, const HeldOut& held_out,
                      const std::optional<gradus::Preparation>& prepared, std::uint64_t seed);
