#include <gradus/models/find_learning_rate.h>

#include <cmath>
#include <fstream>

#include <gradus/models/normalization.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;

/// The test on a model whose losses are these.
RateTest on_losses(const Numbers& losses, FindOptions options) {
  options.steps = std::ssize(losses);
  options.start = 1e-3;
  options.end = 10;
  return find_learning_rate(scripted(losses), one_row, one_row, options);
}

double rate(std::size_t i, std::size_t steps) {
  return 1e-3 * std::pow(1e4, static_cast<double>(i) / static_cast<double>(steps - 1));
}

}  // namespace

TEST_CASE("the rate rises exponentially from start to end, one update each") {
  const RateTest test = on_losses(Numbers(20, 1), {});
  REQUIRE(test.rates.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(test.rates[i] == Approx(rate(i, 20)).epsilon(1e-12));
  CHECK(test.losses == Numbers(20, 1));
  CHECK_FALSE(test.diverged);
}

TEST_CASE("valley, steep and minimum of a curve written by hand") {
  // 28 losses; the first 2 and the last 5 do not count. Of the 21 others the longest fall is from
  // the fourth on, 11 long: its middle is the eighth. Number 6 to 7 is the steepest step, and the
  // least is the 14th.
  const Numbers losses{12, 11, 10, 10, 10, 10, 9, 8, 5, 4.5,  4,   3,     2,    1.5,
                       1,  .5, 1,  2,  3,  4,  5, 6, 7, .375, .25, .1875, .125, .0625};
  REQUIRE(losses.size() == 28);
  const RateTest test = on_losses(losses, {.stop_factor = 100, .smoothing = 0});
  CHECK(test.losses == losses);
  CHECK(test.smoothed == losses);
  CHECK(test.valley == Approx(rate(2 + 7, 28)));
  CHECK(test.steep == Approx(rate(2 + 5, 28)));
  CHECK(test.minimum == Approx(rate(2 + 13, 28) / 10));
}

TEST_CASE("losses are smoothed with weights that sum to 1") {
  Numbers losses(16, 8);
  losses[0] = 4;
  losses[1] = 2;
  const RateTest test = on_losses(losses, {.stop_factor = 100, .smoothing = 0.5});
  CHECK(test.smoothed[0] == 4);
  CHECK(test.smoothed[1] == Approx((0.5 * 4 + 2) / 1.5));
  CHECK(test.smoothed[2] == Approx((0.25 * 4 + 0.5 * 2 + 8) / 1.75));
}

TEST_CASE("the test ends when the loss diverges or is nan") {
  Numbers losses(30, 1);
  losses[20] = 4;
  losses[25] = 4.5;
  RateTest test = on_losses(losses, {.smoothing = 0});
  CHECK(test.diverged);
  CHECK(test.losses.size() == 26);  // 4 is not above 4 times 1
  losses[10] = std::nan("");
  test = on_losses(losses, {.smoothing = 0});
  CHECK(test.diverged);
  CHECK(test.losses.size() == 10);
  CHECK(test.valley > 0);
  losses[7] = 9;  // too short for marks: 8 losses, none left between the tenth and the last five
  test = on_losses(losses, {.smoothing = 0});
  CHECK(test.losses.size() == 8);
  CHECK(test.valley > 0);
  losses[6] = 9;
  CHECK(on_losses(losses, {.smoothing = 0}).valley == 0);
}

TEST_CASE("a loss below 0 has not diverged") {
  Numbers losses(20, -1);
  losses[3] = -1.5;
  CHECK_FALSE(on_losses(losses, {.smoothing = 0}).diverged);
  losses[10] = 4;  // above -1.5 by more than 3 times 1.5
  CHECK(on_losses(losses, {.smoothing = 0}).losses.size() == 11);
}

TEST_CASE("the model, its optimizer and its counters stay as they are, bit for bit") {
  const data_files::Folder folder;
  const auto bytes = [&](const Sequential& model) {
    model.save(folder.path("model"));
    std::ifstream file(folder.path("model"), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  Sequential model{Dense{.units = 4}, BatchNormalization{}, Dropout{.rate = 0.5},
                   Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 0.01, .momentum = 0.9},
                 .loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}}});
  model.fit(line_x, line_y, {.batch_size = 3, .epochs = 2, .verbose = 0});
  const std::string before = bytes(model);
  const RateTest first = find_learning_rate(model, line_x, line_y, {.batch_size = 2});
  CHECK(bytes(model) == before);
  const RateTest second = find_learning_rate(model, line_x, line_y, {.batch_size = 2});
  CHECK(first.losses == second.losses);
  CHECK(first.rates[0] == 1e-7);
  Sequential fresh = line();  // not built, and still not afterwards
  find_learning_rate(fresh, line_x, line_y);
  CHECK_THROWS_AS(fresh.weights(), StateError);
}

TEST_CASE("with gradient accumulation the rate rises once per update") {
  Sequential model = line();
  model.compile(
      {.optimizer = Optimizer(SGD{.learning_rate = 0.01}, {.gradient_accumulation_steps = 3}),
       .loss = MeanSquaredError{}});
  const RateTest test = find_learning_rate(
      model, line_x, line_y, {.start = 1e-6, .end = 1e-3, .steps = 20, .batch_size = 2});
  REQUIRE(test.rates.size() == 20);
  CHECK_FALSE(test.diverged);
  for (std::size_t i = 0; i < 20; ++i)
    CHECK(test.rates[i] / (1e-6 * std::pow(1e3, static_cast<double>(i) / 19)) == Approx(1));
  CHECK(test.valley > 0);
}

TEST_CASE("on a line it finds a rate that trains") {
  Sequential model = line();
  const RateTest test = find_learning_rate(model, line_x, line_y);
  CHECK(test.diverged);  // the line's updates run away above 2 / 16
  for (const double mark : {test.valley, test.steep, test.minimum}) {
    CHECK(mark > 1e-4);
    CHECK(mark < 0.13);
  }
  model.optimizer().set_learning_rate(test.valley);
  CHECK(model.fit(line_x, line_y, {.epochs = 200, .verbose = 0})["loss"].back() < 10);
}

TEST_CASE("bad options of the range test are refused") {
  const Sequential model = line();
  const auto find = [&](FindOptions options) {
    find_learning_rate(model, line_x, line_y, options);
  };
  const double none = std::nan("");
  for (const double start : {0.0, -1.0, none})
    CHECK_THROWS_WITH_AS(find({.start = start}),
                         Contains("find_learning_rate: start must be finite and > 0"), ValueError);
  for (const double end : {1e-7, 0.0, none})
    CHECK_THROWS_WITH_AS(find({.end = end}), Contains("end must be finite and above start 1e-07"),
                         ValueError);
  CHECK_THROWS_WITH_AS(find({.steps = 15}), "find_learning_rate: steps must be >= 16 (got 15)",
                       ValueError);
  CHECK_THROWS_WITH_AS(find({.batch_size = 0}),
                       "find_learning_rate: batch_size must be >= 1 (got 0)", ValueError);
  CHECK_THROWS_AS(find({.stop_factor = 1}), ValueError);
  for (const double smoothing : {-0.1, 1.0, none})
    CHECK_THROWS_AS(find({.smoothing = smoothing}), ValueError);
  CHECK_THROWS_AS(find_learning_rate(Sequential{Dense{.units = 1}}, line_x, line_y), StateError);
}
