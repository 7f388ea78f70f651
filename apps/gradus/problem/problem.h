#pragma once
/// Something to train: data, model and loss, made from the options.

#include "problem/data.h"
#include "problem/network.h"

/// The options, as given.
struct ProblemOptions {
  DataOptions data;
  NetworkOptions network;

  static void options(auto& self, auto&& option) {
    DataOptions::options(self.data, option);
    NetworkOptions::options(self.network, option);
  }
};

/// How long to train, epochs or, if above 0, steps, and on which rows. Epochs that are not given,
/// 0, are 30, or on a file as many as make 1000 batches.
struct RunPlan {
  std::int64_t epochs = 0;
  gradus::Step steps = 0;
  HeldOut held_out = {};
};

struct Problem : TrainingData {
  ProblemOptions options;    ///< as given, with numbers in place of lengths
  HeldOut chosen;            ///< how the rows held out were chosen
  gradus::Sequential model;  ///< compiled with the optimizer, as given
  Network network;           ///< the options of the network as values
  const NamedLoss& loss;
  std::int64_t outputs;             ///< units of the last layer
  gradus::RunLengths lengths = {};  ///< for texts of schedules
  std::int64_t batches = 1;         ///< in an epoch
  std::int64_t epochs = 1;          ///< of the plan

  /// A few words for people.
  std::string about_data() const, about_model() const;
  /// Data, model, optimizer and loss in two lines, between them the notes.
  std::string about() const;
  /// The call of compile() in C++, where `rate` is C++: two lines, indented by two blanks.
  std::string compile_code(const std::string& rate) const;
};

/// Reads the data, then the optimizer, in which lengths may be named, and builds the model.
/// UsageError, or what gradus throws. Words and scales are those of the training rows.
Problem make_problem(ProblemOptions options, RunPlan plan);
/// UsageError when --optimizer gives a learning rate, which the command sets itself.
void refuse_rate(const Problem& problem, const std::string& who);
