/// The loss of many rows does not depend on how they are cut into batches.

#include <gradus/models/losses.h>
#include <gradus/models/metrics.h>

#include <array>
#include <functional>

#include "training_support.h"

using namespace training;
using doctest::Approx;

namespace {

constexpr std::int64_t rows = 7;
constexpr double same_weights = 1e-30;  ///< a rate that changes no weight in float

// Class 1 stands in rows 0, 1 and 5: an ignored class leaves batches of 1 and of 2 rows empty.
const Tensor classes{1, 1, 0, 2, 0, 1, 2};
const Tensor hot{{0, 1, 0}, {0, 1, 0}, {1, 0, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
const Tensor row_weights{0, 0, 1, 2.5, 0.5, 1, 0};
const ClassWeight class_weight{{0, 0.5}, {1, 0}, {2, 3}};

/// Rows with target 0 in the first column do not count.
struct FirstColumn {
  Tensor operator()(const Tensor& y, const Tensor& p) const {
    return sum(square(y - p), {.axis = 1});
  }
  Tensor counted(const Tensor& y) const { return reshape(slice(y, 1, 0, 1), {y.shape()[0]}); }
};

struct Case {
  const char* name;
  std::function<Loss(LossOptions)> loss;
  Tensor y;
  std::function<Metric()> metric;
  bool whole = false;  ///< one value in all: without weights
};
template <class L>
Case loss_case(const char* name, const L& loss, const Tensor& y, bool whole = false) {
  return {name, [=](LossOptions o) { return Loss(loss, o); }, y, [=] { return Metric(loss); },
          whole};
}

const std::vector<Case> cases{
    loss_case("mse", MeanSquaredError{}, hot),
    loss_case("mae", MeanAbsoluteError{}, hot),
    loss_case("mape", MeanAbsolutePercentageError{}, hot + 1),
    loss_case("msle", MeanSquaredLogarithmicError{}, hot),
    loss_case("huber", Huber{.delta = 0.3}, hot),
    loss_case("logcosh", LogCosh{}, hot),
    loss_case("poisson", Poisson{}, hot),
    loss_case("cosine", CosineSimilarity{}, hot),
    loss_case("hinge", Hinge{}, hot),
    loss_case("hinge -1", Hinge{}, 2 * hot - 1),
    loss_case("squared hinge", SquaredHinge{}, hot),
    loss_case("categorical hinge", CategoricalHinge{}, hot),
    loss_case("binary", BinaryCrossentropy{.label_smoothing = 0.1}, hot),
    loss_case("binary logits", BinaryCrossentropy{.from_logits = true}, hot),
    loss_case("binary focal", BinaryFocalCrossentropy{.apply_class_balancing = true}, hot),
    loss_case("categorical", CategoricalCrossentropy{}, hot),
    loss_case("categorical logits", CategoricalCrossentropy{.from_logits = true}, hot),
    loss_case("categorical focal", CategoricalFocalCrossentropy{}, hot),
    loss_case("sparse", SparseCategoricalCrossentropy{}, classes),
    loss_case("sparse ignore 1", SparseCategoricalCrossentropy{.ignore_class = 1}, classes),
    loss_case("sparse logits ignore 2",
              SparseCategoricalCrossentropy{.from_logits = true, .ignore_class = 2}, classes),
    loss_case("generalized", CategoricalGeneralizedCrossEntropy{}, classes),
    loss_case("kl", KLDivergence{}, hot),
    loss_case("dice", Dice{}, hot, true),
    loss_case("dice by row", Dice{.axis = 1}, hot),
    loss_case("tversky", Tversky{.alpha = 0.2}, hot, true),
    loss_case("tversky by row", Tversky{.alpha = 0.2, .axis = 1}, hot),
    loss_case("counted", FirstColumn{}, hot),
    loss_case(
        "mean in all", [](const Tensor& y, const Tensor& p) { return mean(square(y - p)); }, hot,
        true),
    loss_case(
        "sum in all", [](const Tensor& y, const Tensor& p) { return sum(square(y - p)); }, hot,
        true),
    loss_case(
        "one in all of rank 2",
        [](const Tensor& y, const Tensor& p) { return max(abs(y - p), {.keepdims = true}); }, hot,
        true)};
const std::array reductions{LossReduction::sum_over_batch_size, LossReduction::mean,
                            LossReduction::sum, LossReduction::mean_with_sample_weight};

Tensor inputs() {
  Random random(5);
  return Tensor::uniform({rows, 4}, -1, 1, random);
}
const Tensor x = inputs();

Sequential model_of(const Case& c, LossReduction reduction) {
  Sequential model{Dense{.units = 3, .activation = softmax, .kernel_regularizer = L2{0.1}}};
  model.compile({.optimizer = SGD{.learning_rate = same_weights},
                 .loss = c.loss({.reduction = reduction}),
                 .metrics = {c.metric()},
                 .weighted_metrics = {c.metric()},
                 .seed = 3});
  return model;
}

/// Each number rounds at 2^-24 of its size, and so does each of the few sums over 7 rows; sums in
/// another order differ by less than 100 of these, 6e-6.
void check_same(const Evaluation& got, const Evaluation& want) {
  CHECK(got.loss == Approx(want.loss).epsilon(6e-6));
  for (const auto& metric : want.metrics)
    CHECK_MESSAGE(got[metric.first] == Approx(metric.second).epsilon(6e-6), metric.first);
}

Evaluation last_of(const History& history, const Evaluation& names, const std::string& prefix) {
  Evaluation found{.loss = history[prefix + "loss"].back()};
  for (const auto& [name, _] : names.metrics) found.metrics[name] = history[prefix + name].back();
  return found;
}

/// Runs f(case, reduction) for every loss and every reduction.
void for_each_loss(const auto& f) {
  for (const Case& c : cases)
    for (const LossReduction reduction : reductions) {
      CAPTURE(c.name);
      CAPTURE(static_cast<int>(reduction));
      f(c, reduction);
    }
}

}  // namespace

TEST_CASE("evaluate gives the loss and metrics of all rows in batches of any size") {
  int combinations = 0;
  for_each_loss([&](const Case& c, LossReduction reduction) {
    Sequential model = model_of(c, reduction);
    for (const Tensor& weights : {Tensor(), row_weights, Tensor::zeros({rows})}) {
      if (c.whole && weights.size() > 0) continue;
      const Evaluation want = model.test_on_batch(x, c.y, {.sample_weight = weights});
      for (int size = 1; size <= rows; ++size, ++combinations)
        check_same(model.evaluate(x, c.y, {.batch_size = size, .sample_weight = weights}), want);
    }
  });
  CHECK(combinations == 4 * 7 * (3 * 26 + 5));
}

TEST_CASE("val_loss is the loss of all validation rows in batches of any size") {
  for_each_loss([&](const Case& c, LossReduction reduction) {
    Sequential model = model_of(c, reduction);
    const Tensor weights = c.whole ? Tensor() : row_weights;
    const Evaluation want = model.test_on_batch(x, c.y, {.sample_weight = weights});
    for (int size = 1; size <= rows; ++size) {
      const History history = model.fit(
          x, c.y,
          {.verbose = 0, .validation_data = Batch{x, c.y, weights}, .validation_batch_size = size});
      check_same(last_of(history, want, "val_"), want);
    }
  });
}

TEST_CASE("the mean of an epoch is the loss of all rows in batches of any size") {
  int combinations = 0;
  for_each_loss([&](const Case& c, LossReduction reduction) {
    if (c.whole) return;  // each of its values weighs as much as its batch has rows
    Sequential model = model_of(c, reduction);
    for (const int kind : {0, 1, 2}) {
      const BatchOptions by{.sample_weight = kind == 1 ? row_weights : Tensor(),
                            .class_weight = kind == 2 ? class_weight : ClassWeight{}};
      const Evaluation want = model.train_on_batch(x, c.y, by);
      for (int size = 1; size <= rows; ++size, ++combinations)
        check_same(last_of(model.fit(x, c.y,
                                     {.batch_size = size,
                                      .epochs = 1,
                                      .verbose = 0,
                                      .class_weight = by.class_weight,
                                      .sample_weight = by.sample_weight}),
                           want, ""),
                   want);
    }
  });
  CHECK(combinations == 4 * 7 * 3 * 26);
}
