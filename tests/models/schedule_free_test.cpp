/// Schedule-Free: only the training step sees other weights than the averages.

#include <gradus/optim/schedule_free.h>

#include <doctest/doctest.h>

#include <map>

#include <gradus/gradus.h>

#include "averages_support.h"
#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace averages;
using doctest::Approx;
using doctest::Contains;

namespace {

using Values = std::vector<Scalar>;

constexpr const char* optimizers[] = {"ScheduleFreeSGD(learning_rate=0.5)",
                                      "ScheduleFreeAdamW(learning_rate=0.05)",
                                      "ScheduleFreeSGD(0.5, gradient_accumulation_steps=2)"};

/// The slot with this name, of all parameters in one list.
Values slots(const Sequential& model, const std::string& name) {
  Values all;
  model.optimizer().state([&](const std::string& path, std::span<const Scalar> v, const Shape&) {
    if (path.ends_with("/" + name)) all.insert(all.end(), v.begin(), v.end());
  });
  return all;
}
Values weights(const std::vector<Tensor>& tensors) {
  Values all;
  for (const Tensor& w : tensors) all.insert(all.end(), w.values().begin(), w.values().end());
  return all;
}

/// Whether a model shows the averages; once they have begun, they are not the raw weights.
bool at_averages(const Sequential& model) {
  const Values seen = weights(model.get_weights());
  const bool begun = model.optimizer().iterations() > 1;
  return seen == slots(model, "average") && (!begun || seen != slots(model, "raw"));
}

/// Counts the calls of each hook, and those that do not see the averages.
struct Watching {
  std::map<std::string, int>& heard;
  int& wrong;

  void note(const char* hook, const Sequential& model) const {
    ++heard[hook];
    wrong += !at_averages(model);
  }
  void on_train_begin(const Logs&, Sequential& m) { note("train begin", m); }
  void on_train_end(const Logs&, Sequential& m) { note("train end", m); }
  void on_test_begin(const Logs&, Sequential& m) { note("test begin", m); }
  void on_test_end(const Logs&, Sequential& m) { note("test end", m); }
  void on_predict_begin(const Logs&, Sequential& m) { note("predict begin", m); }
  void on_predict_end(const Logs&, Sequential& m) { note("predict end", m); }
  void on_epoch_begin(std::int64_t, const Logs&, Sequential& m) { note("epoch begin", m); }
  void on_epoch_end(std::int64_t, const Logs&, Sequential& m) { note("epoch end", m); }
  void on_train_batch_begin(std::int64_t, const Logs&, Sequential& m) { note("batch begin", m); }
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& m) { note("batch end", m); }
  void on_test_batch_begin(std::int64_t, const Logs&, Sequential& m) { note("test batch", m); }
  void on_predict_batch_end(std::int64_t, const Logs&, Sequential& m) { note("prediction", m); }
};

/// The loss of evaluate(), in batches as in train()'s validation.
double evaluated(Sequential& model) {
  return model.evaluate(data().x, data().y, {.batch_size = 4}).loss;
}
/// evaluated() at these weights, in a model without averages.
double loss_at(const Values& all) {
  Sequential plain = make("SGD");
  plain.build({1, 2});
  std::vector<Tensor> given = plain.get_weights();
  auto next = all.begin();
  for (Tensor& w : given) {
    w = Tensor(w.shape(), Values(next, next + w.size()));
    next += w.size();
  }
  plain.set_weights(given);
  return evaluated(plain);
}

}  // namespace

TEST_CASE("callbacks see the averages, and so does every call after fit, however it ended") {
  for (const char* rule : optimizers) {
    CAPTURE(rule);
    std::map<std::string, int> heard;
    int wrong = 0;
    Sequential model = make(rule), quiet = make(rule);
    const std::vector<Callback> watching{Watching{heard, wrong}};
    train(model, epochs, watching);
    train(quiet, epochs);
    CHECK(bits(model) == bits(quiet));  // looking changes nothing
    model.evaluate(data().x, data().y, {.callbacks = watching});
    model.predict(data().x, {.callbacks = watching});
    CHECK(heard.size() == 12);
    CHECK(heard["batch end"] == epochs * batches);
    CHECK(wrong == 0);
    CHECK(at_averages(quiet));
    for (const bool test : {false, true}) {  // an exception in a batch, in a validation
      Sequential cut = make(rule);
      const Once fail{[](Sequential&) { throw 1; }, test ? -1 : 7, test ? 2 : -1};
      CHECK_THROWS_AS(train(cut, epochs, {fail}), int);
      CHECK(at_averages(cut));
    }
    train(quiet, epochs + 1, {Once{[](Sequential& m) { m.stop_training = true; }, 1}});
    CHECK(at_averages(quiet));
    quiet.train_on_batch(data().x, data().y);
    CHECK(at_averages(quiet));
    Sequential copy = quiet;
    CHECK(at_averages(copy));
    const std::string before = bits(quiet);
    const Tensor far = Tensor::full({11, 1}, 1e38);
    CHECK_THROWS_AS(quiet.train_on_batch(Tensor::full({11, 2}, 1e38), far), NumericError);
    CHECK(bits(quiet) == before);
    quiet.optimizer().set_learning_rate([](double) { return std::nan(""); });
    CHECK_THROWS_AS(train(quiet, epochs + 2), NumericError);
    CHECK(at_averages(quiet));
  }
}

TEST_CASE("a source of batches and a progress sink see the averages, too") {
  for (const char* rule : optimizers) {
    Sequential model = make(rule);
    model.build({11, 2});
    int looks = 0, wrong = 0;
    const auto look = [&] { ++looks, wrong += !at_averages(model); };
    const auto source = [&] { return look(), Batch(data().x, data().y); };
    const auto sink = [&](std::string_view) { look(); };
    model.fit(source, {.epochs = 3, .verbose = 2, .steps_per_epoch = 4, .progress = sink});
    CHECK(looks > 12);
    CHECK(wrong == 0);
  }
}

TEST_CASE(
    "validation in fit is evaluate after it, bit for bit, and neither is at the raw weights") {
  for (const char* rule : optimizers)
    for (const bool watched : {false, true}) {
      Sequential model = make(rule);
      const LambdaCallback watch{.on_train_batch_end = [](std::int64_t, const Logs&) {}};
      for (int epoch = 1; epoch <= epochs; ++epoch) {
        train(model, epoch, watched ? std::vector<Callback>{watch} : std::vector<Callback>{});
        const double validated = model.history()["val_loss"].back();
        CHECK(evaluated(model) == validated);
        CHECK(loss_at(slots(model, "average")) == validated);
        if (model.optimizer().iterations() > 1) CHECK(loss_at(slots(model, "raw")) != validated);
        CHECK(value(model.loss(data().x, data().y)) == Approx(validated));
        CHECK(model.test_on_batch(data().x, data().y).loss == Approx(validated));
      }
    }
}

TEST_CASE("in a hand-written loop the weights are raw until finalize, but evaluate sees averages") {
  for (const bool evaluates : {false, true}) {
    Sequential by_hand = make(optimizers[0]), fitted = make(optimizers[0]);
    by_hand.build({1, 2});
    Optimizer& opt = by_hand.optimizer();
    for (int step = 0; step < 5; ++step) {
      opt.resume();
      by_hand.batch_loss({data().x, data().y, {}}).backward();
      opt.step(by_hand.parameters());
      CHECK_FALSE(opt.shows_averages());
      fitted.train_on_batch(data().x, data().y);
      const double seen = by_hand.evaluate(data().x, data().y).loss;
      CHECK(seen == fitted.evaluate(data().x, data().y).loss);
      CHECK(training::same(by_hand.predict(data().x), fitted.predict(data().x)));
      CHECK_FALSE(opt.shows_averages());
      if (evaluates) opt.finalize();
    }
    opt.finalize();
    CHECK(bits(by_hand) == bits(fitted));
  }
}

TEST_CASE("set or loaded weights start a new average, and so does a new optimizer") {
  const data_files::Folder folder;
  for (const char* rule : {optimizers[0], "ScheduleFreeSGD(0.5, beta=0.5, r=1)"}) {
    Sequential other = make(rule), fresh = make(rule);
    other.build({1, 2}), fresh.build({1, 2});
    const std::vector<Tensor> given = other.get_weights();
    other.save(folder.path("weights"), {.weights_only = true});
    for (const int way : {0, 1, 2}) {
      CAPTURE(way);
      Sequential model = make(rule);
      train(model, 2);
      if (way == 0) model.set_weights(given);
      if (way == 1) model.load(folder.path("weights"), {.weights_only = true});
      if (way == 2) {
        const std::vector<Tensor> shown = model.get_weights();
        model.compile({.optimizer = parse_optimizer(rule), .loss = MeanSquaredError{}});
        CHECK(training::same(model.get_weights(), shown));
        model.set_weights(given);
      }
      CHECK_FALSE(model.optimizer().shows_averages());
      CHECK(slots(model, "average") == weights(given));
      CHECK(slots(model, "z") == weights(given));
      for (const Scalar v : slots(model, "averaging")) CHECK(v == 0);
      model.train_on_batch(data().x, data().y);
      Sequential first = fresh;
      first.train_on_batch(data().x, data().y);
      CHECK(weights(model.get_weights()) == weights(first.get_weights()));
    }
  }
}

TEST_CASE("a multiplier of 0 freezes weights, and constraints hold where they are seen") {
  for (const char* rule : {"ScheduleFreeSGD(0.5, 0.9", "ScheduleFreeAdamW(0.05"}) {
    const auto with = [&](const char* options) { return fmt::format("{}{})", rule, options); };
    Sequential frozen = make(with(
        ", weight_decay=0.1, warmup_steps=3, learning_rate_multipliers=[[\"dense/kernel\", 0]]"));
    frozen.build({1, 2});
    const std::vector<Tensor> before = frozen.get_weights();
    train(frozen, epochs);
    CHECK(training::same(frozen.get_weights()[0], before[0]));
    CHECK_FALSE(training::same(frozen.get_weights()[1], before[1]));
    Sequential bounded = make(with(""), "non-negative");
    const auto check = [&](std::int64_t, const Logs&) {
      const std::vector<Tensor> seen = bounded.get_weights();
      for (const std::size_t kernel : {0u, 2u})
        for (const Scalar v : seen[kernel].values()) CHECK(v >= 0);
    };
    train(bounded, 20, {LambdaCallback{.on_epoch_end = check, .on_train_batch_end = check}});
    const Values averages = slots(bounded, "average");
    CHECK(std::ranges::any_of(averages, [](Scalar v) { return v < 0; }));
  }
}

TEST_CASE("weight decay acts on z at y, with the warm-up and without excluded parameters") {
  const Tensor w = parameter({2.0}), b = parameter({2.0}), g = {0.0};
  Optimizer opt(ScheduleFreeSGD{.learning_rate = 0.5, .warmup_steps = 2, .weight_decay = 0.1},
                {.exclude_from_weight_decay = {b}});
  double x = 2, y = 2, z = 2, sum = 0;
  for (int k = 0; k < 5; ++k) {
    opt.apply(std::vector<Tensor>{g, g}, std::vector<Tensor>{w, b});
    const double rate = k == 0 ? 0.25 : 0.5;
    z -= rate * 0.1 * y;
    sum += rate * rate;
    x += rate * rate / sum * (z - x);
    y = 0.9 * x + 0.1 * z;
    CHECK(w(0) == Approx(y).epsilon(1e-6));
    CHECK(b(0) == 2);
  }
}

TEST_CASE("linear_update() of ScheduleFreeSGD is its update, also if the rate starts at 0") {
  const Optimizer rules[] = {
      ScheduleFreeSGD{.learning_rate = linear(0, 0.4, 5) >> linear(0.4, 0, 20),
                      .beta = linear(0.9, 0.5, 10),
                      .r = 1},
      ScheduleFreeSGD{.learning_rate = 0.5, .beta = 0, .warmup_steps = 3, .weight_lr_power = 0}};
  for (Optimizer opt : rules) {
    const Tensor w = parameter({3.0});
    double s[] = {3, 3}, memory[] = {0, 0};
    for (Step step = 0; step < 20; ++step) {
      const LinearUpdate form =
          opt.linear_update(step, value(opt.learning_rate()), std::span(memory));
      const double g = 0.5 * (form.c[0] * s[0] + form.c[1] * s[1]);
      CHECK(w(0) == Approx(2 * g).epsilon(1e-5));
      opt.apply(std::vector<Tensor>{Tensor{0.5 * w(0)}}, std::vector<Tensor>{w});
      const double x = form.a[0][0] * s[0] + form.a[0][1] * s[1] - form.b[0] * g;
      s[1] = form.a[1][1] * s[1] - form.b[1] * g, s[0] = x;
    }
    opt.finalize();
    CHECK(w(0) == Approx(s[0]).epsilon(1e-5));
  }
}

TEST_CASE("statistics of training and a second average are refused, with the reason") {
  CHECK_THROWS_WITH_AS(
      parse_optimizer("ScheduleFreeAdamW(use_ema=True)"),
      Contains("Optimizer: use_ema must be false with ScheduleFreeAdamW, which averages the "
               "weights itself (got true)"),
      ValueError);
  CHECK_THROWS_WITH_AS(parse_optimizer("ScheduleFreeSGD(beta=1.5)"),
                       Contains("ScheduleFreeSGD: beta must be in [0, 1] (got 1.5)"), ValueError);
  Sequential model{Dense{3}, BatchNormalization{}, Dense{1}};
  model.compile({.optimizer = ScheduleFreeSGD{}, .loss = MeanSquaredError{}});
  model.build({1, 2});
  const std::string before = bits(model);
  const auto refused = Contains("ScheduleFreeSGD shows averages of the weights, to which");
  CHECK_THROWS_WITH_AS(train(model, 1), refused, StateError);
  CHECK_THROWS_WITH_AS(model.train_on_batch(data().x, data().y), refused, StateError);
  CHECK(bits(model) == before);
}
