#include <gradus/models/fit_options.h>

#include <cmath>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

Batch rows(std::int64_t start, std::int64_t stop) {
  return {slice(line_x, 0, start, stop), slice(line_y, 0, start, stop)};
}
Dataset data_rows(std::int64_t start, std::int64_t stop) {
  Dataset data;
  data.x = slice(line_x, 0, start, stop);
  data.y = slice(line_y, 0, start, stop);
  return data;
}
/// Batch number i of two per pass.
Batch half(std::int64_t i) { return rows(i % 2 * 2, i % 2 * 2 + 2); }

FitOptions quiet(std::int64_t epochs, std::optional<Extent> steps = {}) {
  return {.epochs = epochs, .verbose = 0, .steps_per_epoch = steps};
}

}  // namespace

TEST_CASE("batches from a callable of any form train as rows do") {
  Sequential expected = line();
  const History h =
      expected.fit(line_x, line_y, {.batch_size = 2, .epochs = 3, .verbose = 0, .shuffle = false});
  const auto check_same = [&](BatchSource source, bool numbered, std::optional<Extent> steps) {
    CHECK(source.numbered() == numbered);
    Sequential model = line();
    const History seen = model.fit(std::move(source), quiet(3, steps));
    CHECK(seen["loss"] == h["loss"]);
    CHECK(same(model.get_weights(), expected.get_weights()));
  };
  check_same(half, true, 2);
  check_same([i = 0]() mutable { return half(i++); }, false, 2);
  // Those that end the epoch themselves: every third call gives nothing.
  check_same(
      [i = 0]() mutable -> std::optional<Batch> {
        const int call = i++;
        if (call % 3 == 2) return std::nullopt;
        return half(call % 3);
      },
      false, {});
  check_same(
      [ended = false](std::int64_t i) mutable -> std::optional<Dataset> {
        if (i > 0 && i % 2 == 0 && !ended) return ended = true, std::nullopt;
        ended = false;
        return data_rows(i % 2 * 2, i % 2 * 2 + 2);
      },
      true, {});
  check_same([](std::int64_t i) { return data_rows(i % 2 * 2, i % 2 * 2 + 2); }, true, 2);
}

TEST_CASE("each fit asks a source for batches by number, from 0") {
  std::vector<std::int64_t> asked;
  const auto source = [&](std::int64_t i) {
    asked.push_back(i);
    return half(i);
  };
  Sequential model = line();
  model.fit(source, quiet(2, 2));
  model.fit(source, quiet(1, 1));
  CHECK(asked == std::vector<std::int64_t>{0, 1, 2, 3, 0});
}

TEST_CASE("batches of a source may differ in size and bring weights") {
  Sequential model = line(0.0);
  const auto source = [](std::int64_t i) -> std::optional<Batch> {
    if (i == 0) return rows(0, 1);
    if (i == 2) return std::nullopt;
    Batch rest = rows(1, 4);
    rest.sample_weight = Tensor{2, 0, 1};
    return rest;
  };
  CHECK(model.fit(source, quiet(1))["loss"][0] == Approx((9 + 2 * 25 + 81) / 4.0));
}

TEST_CASE("a source that ends early ends the epoch, and an empty source is an error") {
  const auto three = [](std::int64_t i) -> std::optional<Batch> {
    if (i >= 3) return std::nullopt;
    return half(i);
  };
  Sequential model = line();
  CHECK(model.fit(three, quiet(1, 100))["loss"].size() == 1);
  CHECK(model.optimizer().iterations() == 3);
  CHECK_THROWS_WITH_AS(model.fit(three, quiet(3, 2)),
                       "fit: the source must give at least one batch (got none)", StateError);
  CHECK(model.history()["loss"].size() == 2);  // two batches, one, none
  CHECK(model.optimizer().iterations() == 6);
  CHECK_THROWS_AS(model.fit([] { return std::optional<Batch>(); }, quiet(1)), StateError);
}

TEST_CASE("a bad batch is refused, and the updates before it stay") {
  const struct {
    const char* what;
    Batch batch;
    const char* text;
  } bad[] = {
      {"rows", {line_x, Tensor{{1}}}, "fit: x and y must have as many rows (x has 4, y has 1)"},
      {"features", {Tensor::ones({2, 3}), Tensor::ones({2, 1})}, "expects 1 features (got 3)"},
      {"nan", {Tensor{{1}, {std::nan("")}}, Tensor::ones({2, 1})}, "x[1][0] is nan"},
      {"targets", {Tensor::ones({2, 1}), Tensor::ones({2, 2})}, "targets of shape (2,2)"},
      {"empty", {Tensor::zeros({0, 1}), Tensor::zeros({0, 1})}, "x is empty"},
      {"weights", {line_x, line_y, Tensor{1, 2}}, "sample_weight must have one number per row"},
      {"nothing", {}, "x is empty"},
  };
  for (const auto& row : bad) {
    CAPTURE(row.what);
    Sequential model = line(), expected = line();
    expected.fit(half, quiet(1, 1));
    const auto source = [&](std::int64_t i) { return i == 0 ? half(0) : row.batch; };
    CHECK_THROWS_WITH_AS(model.fit(source, quiet(1, 2)), Contains(row.text), Error);
    CHECK(model.optimizer().iterations() == 1);
    CHECK(same(model.get_weights(), expected.get_weights()));
    // As the first batch it leaves a model that was never built.
    Sequential fresh = line();
    const auto at_once = [&] { return row.batch; };
    if (std::string(row.what) != "features") CHECK_THROWS_AS(fresh.fit(at_once, quiet(1)), Error);
  }
}

TEST_CASE("an exception of a source passes through fit") {
  struct Mine {};
  Sequential model = line();
  const auto source = [](std::int64_t i) -> Batch {
    if (i == 3) throw Mine();
    return half(i);
  };
  CHECK_THROWS_AS(model.fit(source, quiet(9, 2)), Mine);
  CHECK(model.optimizer().iterations() == 3);
  model.fit(half, quiet(1, 1));
}

TEST_CASE("options that need all rows are refused with a source") {
  Sequential model = line();
  const char* text =
      "fit: validation_split, class_weight, sample_weight and sampling must not come";
  CHECK_THROWS_WITH_AS(model.fit(half, {.validation_split = 0.5}), Contains(text), ValueError);
  CHECK_THROWS_WITH_AS(model.fit(half, {.class_weight = {{0, 1}}}), Contains(text), ValueError);
  CHECK_THROWS_WITH_AS(model.fit(half, {.sample_weight = Tensor{1}}), Contains(text), ValueError);
  CHECK_THROWS_AS(model.fit(half, {.epochs = -1}), ValueError);
  CHECK_THROWS_AS((Sequential{Dense{.units = 1}}.fit(half, quiet(1))), StateError);
  FitOptions validated = quiet(2, 2);
  validated.validation_data = rows(0, 4);
  CHECK(model.fit(half, validated)["val_loss"].size() == 2);
}

TEST_CASE("a model built by the first batch of a source finds the parameters that options name") {
  // The optimizer must wait for the weights before it looks for these.
  const auto loss = [](const Tensor&, const Tensor& y_pred) { return mean(y_pred, {.axis = 1}); };
  Sequential model{Dense{.units = 1, .kernel_initializer = Ones{}, .bias_initializer = Ones{}}};
  model.compile({.optimizer = Optimizer(SGD{.learning_rate = 1, .momentum = 0.5},
                                        {.weight_decay = 0.5,
                                         .exclude_from_weight_decay = {"bias"},
                                         .learning_rate_multipliers = {{"kernel", 0.5}}}),
                 .loss = loss});
  const Batch one{Tensor{{1}}, Tensor{{1}}};
  model.fit([&] { return one; }, quiet(1, 1));
  CHECK(model.get_weights()[0](0, 0) == Approx(1 - 0.25 - 0.5));
  CHECK(model.get_weights()[1](0) == Approx(0));
  std::vector<std::string> names;
  model.optimizer().state(
      [&](const std::string& name, auto, const Shape&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"dense/kernel/momentum", "dense/bias/momentum"});
}
