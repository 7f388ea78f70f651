#include <gradus/models/sequential.h>

#include <cmath>

#include <gradus/models/dataset.h>
#include <gradus/models/early_stopping.h>
#include <gradus/models/find_learning_rate.h>
#include <gradus/models/regularizers.h>
#include <gradus/optim/adam.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

constexpr double deviation = 512, mean_y = 5000;  // a power of 2: its products are exact

const Dataset& rows() {
  static const Dataset data = make_line({.rows = 60, .noise = 0.3});
  return data;
}

/// A model for targets that were divided by `target_deviation`, with penalties.
Sequential net(double target_deviation, const Loss& loss = MeanSquaredError{}, double penalty = 0) {
  Sequential model{Dense{.units = 4, .activation = tanh, .kernel_regularizer = L2{.l2 = penalty}},
                   Dense{.units = 1}};
  model.compile({.optimizer = Adam{.learning_rate = 0.02},
                 .loss = loss,
                 .metrics = {MeanAbsoluteError{}, RootMeanSquaredError{}, R2Score{}, LogCosh{}},
                 .weighted_metrics = {MeanSquaredError{}},
                 .seed = 3,
                 .target_deviation = target_deviation});
  return model;
}

/// What multiplies the numbers under a key of History.
double unit_of(std::string key) {
  if (key.starts_with("val_")) key = key.substr(4);
  if (key == "r2_score" || key == "learning_rate") return 1;
  return key == "mean_absolute_error" || key == "root_mean_squared_error" ? deviation
                                                                          : deviation * deviation;
}

struct BatchLosses {
  std::vector<double>& all;
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    all.push_back(model.last_loss());
  }
};

struct Cubes {
  static constexpr int degree = 3;
  Tensor operator()(const Tensor& y, const Tensor& p) const {
    return detail::row_means(pow(abs(y - p), 3));
  }
};

}  // namespace

TEST_CASE("losses and metrics are those of undone predictions, in the targets' own units") {
  const Tensor &x = rows().x, &y = rows().y, own = y * deviation + mean_y;
  const std::pair<Loss, Loss> cases[] = {{MeanSquaredError{}, MeanSquaredError{}},
                                         {MeanAbsoluteError{}, MeanAbsoluteError{}},
                                         {Cubes{}, Cubes{}},
                                         {Loss(MeanSquaredError{}, {LossReduction::sum}),
                                          Loss(MeanSquaredError{}, {LossReduction::sum})},
                                         {Huber{.delta = 0.5}, Huber{.delta = 0.5 * deviation}}};
  for (const auto& [divided, undivided] : cases) {
    Sequential model = net(deviation, divided);
    model.fit(x, y, {.epochs = 5, .verbose = 0});
    const Tensor undone = model.predict(x) * deviation + mean_y;
    const double by_hand = undivided.reduced(own, undone).item();
    const Evaluation e = model.evaluate(x, y, {.batch_size = 7});
    CHECK(e.loss == Approx(by_hand).epsilon(1e-4));
    CHECK(model.loss(x, y) == Approx(by_hand).epsilon(1e-4));
    CHECK(model.test_on_batch(x, y).loss == Approx(by_hand).epsilon(1e-4));
    CHECK(model.train_on_batch(x, y).loss == Approx(by_hand).epsilon(1e-4));
    CHECK(e["mean_absolute_error"] == Approx(mean(abs(own - undone)).item()).epsilon(1e-4));
    CHECK(e["root_mean_squared_error"] ==
          Approx(std::sqrt(mean(square(own - undone)).item())).epsilon(1e-4));
    const Tensor from_mean = own - mean(own);
    CHECK(e["r2_score"] ==
          Approx(1 - mean(square(own - undone)).item() / mean(square(from_mean)).item())
              .epsilon(1e-4));
  }
}

TEST_CASE("training is that on the divided targets, and every report is multiplied") {
  const Tensor &x = rows().x, &y = rows().y;
  const auto train = [&](double target_deviation, double min_delta, std::vector<double>& batches) {
    Sequential model = net(target_deviation, MeanSquaredError{}, 0.01);
    model.fit(x, y,
              {.batch_size = 16,
               .epochs = 40,
               .verbose = 0,
               .callbacks = {BatchLosses{batches}, EarlyStopping{.min_delta = min_delta}},
               .validation_split = 0.25});
    return model;
  };
  const double least = 0.02;  // in own units for callbacks
  std::vector<double> own_batches, batches;
  Sequential own = train(deviation, least * deviation * deviation, own_batches);
  Sequential plain = train(1, least, batches);
  CHECK(same(own.get_weights(), plain.get_weights()));
  CHECK(plain.history().epochs().size() < 40);
  CHECK(own.history().epochs() == plain.history().epochs());
  for (const auto& [key, numbers] : plain.history())
    for (std::size_t i = 0; i < numbers.size(); ++i)
      CHECK(own.history()[key][i] == numbers[i] * unit_of(key));
  REQUIRE(own_batches.size() == batches.size());
  for (std::size_t i = 0; i < batches.size(); ++i)
    CHECK(own_batches[i] == batches[i] * deviation * deviation);
  CHECK(own.loss_unit() == deviation * deviation);
  CHECK(own.loss(x, y) == plain.loss(x, y) * deviation * deviation);  // with the penalty
  CHECK(own.evaluate(x, y).loss == plain.evaluate(x, y).loss * deviation * deviation);
  CHECK(own.batch_loss({x, y}).item() == plain.batch_loss({x, y}).item());
}

TEST_CASE("a resumed run on divided targets reports the same numbers") {
  const data_files::Folder folder;
  const auto train = [&](Sequential& model, int epochs, bool resume) {
    return model.fit(rows().x, rows().y,
                     {.batch_size = 16, .epochs = epochs, .verbose = 0, .resume = resume});
  };
  Sequential whole = net(deviation), first = net(deviation), second = net(deviation);
  const History all = train(whole, 6, false);
  train(first, 3, false);
  first.save(folder.path("model"));
  second.load(folder.path("model"));
  CHECK(second.last_loss() == first.last_loss());
  const History resumed = train(second, 6, true);
  for (const auto& [key, numbers] : all) CHECK(resumed[key] == numbers);
}

TEST_CASE("a range test on divided targets has the same rates and marks, also of tiny units") {
  const RateTest plain = find_learning_rate(net(1), rows().x, rows().y);
  for (const double unit : {1e-8, 1e8}) {
    const RateTest own = find_learning_rate(net(unit), rows().x, rows().y);
    CHECK(own.rates == plain.rates);
    CHECK(own.valley == plain.valley);
    CHECK(own.minimum == plain.minimum);
    CHECK(own.losses.back() == Approx(plain.losses.back() * unit * unit).epsilon(1e-12));
  }
}

TEST_CASE("target_deviation needs losses and metrics that scale with the targets") {
  const auto compile = [](const Loss& loss, double target_deviation, List<Metric> metrics = {}) {
    Sequential model{Dense{.units = 1}};
    model.compile({.optimizer = SGD{},
                   .loss = loss,
                   .metrics = std::move(metrics),
                   .target_deviation = target_deviation});
  };
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL})
    CHECK_THROWS_WITH_AS(compile(MeanSquaredError{}, bad),
                         Contains("compile: target_deviation must be above 0 and finite"),
                         ValueError);
  CHECK_THROWS_WITH_AS(compile(Poisson{}, 2),
                       "compile: target_deviation must be 1 with Poisson, which divided targets "
                       "give another meaning (got 2)",
                       ValueError);
  for (const Loss& loss : {Loss(MeanAbsolutePercentageError{}), Loss(CosineSimilarity{}),
                           Loss(MeanSquaredLogarithmicError{}), Loss(BinaryCrossentropy{}),
                           Loss([](const Tensor&y, const Tensor&p) { return y - p; })}) {
    CHECK_THROWS_AS(compile(loss, 2), ValueError);
    compile(loss, 1);
  }
  CHECK_THROWS_WITH_AS(compile(MeanSquaredError{}, 2, {MeanAbsolutePercentageError{}}),
                       Contains("with mean_absolute_percentage_error, which"), ValueError);
  CHECK_THROWS_AS(compile(MeanSquaredError{}, 2, {Accuracy{}}), ValueError);
}
