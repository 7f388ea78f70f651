#include <gradus/models/callback.h>

#include <cmath>
#include <stdexcept>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;

namespace {

using Lines = std::vector<std::string>;

/// Writes down every call.
struct Recorder {
  Lines lines;
  const Sequential* expected = nullptr;

  void note(const std::string& hook, const Logs& logs, const Sequential& model) {
    lines.push_back(hook + (logs.size() > 0 ? ": " + names(logs) : ""));
    CHECK(&model == expected);
  }
  void note(const std::string& hook, std::int64_t i, const Logs& logs, const Sequential& model) {
    note(hook + " " + std::to_string(i), logs, model);
  }
  void on_train_begin(const Logs& logs, Sequential& m) { note("train_begin", logs, m); }
  void on_train_end(const Logs& logs, Sequential& m) { note("train_end", logs, m); }
  void on_test_begin(const Logs& logs, Sequential& m) { note("test_begin", logs, m); }
  void on_test_end(const Logs& logs, Sequential& m) { note("test_end", logs, m); }
  void on_predict_begin(const Logs& logs, Sequential& m) { note("predict_begin", logs, m); }
  void on_predict_end(const Logs& logs, Sequential& m) { note("predict_end", logs, m); }
  void on_epoch_begin(std::int64_t i, const Logs&, Sequential& m) { note("epoch_begin", i, {}, m); }
  void on_epoch_end(std::int64_t i, const Logs& logs, Sequential& m) {
    note("epoch_end", i, logs, m);
  }
  void on_train_batch_begin(std::int64_t i, const Logs&, Sequential& m) {
    note("train_batch_begin", i, {}, m);
  }
  void on_train_batch_end(std::int64_t i, const Logs& logs, Sequential& m) {
    note("train_batch_end", i, logs, m);
  }
  void on_test_batch_begin(std::int64_t i, const Logs&, Sequential& m) {
    note("test_batch_begin", i, {}, m);
  }
  void on_test_batch_end(std::int64_t i, const Logs& logs, Sequential& m) {
    note("test_batch_end", i, logs, m);
  }
  void on_predict_batch_begin(std::int64_t i, const Logs& logs, Sequential& m) {
    note("predict_batch_begin", i, logs, m);
  }
  void on_predict_batch_end(std::int64_t i, const Logs& logs, Sequential& m) {
    note("predict_batch_end", i, logs, m);
  }
};

std::string order;
struct Early {
  char name;
  void on_epoch_end() { order += name; }
  void on_test_end() { order += name; }
};
struct Late : Early {
  static constexpr bool runs_last = true;
};

}  // namespace

TEST_CASE("fit calls every hook in order, with the logs so far") {
  Sequential model = line(0.01, {MeanAbsoluteError{}});
  Recorder recorder{{}, &model};
  model.fit(line_x, line_y,
            {.batch_size = 3,
             .epochs = 2,
             .verbose = 0,
             .callbacks = {std::ref(recorder)},
             .validation_data = {{line_x, line_y}},
             .validation_batch_size = 2,
             .validation_freq = 2});
  const std::string means = "loss, mean_absolute_error";
  const std::string all = means + ", val_loss, val_mean_absolute_error, learning_rate";
  CHECK(recorder.lines == Lines{"train_begin: " + all,
                                "epoch_begin 0",
                                "train_batch_begin 0",
                                "train_batch_end 0: " + means,
                                "train_batch_begin 1",
                                "train_batch_end 1: " + means,
                                "epoch_end 0: " + means + ", learning_rate",
                                "epoch_begin 1",
                                "train_batch_begin 0",
                                "train_batch_end 0: " + means,
                                "train_batch_begin 1",
                                "train_batch_end 1: " + means,
                                "test_begin",
                                "test_batch_begin 0",
                                "test_batch_end 0: " + means,
                                "test_batch_begin 1",
                                "test_batch_end 1: " + means,
                                "test_end: " + means,
                                "epoch_end 1: " + all,
                                "train_end: " + all});
}

TEST_CASE("evaluate and predict call their hooks for each batch") {
  Sequential model = line();
  model.build({1, 1});
  Recorder recorder{{}, &model};
  const EvaluateOptions options{.batch_size = 3, .callbacks = {std::ref(recorder)}};
  model.evaluate(line_x, line_y, options);
  CHECK(recorder.lines == Lines{"test_begin", "test_batch_begin 0", "test_batch_end 0: loss",
                                "test_batch_begin 1", "test_batch_end 1: loss", "test_end: loss"});
  recorder.lines.clear();
  model.predict(line_x, options);
  CHECK(recorder.lines == Lines{"predict_begin", "predict_batch_begin 0", "predict_batch_end 0",
                                "predict_batch_begin 1", "predict_batch_end 1", "predict_end"});
  recorder.lines.clear();
  EvaluateOptions one = options;
  one.steps = 1;
  model.evaluate(line_x, line_y, one);
  CHECK(model.predict(line_x, one).shape() == Shape{3, 1});
  CHECK(recorder.lines.size() == 8);
}

TEST_CASE("logs are nan when training begins, and the means so far after each batch") {
  struct Watch {
    std::vector<double> batches;
    void on_train_begin(const Logs& keys) {
      for (const auto& [_, number] : keys) CHECK(std::isnan(number));
    }
    void on_train_batch_end(std::int64_t, const Logs& logs) { batches.push_back(logs["loss"]); }
  } watch;
  Sequential model = scripted({1, 3, 8, 6});
  const History h =
      model.fit(Tensor{{1}, {1}, {1}}, Tensor{{1}, {1}, {1}},
                {.batch_size = 2, .epochs = 2, .verbose = 0, .callbacks = {std::ref(watch)}});
  // Of 3 rows, batches of 2 and 1; the second epoch starts over.
  CHECK(watch.batches[0] == 1);
  CHECK(watch.batches[1] == Approx((2 * 1 + 3) / 3.0));
  CHECK(watch.batches[2] == 8);
  CHECK(watch.batches[3] == Approx((2 * 8 + 6) / 3.0));
  CHECK(h["loss"][1] == watch.batches[3]);
}

TEST_CASE("the logs of an epoch equal the entries of History") {
  Sequential model = line(0.01, {MeanAbsoluteError{}});
  EpochLogs logs;
  const History h = model.fit(
      line_x, line_y,
      {.epochs = 3, .verbose = 0, .callbacks = {std::ref(logs)}, .validation_split = 0.5});
  REQUIRE(logs.all.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(logs.all[i].size() == 5);
    for (const auto& [name, number] : logs.all[i]) CHECK(h[name][i] == number);
  }
}

TEST_CASE("a hook may take any leading part of its arguments") {
  static int calls;
  calls = 0;
  struct Three {
    void on_train_begin(const Logs&, Sequential&) { calls += 1; }
    void on_epoch_end(std::int64_t, const Logs&, Sequential&) { calls += 10; }
  };
  struct Two {
    void on_train_begin(const Logs&) { calls += 1; }
    void on_epoch_end(std::int64_t, const Logs&) { calls += 10; }
  };
  struct One {
    void on_train_begin(Sequential&) { calls += 1; }
    void on_epoch_end(std::int64_t) { calls += 10; }
  };
  struct None {
    void on_train_begin() { calls += 1; }
    void on_epoch_end() { calls += 10; }
    void on_train_batch_end() { calls += 100; }
  };
  const auto fit = [](Callback callback) {
    calls = 0;
    Sequential model = line();
    model.fit(line_x, line_y, {.epochs = 2, .verbose = 0, .callbacks = {callback}});
    return calls;
  };
  CHECK(fit(Three{}) == 21);
  CHECK(fit(Two{}) == 21);
  CHECK(fit(One{}) == 21);
  CHECK(fit(None{}) == 221);
}

TEST_CASE("a LambdaCallback calls the functions it was given") {
  std::vector<std::int64_t> seen;
  const auto with = [&](std::int64_t tag) {
    return [&seen, tag](std::int64_t i, const Logs&) { seen.push_back(tag + i); };
  };
  Sequential model = line();
  model.fit(line_x, line_y,
            {.batch_size = 2,
             .verbose = 0,
             .callbacks = {LambdaCallback{
                 .on_epoch_begin = with(100),
                 .on_epoch_end = with(200),
                 .on_train_begin = [&](const Logs& keys) { seen.push_back(std::ssize(keys)); },
                 .on_train_end = [&](const Logs& logs) { seen.push_back(-std::ssize(logs)); },
                 .on_train_batch_begin = with(300),
                 .on_train_batch_end = with(400)}},
             .initial_epoch = 0});
  CHECK(seen == std::vector<std::int64_t>{2, 100, 300, 400, 301, 401, 200, -2});
  LambdaCallback nothing;
  model.fit(line_x, line_y, {.verbose = 0, .callbacks = {nothing}});
}

TEST_CASE("fit uses a copy of a callback, or the original through std::ref") {
  struct Count {
    int epochs = 0;
    void on_epoch_end(std::int64_t) { ++epochs; }
  } count;
  Sequential model = line();
  const FitOptions copy{.epochs = 3, .verbose = 0, .callbacks = {count}};
  model.fit(line_x, line_y, copy);
  CHECK(count.epochs == 0);
  const FitOptions yours{.epochs = 3, .verbose = 0, .callbacks = {std::ref(count)}};
  model.fit(line_x, line_y, yours);
  model.fit(line_x, line_y, yours);
  CHECK(count.epochs == 6);
  CHECK(Callback(std::ref(count)).type() == "Count");
}

TEST_CASE("stop_training ends training after the current batch, and the epoch is recorded") {
  struct StopAt {
    Step updates;
    void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
      model.stop_training = model.optimizer().iterations() == updates;
    }
  };
  Sequential model = line();
  const FitOptions options{.batch_size = 1, .epochs = 5, .verbose = 0, .callbacks = {StopAt{6}}};
  const History h = model.fit(line_x, line_y, options);
  CHECK(model.optimizer().iterations() == 6);
  CHECK(h["loss"].size() == 2);
  CHECK_FALSE(h.diverged());
  // The next fit() begins afresh.
  CHECK(model.fit(line_x, line_y, {.epochs = 2, .verbose = 0})["loss"].size() == 2);
  Sequential never = line();
  struct StopNow {
    void on_train_begin(const Logs&, Sequential& model) { model.stop_training = true; }
  };
  CHECK(never.fit(line_x, line_y, {.epochs = 2, .verbose = 0, .callbacks = {StopNow{}}})
            .epochs()
            .empty());
  CHECK(never.optimizer().iterations() == 0);
}

TEST_CASE(
    "an exception of a callback passes through fit, and the model is at its last update (row 62)") {
  struct Mine : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  struct Thrower {
    void on_train_batch_end(std::int64_t batch) {
      if (batch == 1) throw Mine("enough");
    }
  };
  Sequential model = line(), other = line();
  const FitOptions plain{.batch_size = 1, .verbose = 0, .shuffle = false, .steps_per_epoch = 2};
  FitOptions throwing = plain;
  throwing.callbacks = {Thrower{}};
  CHECK_THROWS_WITH_AS(model.fit(line_x, line_y, throwing), "enough", Mine);
  other.fit(line_x, line_y, plain);
  CHECK(model.optimizer().iterations() == 2);
  CHECK(same(model.get_weights(), other.get_weights()));
  CHECK(model.fit(line_x, line_y, plain)["loss"].size() == 1);  // and is as good as new
  CHECK(model.optimizer().iterations() == 4);
}

TEST_CASE("callbacks are called in the order of their list, those with runs_last after them") {
  order.clear();
  Sequential model = line();
  model.fit(line_x, line_y,
            {.verbose = 0, .callbacks = {Late{{'x'}}, Early{'a'}, Late{{'y'}}, Early{'b'}}});
  CHECK(order == "abxy");
  model.evaluate(line_x, line_y, {.callbacks = {Late{{'x'}}, Early{'a'}}});
  CHECK(order == "abxyax");
}

TEST_CASE("a callback may change rate and weights for the next update") {
  struct Meddle {
    void on_train_batch_end(std::int64_t batch, const Logs&, Sequential& model) {
      if (batch == 0) model.optimizer().set_learning_rate(10);
      if (batch == 1) model.set_weights(std::vector{Tensor{{100}}});
    }
  };
  Sequential model = scripted({1, 1, 1});
  const Tensor x = Tensor::ones({3, 1});
  const History h = model.fit(x, x, {.batch_size = 1, .verbose = 0, .callbacks = {Meddle{}}});
  CHECK(weight(model) == 90);
  CHECK(h["learning_rate"][0] == 10);
}

TEST_CASE("inside fit a whole file is loaded in on_train_begin only") {
  const data_files::Folder folder;
  struct Load {
    std::string path;
    bool weights_only;
    void on_epoch_end(std::int64_t, const Logs&, Sequential& model) {
      model.load(path, {.weights_only = weights_only});
    }
  };
  Sequential model = line();
  model.build({1, 1});
  const std::string path = folder.path("net");
  model.save(path);
  CHECK_THROWS_WITH_AS(model.fit(line_x, line_y, {.verbose = 0, .callbacks = {Load{path, false}}}),
                       doctest::Contains("load: inside fit() it must be called in on_train_begin"),
                       StateError);
  model.fit(line_x, line_y, {.verbose = 0, .callbacks = {Load{path, true}}});
  CHECK(weight(model) == 0);
}

TEST_CASE("a LambdaCallback with a null function is refused at once") {
  CHECK_THROWS_WITH_AS(Callback(LambdaCallback{.on_epoch_end = nullptr}),
                       "LambdaCallback: on_epoch_end must be given", ValueError);
  CHECK_THROWS_AS(Callback(LambdaCallback{.on_train_begin = nullptr}), ValueError);
}

TEST_CASE("inside fit the model cannot be trained, compiled or replaced") {
  const auto inside = [](auto what) {
    struct Act {
      decltype(what) act;
      void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) { act(model); }
    };
    Sequential model = line(0.01, {MeanAbsoluteError{}});
    CHECK_THROWS_WITH_AS(
        model.fit(line_x, line_y, {.epochs = 2, .verbose = 0, .callbacks = {Act{what}}}),
        doctest::Contains("inside fit()"), StateError);
    CHECK(model.optimizer().iterations() == 1);
    CHECK(model.fit(line_x, line_y, {.epochs = 2, .verbose = 0})["loss"].size() == 2);
  };
  inside([](Sequential& model) { model.fit(line_x, line_y, {.verbose = 0}); });
  inside([](Sequential& model) {
    model.compile({.optimizer = SGD{},
                   .loss = MeanSquaredError{},
                   .metrics = {MeanAbsoluteError{}, MeanSquaredError{}}});
  });
  inside([](Sequential& model) { model = line(); });
  inside([](Sequential& model) { const Sequential taken = std::move(model); });
}
