#include <gradus/models/losses.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/core/check_gradients.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

void check_values(const Tensor& got, std::initializer_list<double> want) {
  REQUIRE(got.shape() == Shape{want.size()});
  std::size_t i = 0;
  for (const double w : want) CHECK(got.values()[i++] == Approx(w).epsilon(1e-6));
}

/// A user's loss: targets must have the outputs' shape, and rows with target 0 do not count.
struct Positive {
  static constexpr bool like_outputs = true;
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const {
    return square(y_true - y_pred);
  }
  Tensor counted(const Tensor& y_true) const { return where(y_true, 1, 0); }
};

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
  // For large inputs, logits stay exact and probabilities are cut.
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

TEST_CASE("a target that is not a class or a probability is named by its row") {
  const SparseCategoricalCrossentropy sparse;
  for (const double bad : {3.0, -1.0, 1.5})
    CHECK_THROWS_WITH_AS(
        sparse.check_targets(Tensor{0, bad, 2}, Shape{1, 3}),
        Contains(fmt::format("y[1]={} is not a class index in [0,3)", bad).c_str()), ValueError);
  CHECK_THROWS_AS(sparse(Tensor{7}, Tensor{{1, 2, 3}}), ValueError);
  CHECK_THROWS_WITH_AS(Loss(BinaryCrossentropy{}).check_targets(Tensor{0, 2}, Shape{1, 1}),
                       "BinaryCrossentropy: y[1] must be in [0, 1] (got 2)", ValueError);
}

TEST_CASE("binary crossentropy from logits keeps small losses") {
  const BinaryCrossentropy loss{.from_logits = true};
  CHECK(loss(Tensor{1.0}, Tensor{20.0})(0) == Approx(2.0611536e-9));
  CHECK(loss(Tensor{0.0}, Tensor{-20.0})(0) == Approx(2.0611536e-9));
}

TEST_CASE("losses of numbers, worked out by hand") {
  const Tensor y{{1, 2}}, p{{1.5, -1}};
  check_values(MeanAbsolutePercentageError{}(y, p), {100 * (0.5 + 1.5) / 2});
  check_values(MeanAbsolutePercentageError{}(Tensor{0}, Tensor{1}), {1e9});
  check_values(
      MeanSquaredLogarithmicError{}(y, p),
      {(std::pow(std::log(2.5 / 2), 2) + std::pow(std::log(1e-7 + 1) - std::log(3), 2)) / 2});
  check_values(Huber{}(y, p), {(0.125 + 2.5) / 2});
  check_values(Huber{.delta = 2}(y, p), {(0.125 + 4) / 2});
  check_values(LogCosh{}(y, p), {(std::log(std::cosh(0.5)) + std::log(std::cosh(3))) / 2});
  check_values(LogCosh{}(Tensor{0}, Tensor{-1000}), {1000 - std::log(2)});
  check_values(Poisson{}(Tensor{{1, 2}}, Tensor{{1.5, 4}}),
               {(1.5 - std::log(1.5) + 4 - 2 * std::log(4)) / 2});
  check_values(CosineSimilarity{}(Tensor{{1, 0}, {3, 4}, {0, 0}}, Tensor{{0, 2}, {6, 8}, {1, 1}}),
               {0, -1, 0});
}

TEST_CASE("losses of margins, probabilities and overlaps, worked out by hand") {
  check_values(Hinge{}(Tensor{{-1, 1}}, Tensor{{0.5, 0.25}}), {(1.5 + 0.75) / 2});
  check_values(Hinge{}(Tensor{{0, 1}}, Tensor{{0.5, 0.25}}), {(1.5 + 0.75) / 2});
  check_values(SquaredHinge{}(Tensor{{-1, 1}}, Tensor{{0.5, 3}}), {1.5 * 1.5 / 2});
  check_values(CategoricalHinge{}(Tensor{{0, 1, 0}}, Tensor{{0.5, 1, 0.75}}), {0.75});
  const Tensor hot{{0, 1}}, p{{0.25, 0.75}};
  check_values(CategoricalCrossentropy{}(hot, p), {-std::log(0.75)});
  check_values(CategoricalCrossentropy{.label_smoothing = 0.2}(hot, p),
               {-0.1 * std::log(0.25) - 0.9 * std::log(0.75)});
  check_values(CategoricalFocalCrossentropy{}(hot, p), {-0.25 * 0.0625 * std::log(0.75)});
  check_values(BinaryFocalCrossentropy{}(Tensor{1, 0}, Tensor{0.75, 0.75}),
               {-0.0625 * std::log(0.75), -0.5625 * std::log(0.25)});
  check_values(BinaryFocalCrossentropy{.apply_class_balancing = true}(Tensor{1}, Tensor{0.75}),
               {-0.25 * 0.0625 * std::log(0.75)});
  check_values(CategoricalGeneralizedCrossEntropy{.q = 0.5}(Tensor{1}, Tensor{{0.36, 0.64}}),
               {(1 - 0.8) / 0.5});
  check_values(KLDivergence{}(Tensor{{0.5, 0.5}}, p),
               {0.5 * std::log(2) + 0.5 * std::log(0.5 / 0.75)});
  const Tensor marked{{1, 0}, {1, 1}}, found{{0.5, 0.5}, {1, 0}};
  CHECK(Dice{}(marked, found).item() == Approx(1 - 3.0 / 5));
  check_values(Dice{.axis = 1}(marked, found), {1 - 1.0 / 2, 1 - 2.0 / 3});
  CHECK(Tversky{.alpha = 1, .beta = 3}(marked, found).item() ==
        Approx(1 - 1.5 / (1.5 + 0.5 + 4.5)));
}

TEST_CASE("large logits give finite losses and gradients") {
  const Tensor z = parameter({{1000, -1000, 0}}), y{{0, 1, 0}};
  for (const Loss& loss : {Loss(CategoricalCrossentropy{.from_logits = true}),
                           Loss(CategoricalFocalCrossentropy{.gamma = 0.5, .from_logits = true}),
                           Loss(BinaryCrossentropy{.from_logits = true}),
                           Loss(BinaryFocalCrossentropy{.gamma = 0.5, .from_logits = true})}) {
    const Tensor value = loss.reduced(y, z);
    CHECK_MESSAGE(value.item() > 100, loss.type());
    value.backward();
    CHECK_MESSAGE(z.grad()(0, 1) < 0, loss.type());  // still pulled the right way
    const Tensor slopes = z.grad();
    for (const Scalar slope : slopes.values()) CHECK_MESSAGE(std::isfinite(slope), loss.type());
    z.zero_grad();
  }
}

TEST_CASE("the gradients of losses agree with finite differences") {
  Random random(3);
  const Tensor z = Tensor::uniform({4, 3}, -2, 2, random);
  const Tensor y = softmax(Tensor::uniform({4, 3}, -1, 1, random));
  const Tensor hot{{0, 1, 0}, {1, 0, 0}, {0, 0, 1}, {0, 1, 0}}, classes{0, 2, 1, 1};
  const Tensor off_margins{{1.5, 1.6, 0.3}, {-1.3, 0.6, -1.4}, {0.2, 1.7, -0.5}, {-0.3, 0.4, 1.9}};
  const auto check_at = [](const Tensor& x, const Loss& loss, const Tensor& target,
                           bool probabilities) {
    const auto f = [&](std::span<const Tensor> in) {
      return loss(target, probabilities ? softmax(in[0]) : in[0]);
    };
    CHECK_MESSAGE(check_gradients(f, {x}).ok, loss.type());
  };
  const auto check = [&](const Loss& loss, const Tensor& target, bool probabilities) {
    check_at(z, loss, target, probabilities);
  };
  for (const Loss& loss : {Loss(MeanSquaredError{}), Loss(MeanAbsoluteError{}),
                           Loss(MeanAbsolutePercentageError{}), Loss(Huber{.delta = 4}),
                           Loss(Huber{.delta = 12}), Loss(LogCosh{}), Loss(CosineSimilarity{})})
    check(loss, y + 10, false);
  for (const Loss& loss :
       {Loss(MeanSquaredLogarithmicError{}), Loss(Poisson{}), Loss(BinaryCrossentropy{}),
        Loss(BinaryFocalCrossentropy{.apply_class_balancing = true, .gamma = 1.5}),
        Loss(CategoricalCrossentropy{.label_smoothing = 0.1}), Loss(CategoricalFocalCrossentropy{}),
        Loss(KLDivergence{}), Loss(Dice{}), Loss(Dice{.axis = 1}), Loss(Tversky{.alpha = 0.2})})
    check(loss, y, true);
  for (const Loss& loss : {Loss(BinaryCrossentropy{.from_logits = true, .label_smoothing = 0.1}),
                           Loss(BinaryFocalCrossentropy{.from_logits = true}),
                           Loss(CategoricalCrossentropy{.from_logits = true}),
                           Loss(CategoricalFocalCrossentropy{.gamma = 1, .from_logits = true})})
    check(loss, y, false);
  for (const Loss& loss : {Loss(Hinge{}), Loss(SquaredHinge{}), Loss(CategoricalHinge{})})
    check_at(off_margins, loss, hot, false);
  check(SparseCategoricalCrossentropy{.from_logits = true}, classes, false);
  check(SparseCategoricalCrossentropy{.from_logits = true, .ignore_class = 1}, classes, false);
  check(SparseCategoricalCrossentropy{.ignore_class = 2}, classes, true);
  check(SparseCategoricalCrossentropy{}, classes, true);
  check(CategoricalGeneralizedCrossEntropy{.q = 0.7}, classes, true);
}

TEST_CASE("hinge losses refuse targets whose meaning depends on the batch") {
  const Shape outputs{3, 1};
  for (const Loss& loss : {Loss(Hinge{}), Loss(SquaredHinge{})}) {
    for (const Tensor& y :
         {Tensor{{-1}, {1}, {-1}}, Tensor{{0}, {1}, {0}}, Tensor{{-1}, {0.5}, {2}}})
      CHECK_NOTHROW(loss.check_targets(y, outputs));
    for (const Tensor& y : {Tensor{{0}, {-1}, {1}}, Tensor{{0}, {0.5}, {1}}, Tensor{{2}, {0}, {1}}})
      CHECK_THROWS_AS(loss.check_targets(y, outputs), ValueError);
  }
}

TEST_CASE("a loss is reduced by its option, with sample weights") {
  const Tensor y{0, 0, 0}, p{1, 2, 3}, w{2, 0, 1}, none, zero{0, 0, 0};
  using R = LossReduction;
  struct Case {
    R reduction;
    const Tensor* weights;
    double want;
  };
  for (const Case& c : {Case{R::sum_over_batch_size, &none, 14.0 / 3},
                        {R::sum_over_batch_size, &w, 11.0 / 3},
                        {R::mean, &w, 11.0 / 3},
                        {R::sum, &none, 14},
                        {R::sum, &w, 11},
                        {R::mean_with_sample_weight, &none, 14.0 / 3},
                        {R::mean_with_sample_weight, &w, 11.0 / 3},
                        {R::mean_with_sample_weight, &zero, 0}})
    CHECK(Loss(MeanSquaredError{}, {.reduction = c.reduction}).reduced(y, p, *c.weights).item() ==
          Approx(c.want));
  check_values(Loss(MeanSquaredError{}, {.reduction = R::none}).reduced(y, p, w), {2, 0, 9});
  CHECK(Loss(MeanSquaredError{}).reduced(y, p, reshape(w, {3, 1})).item() == Approx(11.0 / 3));
  CHECK(Loss(MeanSquaredError{}, {.reduction = R::mean_with_sample_weight})
            .reduced(y, p, Tensor{1, 0, 0.5})
            .item() == Approx(5.5 / 1.5));
  CHECK_THROWS_WITH_AS(Loss(MeanSquaredError{}).reduced(y, p, Tensor{1, 2}),
                       "Loss: sample_weight must have shape (3) or (3,1) (got (2))", ShapeError);
}

TEST_CASE("one value in all takes no sample weights") {
  const Loss whole = [](const Tensor& y_true, const Tensor& y_pred) {
    return sum(square(y_pred - y_true));
  };
  const Tensor y{0, 0}, p{1, 2};
  CHECK(whole.reduced(y, p).item() == 5);
  CHECK_THROWS_WITH_AS(whole.reduced(y, p, Tensor{1, 1}),
                       Contains("sample weights need a loss with one value per row"), StateError);
  CHECK_THROWS_AS(Loss(Dice{}).reduced(y, p, Tensor{1, 1}), StateError);
  CHECK(Loss(Dice{.axis = 1}).reduced(Tensor{{1}}, Tensor{{1}}, Tensor{2}).item() ==
        Approx(0).epsilon(1e-6));
}

TEST_CASE("rows of an ignored class are left out of sum and count") {
  const SparseCategoricalCrossentropy loss{.from_logits = true, .ignore_class = -1};
  const Tensor y{1, -1, 0}, z{{0, 0}, {500, -500}, {0, 0}};
  check_values(loss(y, z), {std::log(2), 0, std::log(2)});
  CHECK(Loss(loss).reduced(y, z).item() == Approx(std::log(2)));
  CHECK(Loss(loss).reduced(y, z, Tensor{4, 100, 0}).item() == Approx(2 * std::log(2)));
  CHECK(Loss(loss, {.reduction = LossReduction::mean_with_sample_weight})
            .reduced(y, z, Tensor{4, 100, 1})
            .item() == Approx(std::log(2)));
  CHECK(Loss(loss).reduced(Tensor{-1}, Tensor{{1, 2}}).item() == 0);
  loss.check_targets(y, Shape{1, 2});
  CHECK_THROWS_AS(loss.check_targets(Tensor{-2}, Shape{1, 2}), ValueError);
  const SparseCategoricalCrossentropy probabilities{.ignore_class = 2};
  const Tensor dead = parameter({{0, 0}, {0.5, 0.5}});  // 0 / 0 in the row that does not count
  const Tensor value = Loss(probabilities).reduced(Tensor{2, 1}, dead);
  CHECK(value.item() == Approx(std::log(2)));
  value.backward();
  CHECK(dead.grad()(0, 0) == 0);
}

TEST_CASE("bad options of losses are refused where they are given") {
  const auto text = [](auto loss) {
    try {
      const Loss made = loss;
    } catch (const ValueError& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  CHECK(text(Huber{.delta = 0}) == "Huber: delta must be finite and > 0 (got 0)");
  CHECK(text(Huber{.delta = -1}) == "Huber: delta must be finite and > 0 (got -1)");
  CHECK(text(Huber{.delta = std::nan("")}) == "Huber: delta must be finite and > 0 (got nan)");
  for (const double s : {-0.1, 1.0, 7.0}) {
    CHECK(text(BinaryCrossentropy{.label_smoothing = s}) ==
          fmt::format("BinaryCrossentropy: label_smoothing must be in [0, 1) (got {})", s));
    CHECK(text(CategoricalCrossentropy{.label_smoothing = s}) ==
          fmt::format("CategoricalCrossentropy: label_smoothing must be in [0, 1) (got {})", s));
    CHECK(text(BinaryFocalCrossentropy{.label_smoothing = s}) != "accepted");
    CHECK(text(CategoricalFocalCrossentropy{.label_smoothing = s}) != "accepted");
    CHECK(text(CategoricalGeneralizedCrossEntropy{.q = s}) ==
          fmt::format("CategoricalGeneralizedCrossEntropy: q must be in (0, 1) (got {})", s));
  }
  CHECK(text(BinaryFocalCrossentropy{.alpha = 2}) != "accepted");
  CHECK(text(CategoricalFocalCrossentropy{.gamma = -1}) != "accepted");
  CHECK(text(Tversky{.beta = -1}) == "Tversky: beta must be finite and >= 0 (got -1)");
}

TEST_CASE("a target that is not a distribution is named by its row") {
  const auto text = [](const Loss& loss, const Tensor& y, const Shape& outputs) {
    try {
      loss.check_targets(y, outputs);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  const Loss loss = CategoricalCrossentropy{}, focal = CategoricalFocalCrossentropy{};
  const Shape outputs{1, 3};
  CHECK(text(loss, Tensor{{1, 0, 0}, {0.2, 0.5, 0.3}, {0.333, 0.333, 0.333}}, outputs) ==
        "accepted");
  for (const double off : {-0.0019, 0.0019, -0.0021, 0.0021})
    CHECK((text(loss, Tensor{{0.5, 0.4, 0.1 + off}}, outputs) == "accepted") ==
          (std::abs(off) < 0.002));
  CHECK(text(loss, Tensor{{1, 0, 0}, {1, 1, 0}}, outputs) ==
        "CategoricalCrossentropy: y[1] must sum to 1 (got 2)");
  CHECK(text(focal, Tensor{{0, 0, 0}}, outputs) ==
        "CategoricalFocalCrossentropy: y[0] must sum to 1 (got 0)");
  CHECK(text(loss, Tensor{{1, 0, 0}, {2, -1, 0}}, outputs) ==
        "CategoricalCrossentropy: y[1][0] must be in [0, 1] (got 2)");
  CHECK(text(loss, Tensor{{1, 0}}, outputs) ==
        "CategoricalCrossentropy: targets of shape (1,2) must fit outputs of shape (1,3)");
  CHECK(text(BinaryCrossentropy{}, Tensor{{0, 1}, {1, 1.5}}, Shape{1, 2}) ==
        "BinaryCrossentropy: y[1][1] must be in [0, 1] (got 1.5)");
  CHECK(text(BinaryFocalCrossentropy{}, Tensor{-0.5}, Shape{1, 1}) ==
        "BinaryFocalCrossentropy: y[0] must be in [0, 1] (got -0.5)");
  CHECK(text(CategoricalGeneralizedCrossEntropy{}, Tensor{3}, outputs) ==
        "CategoricalGeneralizedCrossEntropy: y[0]=3 is not a class index in [0,3)");
  CHECK(text(Huber{}, Tensor{{1, 2}}, outputs) ==
        "Huber: targets of shape (1,2) must fit outputs of shape (1,3)");
}

TEST_CASE("a user's loss may require the outputs' shape and leave rows out") {
  const Loss loss = Positive{};
  CHECK_THROWS_AS(loss.check_targets(Tensor{1, 2}, Shape{1, 3}), ShapeError);
  CHECK(loss.reduced(Tensor{1, 0, 2}, Tensor{3, 50, 0}).item() == 4);
  CHECK(loss.type() == "Positive");
}
