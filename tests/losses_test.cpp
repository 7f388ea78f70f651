#include <gradus/models/losses.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/core/check_gradients.h>
#include <gradus/models/metrics.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

void check_values(const Tensor& got, std::initializer_list<double> want) {
  REQUIRE(got.shape() == Shape{want.size()});
  std::size_t i = 0;
  for (const double w : want) CHECK(got.values()[i++] == Approx(w).epsilon(1e-6));
}

}  // namespace

TEST_CASE("mean squared and mean absolute error are means over a row") {
  const Tensor y{{1, 2}, {0, 0}}, p{{2, 4}, {0, 3}};
  check_values(MeanSquaredError{}(y, p), {2.5, 4.5});
  check_values(MeanAbsoluteError{}(y, p), {1.5, 1.5});
  check_values(MeanSquaredError{}(Tensor{1, 2}, Tensor{{1}, {5}}), {0, 9});
  check_values(MeanSquaredError{}(Tensor{{1}, {2}}, Tensor{1, 5}), {0, 9});
  check_values(MeanSquaredError{}(Tensor::zeros({2, 2, 2}), Tensor::full({2, 2, 2}, 3)), {9, 9});
}

TEST_CASE("shapes that do not fit are refused and never broadcast") {
  CHECK_THROWS_WITH_AS(MeanSquaredError{}(Tensor::zeros({4, 2}), Tensor::zeros({4, 1})),
                       "MeanSquaredError: targets of shape (4,2) must fit outputs of shape (4,1)",
                       ShapeError);
  CHECK_THROWS_AS(MeanAbsoluteError{}(Tensor::zeros({1, 4}), Tensor::zeros({4, 1})), ShapeError);
  CHECK_THROWS_AS(BinaryCrossentropy{}(Tensor::zeros({4, 3}), Tensor::zeros({4})), ShapeError);
  CHECK_THROWS_AS(SparseCategoricalCrossentropy{}(Tensor::zeros({3}), Tensor::zeros({4, 3})),
                  ShapeError);
}

TEST_CASE("binary crossentropy from probabilities and from logits") {
  const Tensor y{{1}, {0}, {0.25}}, z{{0.3}, {-2}, {1}};
  const auto want = [](double t, double logit) {
    const double p = 1 / (1 + std::exp(-logit));
    return -(t * std::log(p) + (1 - t) * std::log(1 - p));
  };
  const std::initializer_list<double> values{want(1, 0.3), want(0, -2), want(0.25, 1)};
  check_values(BinaryCrossentropy{.from_logits = true}(y, z), values);
  check_values(BinaryCrossentropy{}(y, sigmoid(z)), values);
  // Far out, logits stay exact and probabilities are cut.
  CHECK(BinaryCrossentropy{.from_logits = true}(Tensor{1.0}, Tensor{-1000.0})(0) == 1000);
  CHECK(BinaryCrossentropy{}(Tensor{1.0}, Tensor{0.0})(0) == Approx(-std::log(1e-7)).epsilon(1e-3));
  check_values(
      BinaryCrossentropy{.from_logits = true, .label_smoothing = 0.2}(Tensor{1}, Tensor{0.3}),
      {want(0.9, 0.3)});
  CHECK_THROWS_WITH_AS(Loss(BinaryCrossentropy{.label_smoothing = 1}),
                       "BinaryCrossentropy: label_smoothing must be in [0, 1) (got 1)", ValueError);
}

TEST_CASE("sparse categorical crossentropy from probabilities and from logits") {
  const Tensor y{2, 0}, z{{1, 2, 3}, {0, 0, 0}};
  const double first = std::log(std::exp(-2) + std::exp(-1) + 1);
  check_values(SparseCategoricalCrossentropy{.from_logits = true}(y, z), {first, std::log(3)});
  check_values(SparseCategoricalCrossentropy{}(y, softmax(z)), {first, std::log(3)});
  check_values(SparseCategoricalCrossentropy{}(y, 5 * softmax(z)), {first, std::log(3)});
  check_values(SparseCategoricalCrossentropy{.from_logits = true}(Tensor{{2}, {0}}, z),
               {first, std::log(3)});
  const Tensor far{{1000, 0, -1000}, {0, 0, 0}};
  CHECK(SparseCategoricalCrossentropy{.from_logits = true}(y, far)(0) == 2000);
}

TEST_CASE("targets that are no class or no probability are named by their row") {
  const SparseCategoricalCrossentropy sparse;
  for (const double bad : {3.0, -1.0, 1.5})
    CHECK_THROWS_WITH_AS(
        sparse.check_targets(Tensor{0, bad, 2}, Shape{1, 3}),
        Contains(fmt::format("y[1]={} is not a class index in [0,3)", bad).c_str()), ValueError);
  CHECK_THROWS_AS(sparse(Tensor{7}, Tensor{{1, 2, 3}}), ValueError);
  CHECK_THROWS_WITH_AS(BinaryCrossentropy{}.check_targets(Tensor{0, 2}, Shape{1, 1}),
                       "BinaryCrossentropy: y[1] must be in [0, 1] (got 2)", ValueError);
}

TEST_CASE("gradients of the losses agree with differences") {
  Random random(3);
  const Tensor z = Tensor::uniform({4, 3}, -2, 2, random),
               y = Tensor::uniform({4, 3}, 0.1, 0.9, random);
  const Tensor classes{0, 2, 1, 1};
  const auto agrees = [&](const Loss& loss, const Tensor& target, bool probabilities) {
    return check_gradients(
               [&](std::span<const Tensor> in) {
                 return loss(target, probabilities ? softmax(in[0]) : in[0]);
               },
               {z})
        .ok;
  };
  CHECK(agrees(MeanSquaredError{}, y, false));
  CHECK(agrees(MeanAbsoluteError{}, y + 10, false));
  CHECK(agrees(BinaryCrossentropy{.from_logits = true, .label_smoothing = 0.1}, y, false));
  CHECK(agrees(BinaryCrossentropy{}, y, true));
  CHECK(agrees(SparseCategoricalCrossentropy{.from_logits = true}, classes, false));
  CHECK(agrees(SparseCategoricalCrossentropy{}, classes, true));
}

TEST_CASE("accuracy follows the shapes as in Keras") {
  const Accuracy accuracy;
  check_values(accuracy(Tensor{{1}, {0}, {1}}, Tensor{{0.6}, {0.5}, {0.4}}), {1, 1, 0});
  check_values(accuracy(Tensor{2, 0, 1}, Tensor{{0, 0, 1}, {1, 1, 0}, {1, 0, 0}}), {1, 1, 0});
  check_values(accuracy(Tensor{{2}, {0}}, Tensor{{0, 0, 1}, {0, 1, 0}}), {1, 0});
  check_values(accuracy(Tensor{{0, 0, 1}, {1, 0, 0}}, Tensor{{0, 0, 1}, {0, 1, 0}}), {1, 0});
  CHECK_THROWS_AS(accuracy(Tensor::zeros({3, 2}), Tensor::zeros({3, 4})), ShapeError);
  CHECK_THROWS_AS(accuracy(Tensor::zeros({2}), Tensor::zeros({3, 4})), ShapeError);
}

TEST_CASE("a metric is named after its struct") {
  CHECK(Metric(Accuracy{}).name() == "accuracy");
  CHECK(Metric(MeanAbsoluteError{}).name() == "mean_absolute_error");
  CHECK(Metric(SparseCategoricalCrossentropy{}).name() == "sparse_categorical_crossentropy");
}

TEST_CASE("binary crossentropy from logits keeps small losses") {
  const BinaryCrossentropy loss{.from_logits = true};
  CHECK(loss(Tensor{1.0}, Tensor{20.0})(0) == Approx(2.0611536e-9));
  CHECK(loss(Tensor{0.0}, Tensor{-20.0})(0) == Approx(2.0611536e-9));
}
