#pragma once
/// Something to train, put together from words: data, layers, optimizer and loss.

#include <fmt/format.h>
#include <gradus/models/dataset.h>
#include <gradus/models/sequential.h>

#include <optional>
#include <string>
#include <vector>

#include "problem/data.h"
#include "problem/expression.h"

/// The names that may be given.
std::vector<std::string> activation_names(), loss_names();

/// The options, as given.
struct ProblemOptions {
  std::string data = "moons";  ///< one of data_names(), or a .csv file
  std::string label;           ///< of the file: the target column; the last one without it
  std::vector<std::string> ignore, one_hot;
  bool drop_missing = false, no_header = false;
  std::string layers = "16,16";  ///< units of the hidden layers, or `none`
  std::string activation = "relu", optimizer = "sgd", loss = "auto";
  std::string batch_size = "32", seed = "0";

  static void options(auto& self, auto&& option) {
    const auto one_of = [](const auto& names) { return fmt::format("{}", fmt::join(names, ", ")); };
    option(self.data, "--data", one_of(data_names()) + ", or a file .csv", "WHAT");
    option(self.label, "--label", "The file's target column; without it, the last", "COLUMN");
    option(self.ignore, "--ignore", "The file's columns to leave out", "COLUMN,...");
    option(self.one_hot, "--one-hot", "The file's columns of words to read", "COLUMN,...");
    option(self.drop_missing, "--drop-missing", "Leave out rows with an empty field");
    option(self.no_header, "--no-header", "The file's first line is data; columns are 0, 1, ...");
    option(self.layers, "--layers", "Units of the hidden layers, or none", "N,N,...");
    option(self.activation, "--activation", one_of(activation_names()), "NAME");
    option(self.optimizer, "--optimizer",
           one_of(optimizer_names()) + ", or a call: adam(beta_1=0.8)", "EXPR");
    option(self.loss, "--loss", one_of(loss_names()) + ", or as the data asks", "NAME");
    option(self.batch_size, "--batch-size", "Rows per update", "N");
    option(self.seed, "--seed", "Of made-up data, weights and shuffles", "N");
  }
};

/// A model to be trained, without data.
struct Network {
  std::optional<gradus::Sequential> model = {};  ///< compiled with the optimizer, as given
  bool has_rate = false;                         ///< the optimizer's text gives a learning rate
  gradus::Loss loss;
  std::string loss_code = {};                 ///< as C++
  std::vector<std::int64_t> units = {};       ///< of each layer
  std::vector<std::string> layers_code = {};  ///< as C++, one for each layer
};
/// UsageError for what cannot be read. `loss_name` is not `auto`.
Network make_network(const ProblemOptions& options, const std::string& loss_name,
                     std::int64_t outputs);

/// For people, a few words each.
struct About {
  std::string data, model, optimizer, loss = {};
};

struct Problem {
  gradus::Dataset data;      ///< inputs standardised, if they come from a file
  gradus::Sequential model;  ///< compiled with the optimizer, as given
  gradus::Loss loss;         ///< the model's
  gradus::Extent batch_size;
  About about;
  bool has_rate;                                 ///< the optimizer's text gives a learning rate
  std::optional<gradus::Standardization> scale;  ///< of the inputs, if they come from a file
  std::uint64_t seed;                            ///< of the weights and the shuffles
  std::int64_t outputs;                          ///< of the last layer
  std::string data_code, loss_code;              ///< as C++
  std::vector<std::string> layers_code;          ///< the same, one for each layer

  /// In two lines.
  std::string about_text() const;
  /// The call of compile() in C++, with this rate, which is C++: two lines, set in by two blanks.
  std::string compile_code(const std::string& rate) const;
};

/// UsageError, or what gradus throws. The last rows, a share of `held_back`, are not for training:
/// the scale of the inputs knows nothing of them.
Problem make_problem(const ProblemOptions& options, double held_back = 0);
