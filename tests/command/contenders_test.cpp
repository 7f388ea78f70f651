#include "training/contenders.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "terminal/command.h"

namespace {

using Texts = std::vector<std::string>;

std::vector<Contender> contenders(const Texts& texts, const Texts& vary,
                                  const std::string& optimizer) {
  ContenderOptions chosen;
  chosen.problem.data.name = "line";
  chosen.problem.network.optimizer = optimizer;
  return make_contenders(texts, vary, chosen);
}

Texts labels(const Texts& texts, const Texts& vary = {}, const std::string& optimizer = "sgd") {
  Texts out;
  for (const Contender& c : contenders(texts, vary, optimizer)) out.push_back(c.label);
  return out;
}

/// Optimizer, rate, batch size, layers and updates of each contender.
Texts meanings(const Texts& texts, const Texts& vary = {}, const std::string& optimizer = "sgd") {
  Texts out;
  for (const Contender& c : contenders(texts, vary, optimizer)) {
    const NetworkOptions& network = c.problem->options.network;
    out.push_back(fmt::format("{} at {}, {}, {}, {}", network.optimizer, c.text, network.batch_size,
                              network.layers, c.steps));
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
      {{"sgd(0.1)"}, {}, {"sgd"}},
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
      {{"momentum(0.1)", "nesterov(lr=0.1)"}, {}, {"sgd", "nesterov True"}},
      {{"sgd(lr=all / 1000)", "sgd(learning_rate=0.1)"}, {}, {"0.21", "0.1"}},
      // A schedule has the optimizer of the options.
      {{"0.05", "sgd(0.05, momentum=0.9)"}, {}, {"0.05", "momentum 0.9"}},
      {{"0.05", "sgd(0.05)"}, {}, {"0.05", "sgd"}, "adam"},
      {{"0.05", "plain=sgd(0.05)"}, {}, {"0.05", "plain"}},
      // Values that vary.
      {{"0.1"}, {"batch-size=1,8"}, {"batch-size 1", "batch-size 8"}},
      {{"sgd(0.1)"}, {"momentum=0,0.9"}, {"momentum 0", "momentum 0.9"}},
      {{"a=0.1"}, {"batch-size=1,8"}, {"a, batch-size 1", "a, batch-size 8"}},
      {{"0.1", "0.2"}, {"seed=3"}, {"0.1, seed 3", "0.2, seed 3"}},
      {{"sgd(hold(0.1, all))", "sgd(hold(0.1, all), momentum=0.9)"},
       {"batch-size=8,32"},
       {"sgd, batch-size 8", "sgd, batch-size 32", "momentum 0.9, batch-size 8",
        "momentum 0.9, batch-size 32"}},
      // Lengths follow each run.
      {{"hold(0.1, all)", "sgd(hold(0.2, epoch))"},
       {"batch-size=8,32"},
       {"hold(0.1, 750), batch-size 8", "hold(0.1, 210), batch-size 32",
        "hold(0.2, 25), batch-size 8", "hold(0.2, 7), batch-size 32"}},
      {{"0.1"},
       {"layers=none|16,16", "epochs=2,4"},
       {"layers none, epochs 2", "layers none, epochs 4", "layers 16,16, epochs 2",
        "layers 16,16, epochs 4"}},
  };
  for (const Row& row : rows) CHECK(labels(row.texts, row.vary, row.optimizer) == row.labels);
}

TEST_CASE("a contender has its optimizer, its rate and the values that vary") {
  CHECK(meanings({"CosineDecay(0.1, 9)", "adam(CosineDecay(0.02, 9), beta_1=0.8)", "lion"}) ==
        Texts{"sgd at CosineDecay(0.1, 9), 32, 16,16, 210",
              "adam(CosineDecay(0.02, 9), beta_1=0.8) at CosineDecay(0.02, 9), 32, 16,16, 210",
              "lion at 0.001, 32, 16,16, 210"});
  CHECK(meanings({"0.1"}, {"batch-size=8,32", "momentum=0.5,0.9"}, "sgd(clipnorm=1)") ==
        Texts{"sgd(clipnorm=1, momentum=0.5) at 0.1, 8, 16,16, 750",
              "sgd(clipnorm=1, momentum=0.9) at 0.1, 8, 16,16, 750",
              "sgd(clipnorm=1, momentum=0.5) at 0.1, 32, 16,16, 210",
              "sgd(clipnorm=1, momentum=0.9) at 0.1, 32, 16,16, 210"});
  CHECK(meanings({"0.1", "0.2"}, {"layers=none|8|16,16"}) ==
        Texts{"sgd at 0.1, 32, none, 210", "sgd at 0.1, 32, 8, 210", "sgd at 0.1, 32, 16,16, 210",
              "sgd at 0.2, 32, none, 210", "sgd at 0.2, 32, 8, 210", "sgd at 0.2, 32, 16,16, 210"});
  CHECK(meanings({"0.1"}, {"optimizer=sgd, adam(beta_1=0.8, beta_2=0.9)", "epochs=5"}) ==
        Texts{"sgd at 0.1, 32, 16,16, 35", "adam(beta_1=0.8, beta_2=0.9) at 0.1, 32, 16,16, 35"});
  // Commas in brackets separate nothing.
  CHECK(meanings({"sgd(0.1)"}, {"momentum=linear(0.5, 0.9, 9),0.9", "steps=5"}) ==
        Texts{"sgd(0.1, momentum=linear(0.5, 0.9, 9)) at 0.1, 32, 16,16, 5",
              "sgd(0.1, momentum=0.9) at 0.1, 32, 16,16, 5"});
}

TEST_CASE("a contender has the schedule of its momentum, if it moves the weights") {
  const auto all =
      contenders({"0.1", "sgd(0.1, linear(0.5, 0.9, 10))", "adam(0.1)", "adagrad(0.1)"}, {}, "sgd");
  CHECK(!all[0].momentum);
  CHECK((*all[1].momentum)(5) == 0.7);
  CHECK((*all[2].momentum)(5) == 0.9);
  CHECK(!all[3].momentum);
}

TEST_CASE("what cannot be a contender is refused") {
  const auto refused = [](const Texts& texts, const Texts& vary, const char* text) {
    CHECK_THROWS_WITH_AS(contenders(texts, vary, "sgd"), text, UsageError);
  };
  const Texts one{"0.1"};
  const char* twice =
      "0.1 must be the label of one entry (got 2): name it, NAME=EXPR, or put | between values "
      "that hold commas";
  refused({"0.1", "0.1"}, {}, twice);
  refused({"0.1", " 0.1"}, {}, twice);
  refused({"0.1=0.2", "0.1"}, {}, twice);
  refused(one, {"layers=16,16"},
          "layers 16 must be the label of one entry (got 2): name it, NAME=EXPR, or put | between "
          "values that hold commas");
  for (const char* text : {"batch-size", "batch-size=", "batch-size=1,,8", "=8"})
    refused(one, {text},
            fmt::format("--vary: must be KEY=VALUE,VALUE,... (got '{}')", text).c_str());
  refused({"adam"}, {"optimizer=sgd,adam"},
          "--vary: optimizer must vary only under schedules (got \"adam\")");
  refused({"sgd(0.1, momentun=0.9)"}, {},
          "\"sgd(0.1, momentun=0.9)\": column 19: sgd has no argument 'momentun'; did you mean "
          "'momentum'?");
}
