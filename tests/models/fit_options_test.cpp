#include <gradus/models/fit_options.h>

#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <gradus/models/normalization.h>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;

/// Three classes from nothing: every row's loss is log 3, and rate 0 keeps it so.
Sequential three_classes(Loss loss) {
  Sequential model{Dense{.units = 3, .kernel_initializer = Zeros{}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.0}, .loss = std::move(loss)});
  return model;
}

/// Notes the targets of each batch, from a loss that is 0.
struct Spy {
  std::vector<Numbers> batches;
  Sequential model() {
    Sequential model{Dense{.units = 1}};
    model.compile({.optimizer = SGD{}, .loss = [this](const Tensor& y_true, const Tensor& y_pred) {
                     batches.emplace_back(y_true.values().begin(), y_true.values().end());
                     return mean(0 * y_pred, {.axis = 1});
                   }});
    return model;
  }
};
const Tensor five_rows{{0}, {1}, {2}, {3}, {4}};

}  // namespace

TEST_CASE(
    "sample weights multiply the loss of each row, and the sum is divided by the number of rows") {
  Sequential model{Dense{.units = 1, .kernel_initializer = Zeros{}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.01},
                 .loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}},
                 .weighted_metrics = {MeanAbsoluteError{}}});
  for (const Tensor& weights : {Tensor{1, 2, 0, 4}, Tensor{{1}, {2}, {0}, {4}}}) {
    Sequential fresh = model;
    const History h =
        fresh.fit(line_x, line_y,
                  {.batch_size = 4, .verbose = 0, .shuffle = false, .sample_weight = weights});
    CHECK(h["loss"][0] == Approx((9 + 2 * 25 + 4 * 81) / 4.0));
    CHECK(h["mean_absolute_error"][0] == Approx(6));
    CHECK(h["weighted_mean_absolute_error"][0] == Approx((3 + 2 * 5 + 4 * 9) / 7.0));
    CHECK(weight(fresh) == Approx(0.01 * 2 * (3 + 20 + 144) / 4).epsilon(1e-6));
    const Evaluation e =
        model.evaluate(line_x, line_y, {.batch_size = 3, .sample_weight = weights});
    CHECK(e.loss == Approx(h["loss"][0]));
    CHECK(e["weighted_mean_absolute_error"] == Approx(7));
  }
  // In batches of 3 and 1 the epoch's loss is the mean over rows of (9 + 50) / 3 and 4 * 81.
  Sequential still = line(0.0);
  CHECK(still.fit(line_x, line_y,
                  {.batch_size = 3,
                   .verbose = 0,
                   .shuffle = false,
                   .sample_weight = Tensor{1, 2, 0, 4}})["loss"][0] ==
        Approx((9 + 50 + 324) / 4.0));
}

TEST_CASE("sample weights follow their rows through shuffling and the validation split") {
  Sequential model = line(0.0);
  const History h = model.fit(line_x, line_y,
                              {.batch_size = 1,
                               .epochs = 3,
                               .verbose = 0,
                               .validation_split = 0.5,
                               .sample_weight = Tensor{1, 2, 0, 4}});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(h["loss"][i] == Approx((9 + 50) / 2.0));
    CHECK(h["val_loss"][i] == Approx(324 / 2.0));
  }
  const History own = model.fit(
      line_x, line_y, {.verbose = 0, .validation_data = Batch{line_x, line_y, Tensor{0, 0, 0, 1}}});
  CHECK(own["val_loss"][0] == Approx(81 / 4.0));
}

TEST_CASE("validation data is a pair of tensors, with weights, or anything that holds rows") {
  const auto losses = [](const FitOptions& options) {
    Sequential model = line();
    const History h = model.fit(line_x, line_y, options);
    return h.contains("val_loss") ? h["val_loss"] : std::vector<double>{};
  };
  const Tensor x = slice(line_x, 0, 0, 2), y = slice(line_y, 0, 0, 2), w{1, 3};
  const std::vector<double> plain = losses({.verbose = 0, .validation_data = Batch{x, y}}),
                            weighted = losses({.verbose = 0, .validation_data = Batch{x, y, w}});
  CHECK(plain.size() == 1);
  CHECK(plain != weighted);
  CHECK(losses({.verbose = 0, .validation_data = {x, y}}) == plain);
  CHECK(losses({.verbose = 0, .validation_data = {{x, y}}}) == plain);
  CHECK(losses({.verbose = 0, .validation_data = {{{1}, {2}}, {{3}, {5}}}}) == plain);
  CHECK(losses({.verbose = 0, .validation_data = {x, y, w}}) == weighted);
  CHECK(losses({.verbose = 0, .validation_data = {{x, y, w}}}) == weighted);
  CHECK(losses({.verbose = 0, .validation_data = Dataset{x, y}}) == plain);
  CHECK(losses({.verbose = 0, .validation_data = std::optional<Batch>(Dataset{x, y})}) == plain);
  CHECK(losses({.verbose = 0, .validation_data = std::make_optional<Batch>(x, y)}) == plain);
  CHECK(losses({.verbose = 0, .validation_data = {}}).empty());
  CHECK(losses({.verbose = 0, .validation_data = std::nullopt}).empty());
  FitOptions options{.verbose = 0};
  options.validation_data = {x, y};
  CHECK(losses(options) == plain);
  options.validation_data = Batch{x, y, w};
  CHECK(losses(options) == weighted);
  options.validation_data = std::nullopt;
  CHECK(losses(options).empty());
  options.validation_data.emplace(x, y);
  CHECK(losses(options) == plain);
}

TEST_CASE("class weights apply to training rows only") {
  const Tensor x{{0}, {1}, {2}, {3}}, numbers{0, 1, 2, 2}, column{{0}, {1}, {2}, {2}};
  const Tensor one_hot{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 1}};
  const ClassWeight weights{{0, 2}, {2, 3}};  // class 1 weighs 1
  const auto loss = [&](Loss with, const Tensor& y) {
    Sequential model = three_classes(std::move(with));
    return model.fit(x, y, {.verbose = 0, .class_weight = weights})["loss"][0];
  };
  const double expected = std::log(3) * (2 + 1 + 3 + 3) / 4;
  CHECK(loss(SparseCategoricalCrossentropy{.from_logits = true}, numbers) == Approx(expected));
  CHECK(loss(SparseCategoricalCrossentropy{.from_logits = true}, column) == Approx(expected));
  CHECK(loss(CategoricalCrossentropy{.from_logits = true}, one_hot) == Approx(expected));
  Sequential model = three_classes(SparseCategoricalCrossentropy{.from_logits = true});
  const History h =
      model.fit(x, numbers, {.verbose = 0, .validation_split = 0.5, .class_weight = weights});
  CHECK(h["loss"][0] == Approx(std::log(3) * 1.5));
  CHECK(h["val_loss"][0] == Approx(std::log(3)));  // as Keras: validation is not weighted
}

TEST_CASE("bad sample weights are refused before the first update") {
  Sequential model = line();
  const auto fit = [&](Tensor sample_weight, ClassWeight class_weight = {}) {
    model.fit(line_x, line_y,
              {.verbose = 0,
               .class_weight = std::move(class_weight),
               .sample_weight = std::move(sample_weight)});
  };
  CHECK_THROWS_WITH_AS(fit(Tensor{1, 1, 1, 1}, {{0, 1}}),
                       "fit: class_weight must come without sample_weight", ValueError);
  for (const Tensor& wrong : {Tensor{1, 1, 1}, Tensor::ones({4, 2}), Tensor::ones({1, 4})})
    CHECK_THROWS_WITH_AS(fit(wrong), Contains("fit: sample_weight must have one number per row"),
                         ShapeError);
  CHECK_THROWS_WITH_AS(fit(Tensor{1, 1, std::nan(""), 1}),
                       "fit: sample_weight must be finite (sample_weight[2] is nan)", ValueError);
  CHECK_THROWS_WITH_AS(
      fit({}, {{-1, 2}}),
      "fit: class_weight must map class numbers >= 0 to finite weights (got -1: 2)", ValueError);
  CHECK_THROWS_AS(fit({}, {{0, std::nan("")}}), ValueError);
  CHECK_THROWS_WITH_AS(
      model.fit(line_x, line_y,
                {.verbose = 0, .validation_data = Batch{line_x, line_y, Tensor{1, 1}}}),
      Contains("fit: validation_data: sample_weight"), ShapeError);
  CHECK(model.optimizer().iterations() == 0);
}

TEST_CASE("initial_epoch numbers the epochs and touches neither counter nor schedule") {
  Sequential model = line([](double step) { return 0.01 / (1 + step); });
  const History h = model.fit(line_x, line_y, {.epochs = 5, .verbose = 0, .initial_epoch = 3});
  CHECK(h.epochs() == std::vector<std::int64_t>{3, 4});
  CHECK(h["learning_rate"] == Numbers{0.01, 0.005});
  CHECK(
      model.fit(line_x, line_y, {.epochs = 2, .verbose = 0, .initial_epoch = 2}).epochs().empty());
}

TEST_CASE("with steps_per_epoch the next epoch starts at the next row") {
  Spy spy;
  Sequential model = spy.model();
  const auto fit = [&](std::int64_t steps, std::int64_t epochs, bool shuffle) {
    spy.batches.clear();
    model.fit(five_rows, five_rows,
              {.batch_size = 2,
               .epochs = epochs,
               .verbose = 0,
               .shuffle = shuffle,
               .steps_per_epoch = steps});
    return spy.batches;
  };
  using Batches = std::vector<Numbers>;
  CHECK(fit(2, 3, false) == Batches{{0, 1}, {2, 3}, {4}, {0, 1}, {2, 3}, {4}});
  CHECK(fit(3, 2, false) == Batches{{0, 1}, {2, 3}, {4}, {0, 1}, {2, 3}, {4}});
  CHECK(fit(5, 1, false) == Batches{{0, 1}, {2, 3}, {4}, {0, 1}, {2, 3}});
  CHECK(fit(1, 2, false) == Batches{{0, 1}, {2, 3}});
  const Batches shuffled = fit(4, 3, true);  // four whole passes
  REQUIRE(shuffled.size() == 12);
  std::set<Numbers> orders;
  for (std::size_t pass = 0; pass < 4; ++pass) {
    Numbers rows;
    for (std::size_t i = 0; i < 3; ++i)
      for (const double row : shuffled[3 * pass + i]) rows.push_back(row);
    orders.insert(rows);
    CHECK(std::set<double>(rows.begin(), rows.end()).size() == 5);
  }
  CHECK(orders.size() > 1);  // each pass has its own
  // The first one is shuffled, too, and as without steps_per_epoch.
  Sequential whole = spy.model(), in_steps = spy.model();
  Batches last;
  for (int i = 0; i < 2; ++i) {
    spy.batches.clear();
    whole.fit(five_rows, five_rows, {.batch_size = 1, .verbose = 0});
    const Batches expected = std::exchange(spy.batches, {});
    in_steps.fit(five_rows, five_rows, {.batch_size = 1, .verbose = 0, .steps_per_epoch = 5});
    CHECK(spy.batches == expected);
    CHECK(std::exchange(last, expected) != expected);
  }
}

TEST_CASE("each batch draws different random numbers, and the same seed repeats them") {
  const auto outputs = [](std::uint64_t seed) {
    std::vector<Numbers> seen;
    Sequential model{Dense{.units = 20, .kernel_initializer = Ones{}}, Dropout{.rate = 0.5}};
    model.compile({.optimizer = SGD{.learning_rate = 0.0},
                   .loss =
                       [&](const Tensor&, const Tensor& y_pred) {
                         seen.emplace_back(y_pred.values().begin(), y_pred.values().end());
                         return mean(y_pred, {.axis = 1});
                       },
                   .seed = seed});
    const Tensor x = Tensor::ones({2, 1});
    for (int i = 0; i < 2; ++i) model.fit(x, x, {.batch_size = 1, .verbose = 0});
    return seen;
  };
  const auto first = outputs(1);
  CHECK(std::set<Numbers>(first.begin(), first.end()).size() == 4);
  CHECK(first == outputs(1));
  CHECK(first != outputs(2));
}

TEST_CASE("a batch size above the number of rows gives one batch") {
  Spy spy;
  Sequential model = spy.model();
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  model.fit(five_rows, five_rows,
            {.batch_size = largest, .epochs = 2, .verbose = 0, .validation_split = 0.2});
  CHECK(model.optimizer().iterations() == 2);
  CHECK(model.predict(five_rows, {.batch_size = largest}).shape() == Shape{5, 1});
  CHECK(model.evaluate(five_rows, five_rows, {.batch_size = largest}).loss == 0);
}

TEST_CASE("validation has its own batch size, steps and frequency") {
  Sequential model = line(0.0);  // losses of rows: 9, 25, 49, 81
  const auto val_loss = [&](FitOptions options) {
    options.verbose = 0;
    options.validation_data = Batch{line_x, line_y};
    return model.fit(line_x, line_y, options)["val_loss"];
  };
  CHECK(val_loss({.validation_steps = 1, .validation_batch_size = 1})[0] == Approx(9));
  CHECK(val_loss({.validation_steps = 1, .validation_batch_size = 2})[0] == Approx(17));
  CHECK(val_loss({.validation_steps = 9, .validation_batch_size = 2})[0] == Approx(41));
  CHECK(val_loss({.batch_size = 3, .validation_steps = 1})[0] == Approx(83.0 / 3));
  CHECK(val_loss({.epochs = 5, .validation_freq = 2}).size() == 2);
  CHECK(val_loss({.epochs = 4, .initial_epoch = 1, .validation_freq = 2}).size() == 2);
  CHECK(val_loss({.validation_split = 0.5})[0] == Approx(41));  // the data wins
}

TEST_CASE("penalties count in the loss once per batch, and in no metric") {
  Sequential model{Dense{.units = 2, .kernel_initializer = Ones{}, .kernel_regularizer = L2{0.1}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.0},
                 .loss = MeanSquaredError{},
                 .metrics = {MeanSquaredError{}}});
  const Tensor x = Tensor::zeros({4, 3}), y = Tensor::zeros({4, 2});
  for (const std::int64_t batch_size : {1, 3, 4}) {
    const History h =
        model.fit(x, y, {.batch_size = batch_size, .verbose = 0, .validation_data = {{x, y}}});
    CHECK(h["loss"][0] == Approx(0.6));
    CHECK(h["val_loss"][0] == Approx(0.6));
    CHECK(h["mean_squared_error"][0] == 0);
    CHECK(model.evaluate(x, y).loss == Approx(0.6));
  }
  model.compile({.optimizer = SGD{.learning_rate = 1}, .loss = MeanSquaredError{}});
  model.fit(x, y, {.verbose = 0});
  CHECK(weight(model) == Approx(1 - 2 * 0.1));  // the slope of 0.1 w^2
}

TEST_CASE("constraints hold after each update") {
  Sequential model{Dense{.units = 1, .kernel_initializer = Ones{}, .kernel_constraint = NonNeg{}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.003}, .loss = MeanSquaredError{}});
  struct Watch {
    void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
      CHECK(weight(model) == 0);
    }
  };
  model.fit(line_x, -100 * line_y,
            {.batch_size = 1, .epochs = 2, .verbose = 0, .callbacks = {Watch{}}});
  CHECK(model.optimizer().iterations() == 8);
}

TEST_CASE("a step that fails leaves moving averages, weights and counters as they were") {
  Sequential model{BatchNormalization{.momentum = 0.5}, Dense{.units = 1}};
  int calls = 0;
  const auto loss = [&](const Tensor& y_true, const Tensor& y_pred) {
    const double factor = ++calls < 3 ? 1 : std::numeric_limits<double>::infinity();
    return factor * MeanSquaredError{}(y_true, y_pred);
  };
  model.compile({.optimizer = SGD{}, .loss = loss});
  std::vector<Tensor> last;
  struct Keep {
    std::vector<Tensor>* last;
    void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
      *last = model.get_weights();
    }
  };
  const FitOptions options{.batch_size = 2, .epochs = 3, .verbose = 0, .callbacks = {Keep{&last}}};
  CHECK_THROWS_AS(model.fit(line_x, line_y, options), NumericError);
  CHECK(model.optimizer().iterations() == 2);
  CHECK(last[2].values()[0] != 0);  // the moving mean did move before
  CHECK(same(model.get_weights(), last));
}

TEST_CASE("terminate_on_nan ends training and marks the history as diverged") {
  Sequential model = scripted({3, 2, 1, std::nan(""), 5});
  const Tensor x = Tensor::ones({3, 1});
  const History h =
      model.fit(x, x, {.batch_size = 1, .epochs = 4, .verbose = 0, .terminate_on_nan = true});
  CHECK(h.diverged());
  CHECK(h["loss"] == Numbers{2});
  CHECK(weight(model) == -3);
  Sequential within = scripted({3, 2, std::nan(""), 5});
  const History cut =
      within.fit(x, x, {.batch_size = 1, .epochs = 4, .verbose = 0, .terminate_on_nan = true});
  CHECK(cut.diverged());
  CHECK(cut["loss"] == Numbers{2.5});
  CHECK(weight(within) == -2);
  // The next fit() is a new run.
  CHECK_FALSE(within.fit(x, x, {.verbose = 0, .terminate_on_nan = true}).diverged());
}

TEST_CASE("gradient accumulation goes on across epochs and in a resumed fit") {
  Sequential model = scripted(Numbers(12, 1), [](double step) { return 1 + step; });
  const Schedule rate = model.optimizer().schedule();
  const auto loss = [](const Tensor&, const Tensor& y_pred) { return mean(y_pred, {.axis = 1}); };
  model.compile(
      {.optimizer = Optimizer(SGD{.learning_rate = rate}, {.gradient_accumulation_steps = 3}),
       .loss = loss});
  const Tensor x = Tensor::ones({2, 1});
  const FitOptions once{.batch_size = 1, .verbose = 0};
  CHECK(model.fit(x, x, once)["learning_rate"] == Numbers{0});  // no update yet
  CHECK(weight(model) == 0);
  CHECK(model.fit(x, x,
                  {.batch_size = 1, .epochs = 2, .verbose = 0, .resume = true})["learning_rate"] ==
        Numbers{0, 1});
  CHECK(weight(model) == -1);
  CHECK(model.optimizer().iterations() == 1);
  CHECK(model.fit(x, x, {.batch_size = 1, .epochs = 4, .verbose = 0})["learning_rate"] ==
        Numbers{1, 2, 3, 3});  // a new run does not begin with the one gradient that was left
  CHECK(weight(model) == -1 - 2 - 3);
}

TEST_CASE("train_on_batch trains as fit does, and test_on_batch changes nothing") {
  Sequential model = line(0.01, {MeanAbsoluteError{}}), fitted = model;
  const Evaluation seen = model.test_on_batch(line_x, line_y);
  CHECK(model.optimizer().iterations() == 0);
  CHECK(seen.loss == Approx(41));
  const Evaluation trained = model.train_on_batch(line_x, line_y);
  CHECK(trained.loss == seen.loss);
  CHECK(trained["mean_absolute_error"] == Approx(6));
  fitted.fit(line_x, line_y, {.verbose = 0, .shuffle = false});
  CHECK(same(model.get_weights(), fitted.get_weights()));
  CHECK(model.train_on_batch(line_x, line_y, {.sample_weight = Tensor{0, 0, 0, 0}}).loss == 0);
  CHECK_THROWS_WITH_AS(model.test_on_batch(line_x, line_y, {.class_weight = {{0, 1}}}),
                       "test_on_batch: class_weight must be empty", ValueError);
  CHECK_THROWS_WITH_AS(
      model.train_on_batch(line_x, line_y,
                           {.sample_weight = Tensor{1, 1, 1, 1}, .class_weight = {{0, 1}}}),
      "train_on_batch: class_weight must come without sample_weight", ValueError);
  Sequential broken = scripted({std::nan("")});
  CHECK_THROWS_WITH_AS(broken.train_on_batch(one_row, one_row),
                       "train_on_batch: non-finite loss at step 0", NumericError);
  CHECK(weight(broken) == 0);
  Sequential classes = three_classes(SparseCategoricalCrossentropy{.from_logits = true});
  CHECK(classes.train_on_batch(line_x, Tensor{0, 1, 2, 2}, {.class_weight = {{2, 3}}}).loss ==
        Approx(2 * std::log(3)));
}
