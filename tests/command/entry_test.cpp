#include "problem/entry.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "terminal/command.h"

namespace {

using Texts = std::vector<std::string>;

EntryOptions options_with(const std::string& optimizer) {
  EntryOptions out;
  out.problem.network.optimizer = optimizer;
  return out;
}

Texts labels(const Texts& texts, const Texts& vary = {}, const std::string& optimizer = "sgd") {
  Texts out;
  for (const Entry& entry : read_entries(texts, vary, options_with(optimizer)))
    out.push_back(entry.label);
  return out;
}

/// Optimizer and rate, batch size, layers and epochs of each entry.
Texts meanings(const Texts& texts, const Texts& vary = {}, const std::string& optimizer = "sgd") {
  Texts out;
  for (const Entry& entry : read_entries(texts, vary, options_with(optimizer))) {
    const NetworkOptions& network = entry.options.problem.network;
    out.push_back(fmt::format("{} at {}, {}, {}, {}", network.optimizer, entry.rate,
                              network.batch_size, network.layers, entry.options.epochs));
  }
  return out;
}

}  // namespace

TEST_CASE("a label says what differs, and is short") {
  struct Row {
    Texts texts, vary, labels;
    std::string optimizer = "sgd";
  };
  const Row rows[] = {
      // Schedules stand as typed.
      {{"0.1", "CosineDecay(0.1, 9)"}, {}, {"0.1", "CosineDecay(0.1, 9)"}},
      {{"a=0.1", "b = 0.1"}, {}, {"a", "b"}},
      // Optimizers: the name, and what differs between those of one name.
      {{"sgd(0.1)"}, {}, {"sgd(0.1)"}},
      {{"sgd(0.05)", "sgd(0.05, momentum=0.9)", "adam(CosineDecay(0.02, 9))"},
       {},
       {"sgd", "sgd, momentum 0.9", "adam"}},
      {{"sgd(0.05)", "sgd(0.05, momentum=0.9)"}, {}, {"sgd", "momentum 0.9"}},
      {{"sgd(0.05, 0.5)", "SGD(0.05, momentum = 0.9)"}, {}, {"momentum 0.5", "momentum 0.9"}},
      {{"sgd(0.05, 0.9)", "sgd(CosineDecay(0.1, 9), 0.9)"}, {}, {"0.05", "CosineDecay(0.1, 9)"}},
      {{"sgd(0.05)", "sgd(0.1, momentum=0.9)"}, {}, {"0.05", "0.1, momentum 0.9"}},
      {{"adam", "keras.optimizers.Adam(beta_1=0.8)", "lion"},
       {},
       {"adam", "adam, beta_1 0.8", "lion"}},
      {{"momentum(0.1)", "nesterov(lr=0.1)"}, {}, {"momentum", "nesterov"}},
      {{"sgd(lr=all / 1000)", "sgd(learning_rate=0.1)"}, {}, {"all / 1000", "0.1"}},
      // A schedule has the optimizer of the options.
      {{"0.05", "sgd(0.05, momentum=0.9)"}, {}, {"0.05", "momentum 0.9"}},
      {{"0.05", "sgd(0.05)"}, {}, {"0.05", "sgd"}, "adam"},
      {{"0.05", "plain=sgd(0.05)"}, {}, {"0.05", "plain"}},
      // Values that vary.
      {{"0.1"}, {"batch-size=1,8"}, {"batch-size 1", "batch-size 8"}},
      {{"sgd(0.1)"}, {"momentum=0,0.9"}, {"momentum 0", "momentum 0.9"}},
      {{"a=0.1"}, {"batch-size=1,8"}, {"a, batch-size 1", "a, batch-size 8"}},
      {{"0.1", "0.2"}, {"seed=3"}, {"0.1, seed 3", "0.2, seed 3"}},
      {{"0.1"},
       {"layers=none|16,16", "epochs=2,4"},
       {"layers none, epochs 2", "layers none, epochs 4", "layers 16,16, epochs 2",
        "layers 16,16, epochs 4"}},
  };
  for (const Row& row : rows) CHECK(labels(row.texts, row.vary, row.optimizer) == row.labels);
}

TEST_CASE("an entry has its optimizer, its rate and the values that vary") {
  CHECK(meanings({"CosineDecay(0.1, 9)", "adam(CosineDecay(0.02, 9), beta_1=0.8)", "lion"}) ==
        Texts{"sgd at CosineDecay(0.1, 9), 32, 16,16, 30",
              "adam(beta_1=0.8) at CosineDecay(0.02, 9), 32, 16,16, 30",
              "lion at 0.001, 32, 16,16, 30"});
  CHECK(meanings({"0.1"}, {"batch-size=1,8", "momentum=0.5,0.9"}, "sgd(clipnorm=1)") ==
        Texts{"sgd(clipnorm=1, momentum=0.5) at 0.1, 1, 16,16, 30",
              "sgd(clipnorm=1, momentum=0.9) at 0.1, 1, 16,16, 30",
              "sgd(clipnorm=1, momentum=0.5) at 0.1, 8, 16,16, 30",
              "sgd(clipnorm=1, momentum=0.9) at 0.1, 8, 16,16, 30"});
  CHECK(meanings({"0.1", "0.2"}, {"layers=none|8|16,16"}) ==
        Texts{"sgd at 0.1, 32, none, 30", "sgd at 0.1, 32, 8, 30", "sgd at 0.1, 32, 16,16, 30",
              "sgd at 0.2, 32, none, 30", "sgd at 0.2, 32, 8, 30", "sgd at 0.2, 32, 16,16, 30"});
  CHECK(meanings({"0.1"}, {"optimizer=sgd, adam(beta_1=0.8, beta_2=0.9)", "epochs=5"}) ==
        Texts{"sgd at 0.1, 32, 16,16, 5", "adam(beta_1=0.8, beta_2=0.9) at 0.1, 32, 16,16, 5"});
  // A schedule's arguments are not values: commas in brackets separate nothing.
  CHECK(meanings({"sgd(0.1)"}, {"momentum=linear(0.5, 0.9, 9),0.9"}) ==
        Texts{"sgd(momentum=linear(0.5, 0.9, 9)) at 0.1, 32, 16,16, 30",
              "sgd(momentum=0.9) at 0.1, 32, 16,16, 30"});
  // The text of --optimizer stays as typed.
  CHECK(meanings({"0.1"}, {"batch-size=1"}, "keras.optimizers.SGD( momentum = 0.9 )") ==
        Texts{"keras.optimizers.SGD( momentum = 0.9 ) at 0.1, 1, 16,16, 30"});
}

TEST_CASE("what cannot be an entry is refused") {
  const auto refused = [](const Texts& texts, const Texts& vary, const char* text) {
    CHECK_THROWS_WITH_AS(read_entries(texts, vary, {}), text, UsageError);
  };
  const Texts one{"0.1"};
  refused(
      one, {"layers=16,16"},
      "--vary: layers must have different values (got 16 twice); put | between values that hold "
      "commas");
  for (const char* text : {"batch-size", "batch-size=", "batch-size=1,,8", "=8"})
    refused(one, {text},
            fmt::format("--vary: must be KEY=VALUE,VALUE,... (got '{}')", text).c_str());
  refused({"adam"}, {"optimizer=sgd,adam"}, "--vary: optimizer must vary only under schedules");
  refused({"sgd(0.1, momentun=0.9)"}, {},
          "\"sgd(0.1, momentun=0.9)\": column 19: sgd has no argument 'momentun'; did you mean "
          "'momentum'?");
  refused({"sgd(0.1"}, {}, "\"sgd(0.1\": column 8: expected ',' or ')' (got the end)");
}
