#include <gradus/models/early_stopping.h>

#include <cmath>

#include <gradus/models/callback.h>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Contains;

namespace {

const double none_such = std::nan("");

struct Outcome {
  std::int64_t stopped, best_epoch;
  std::int64_t epochs;  ///< that it saw
};

/// The outcome for these values of the monitored number; nullopt for an epoch without one.
Outcome outcome(EarlyStopping stopping, const std::vector<std::optional<double>>& numbers) {
  Sequential model = line();
  model.build({1, 1});
  stopping.on_train_begin(Logs({{stopping.monitor, none_such}}), model);
  std::int64_t epoch = 0;
  for (const std::optional<double>& number : numbers) {
    Logs logs;
    if (number) logs.set(stopping.monitor, *number);
    stopping.on_epoch_end(epoch++, logs, model);
    if (model.stop_training) break;
  }
  return {stopping.stopped_epoch, stopping.best_epoch, epoch};
}

/// A metric that does not say which way is better.
struct Odd {
  static constexpr const char* name = "odd";
  void update(std::vector<double>& sums, const Tensor&, const Tensor&, const Tensor&) const {
    sums.assign(1, 0);
  }
  double result(std::span<const double>) const { return 1; }
};

}  // namespace

TEST_CASE("EarlyStopping stops when Keras's does, worked out by hand") {
  // wait counts every epoch and goes back to 0 at an improvement; at wait >= patience it stops,
  // but never in epoch 0.
  const auto none = std::nullopt;
  const struct {
    const char* what;
    EarlyStopping stopping;
    std::vector<std::optional<double>> numbers;
    Outcome expected;
  } rows[] = {
      {"patience 0 stops at the first epoch that is not better", {}, {3, 2, 2.5, 1}, {2, 1, 3}},
      {"equal is not better", {}, {3, 3, 1}, {1, 0, 2}},
      {"patience 1 is as 0", {.patience = 1}, {3, 2, 2.5, 1}, {2, 1, 3}},
      {"patience 2", {.patience = 2}, {3, 2, 2.5, 2.4, 1}, {3, 1, 4}},
      {"an improvement restarts the count",
       {.patience = 2},
       {3, 2, 2.5, 1, 1.5, 1.5, 0},
       {5, 3, 6}},
      {"it runs out before patience does", {.patience = 4}, {1, 2, 3, 4}, {-1, 0, 4}},
      {"min_delta must be beaten", {.min_delta = 0.5}, {3, 2.6}, {1, 0, 2}},
      {"min_delta itself is not enough", {.min_delta = 0.5}, {3, 2.5}, {1, 0, 2}},
      {"min_delta counts from the best, not from the last",
       {.min_delta = 0.5, .patience = 3},
       {3, 2.75, 2.25, 2},
       {-1, 2, 4}},
      {"higher is better",
       {.patience = 2, .mode = MonitorMode::max},
       {0.5, 0.75, 0.75, 0.5},
       {3, 1, 4}},
      {"higher by min_delta",
       {.min_delta = 0.25, .mode = MonitorMode::max},
       {0.5, 0.75},
       {1, 0, 2}},
      {"a loss that is negative", {.patience = 1}, {-1, -2, -1.5}, {2, 1, 3}},
      {"a baseline: better epochs that miss it never stop",
       {.patience = 1, .baseline = 1},
       {5, 4, 3, 2},
       {-1, 3, 4}},
      {"a baseline: but the count goes on through them",
       {.patience = 3, .baseline = 1},
       {5, 4, 4.5},
       {2, 1, 3}},
      {"a baseline once beaten", {.patience = 2, .baseline = 1}, {3, 0.5, 0.75, 0.75}, {3, 1, 4}},
      {"start_from_epoch", {.patience = 1, .start_from_epoch = 2}, {1, 1, 5, 6, 6}, {3, 2, 4}},
      {"nan is no improvement", {.patience = 2}, {none_such, none_such, none_such}, {1, 0, 2}},
      {"nothing stops in epoch 0", {}, {none_such, 1, 1}, {2, 1, 3}},
      {"a number after nan is one", {.patience = 2}, {none_such, 1, 2, none_such}, {3, 1, 4}},
      {"infinity can be improved upon", {.patience = 2}, {INFINITY, 1, 2, 2}, {3, 1, 4}},
      {"epochs without validation do not count",
       {.patience = 2},
       {none, 1, none, 2, none, 3, none},
       {5, 1, 6}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const Outcome seen = outcome(row.stopping, row.numbers);
    CHECK(seen.stopped == row.expected.stopped);
    CHECK(seen.best_epoch == row.expected.best_epoch);
    CHECK(seen.epochs == row.expected.epochs);
  }
}

TEST_CASE("fit ends early and reports it through the sink") {
  Sequential model = scripted({3, 2, 4, 5, 1});
  std::string said;
  const History h =
      model.fit(one_row, one_row,
                {.epochs = 5,
                 .verbose = 0,
                 .callbacks = {EarlyStopping{
                     .monitor = "loss", .patience = 2, .verbose = 1, .restore_best_weights = true}},
                 .progress = [&](std::string_view text) { said += text; }});
  CHECK(h["loss"] == std::vector<double>{3, 2, 4, 5});
  CHECK(said ==
        "Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n");
  CHECK(weight(model) == -2);  // as after epoch 2
}

TEST_CASE("the best weights come back, no matter what ends training") {
  const EarlyStopping patient{.monitor = "loss", .patience = 9, .restore_best_weights = true};
  const auto final_weight = [](std::vector<double> losses, const EarlyStopping& stopping) {
    const auto epochs = std::ssize(losses);
    Sequential model = scripted(std::move(losses));
    model.fit(one_row, one_row, {.epochs = epochs, .verbose = 0, .callbacks = {stopping}});
    return weight(model);
  };
  CHECK(final_weight({3, 1, 2, 2}, patient) == -2);              // a normal end
  CHECK(final_weight({3, 1, 2, 2}, {.monitor = "loss"}) == -3);  // not asked for
  CHECK(final_weight({4, 3, 2, 1}, patient) == -4);              // the last is the best
  EarlyStopping late = patient;
  late.start_from_epoch = 2;
  CHECK(final_weight({1, 2, 4, 3, 5}, late) == -4);  // of the epochs that count
  struct StopAfter {
    void on_epoch_end(std::int64_t epoch, const Logs&, Sequential& model) {
      model.stop_training = epoch == 2;
    }
  };
  Sequential model = scripted({2, 1, 3, 4});
  model.fit(one_row, one_row, {.epochs = 4, .verbose = 0, .callbacks = {StopAfter{}, patient}});
  CHECK(weight(model) == -2);
}

TEST_CASE("a callback used twice starts from nothing") {
  EarlyStopping stopping{.monitor = "loss", .patience = 2, .restore_best_weights = true};
  Sequential model = scripted({1, 2, 3, 9, 8, 7});
  const FitOptions options{.epochs = 3, .verbose = 0, .callbacks = {std::ref(stopping)}};
  CHECK(model.fit(one_row, one_row, options)["loss"].size() == 3);
  CHECK(stopping.stopped_epoch == 2);
  CHECK(model.fit(one_row, one_row, options)["loss"].size() == 3);
  CHECK(stopping.stopped_epoch == -1);
  CHECK(stopping.best == 7);
  // A run in which no epoch counts restores nothing, not even weights of the run before.
  stopping.start_from_epoch = 9;
  Sequential other = scripted({1, 2, 3});
  other.fit(one_row, one_row, options);
  CHECK(weight(other) == -3);
}

TEST_CASE("a resumed run goes on counting") {
  Sequential model = scripted({1, 2, 3, 4, 5, 6});
  FitOptions options{
      .epochs = 2, .verbose = 0, .callbacks = {EarlyStopping{.monitor = "loss", .patience = 3}}};
  model.fit(one_row, one_row, options);
  options.epochs = 6;
  options.resume = true;
  CHECK(model.fit(one_row, one_row, options)["loss"] == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("without any improvement, the weights of the first epoch are the best") {
  EarlyStopping stopping{.patience = 3, .restore_best_weights = true};
  Sequential model = line();
  model.build({1, 1});
  for (int run = 0; run < 2; ++run) {  // the count of bad epochs restarts, too
    stopping.on_train_begin(Logs({{"val_loss", none_such}}), model);
    for (int epoch = 0; epoch < 2; ++epoch) {
      model.set_weights(std::vector{Tensor{{epoch + 1.0}}, Tensor{0}});
      stopping.on_epoch_end(epoch, Logs({{"val_loss", none_such}}), model);
    }
    CHECK(stopping.wait == 2);
    CHECK_FALSE(model.stop_training);
    stopping.on_train_end({}, model);
    CHECK(weight(model) == 1);
  }
}

TEST_CASE("the mode follows from the metric, or must be given") {
  Sequential model{Dense{.units = 1, .activation = sigmoid}};
  model.compile({.optimizer = SGD{},
                 .loss = BinaryCrossentropy{},
                 .metrics = {Accuracy{}, MeanAbsoluteError{}, Odd{}}});
  const Tensor y{{0}, {1}, {1}, {0}};
  const auto mode = [&](const std::string& monitor, MonitorMode given = MonitorMode::automatic) {
    EarlyStopping stopping{.monitor = monitor, .mode = given};
    model.fit(line_x, y,
              {.verbose = 0, .callbacks = {std::ref(stopping)}, .validation_data = {{line_x, y}}});
    return stopping.mode;
  };
  CHECK(mode("loss") == MonitorMode::min);
  CHECK(mode("val_loss") == MonitorMode::min);
  CHECK(mode("accuracy") == MonitorMode::max);
  CHECK(mode("val_accuracy") == MonitorMode::max);
  CHECK(mode("mean_absolute_error") == MonitorMode::min);
  CHECK(mode("val_odd", MonitorMode::max) == MonitorMode::max);
  const Step before = model.optimizer().iterations();
  CHECK_THROWS_WITH_AS(mode("val_odd"),
                       "EarlyStopping: mode must be MonitorMode::min or max, since 'val_odd' does "
                       "not say which is better",
                       ValueError);
  CHECK_THROWS_AS(mode("learning_rate"), ValueError);
  CHECK(model.optimizer().iterations() == before);
}

TEST_CASE("a monitor that the run will not report is refused before training") {
  Sequential model = line(0.01, {MeanAbsoluteError{}});
  const auto fit = [&](const std::string& monitor, std::optional<Batch> validation = {}) {
    model.fit(line_x, line_y,
              {.verbose = 0,
               .callbacks = {EarlyStopping{.monitor = monitor}},
               .validation_data = std::move(validation)});
  };
  CHECK_THROWS_WITH_AS(fit("val_loss"),
                       "EarlyStopping: monitor must be a number that the run reports (got "
                       "'val_loss'; did you mean 'loss'?)",
                       ValueError);
  CHECK_THROWS_WITH_AS(fit("mean_absolute_eror"), Contains("did you mean 'mean_absolute_error'?"),
                       ValueError);
  CHECK_THROWS_WITH_AS(fit("val_los", Batch{line_x, line_y}), Contains("did you mean 'val_loss'?"),
                       ValueError);
  CHECK(model.optimizer().iterations() == 0);
  fit("val_loss", Batch{line_x, line_y});
}

TEST_CASE("bad options of EarlyStopping are refused where they are given") {
  CHECK_THROWS_WITH_AS(Callback(EarlyStopping{.min_delta = -1}), Contains("min_delta must be"),
                       ValueError);
  CHECK_THROWS_AS(Callback(EarlyStopping{.min_delta = none_such}), ValueError);
  CHECK_THROWS_WITH_AS(Callback(EarlyStopping{.patience = -1}),
                       "EarlyStopping: patience must be >= 0 (got -1)", ValueError);
  CHECK_THROWS_WITH_AS(Callback(EarlyStopping{.start_from_epoch = -1}),
                       "EarlyStopping: start_from_epoch must be >= 0 (got -1)", ValueError);
}
