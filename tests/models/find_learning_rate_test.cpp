#include <gradus/models/find_learning_rate.h>

#include <cmath>
#include <fstream>

#include <gradus/models/dataset.h>
#include <gradus/models/normalization.h>
#include <gradus/models/read_csv.h>
#include <gradus/optim/adam.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;

/// The test on a model whose batches have these losses.
RateTest on_losses(const Numbers& losses, FindOptions options) {
  options.steps = std::ssize(losses);
  options.start = 1e-3;
  options.end = 10;
  options.all_rows = 0;
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
  // The first 2 of 28 losses do not count. A third of the fall from 10 to 0.5 is done at 6.83, so
  // at number 8. The window is 2 updates long and falls most from number 6 to 8. What follows
  // number 15 has larger falls, which reach no new low.
  const Numbers losses{12, 11, 10, 3, 10, 10, 9, 8, 5,  4.5, 4, 3, 2, 1.5,
                       1,  .5, 1,  2, 3,  40, 5, 6, 30, 7,   9, 1, 2, 0.75};
  REQUIRE(losses.size() == 28);
  const RateTest test = on_losses(losses, {.stop_factor = 100, .smoothing = 0});
  CHECK(test.losses == losses);
  CHECK(test.smoothed == losses);
  CHECK(test.rows == 0);
  CHECK(test.valley == Approx(rate(8, 28)));
  CHECK(test.steep == Approx(rate(7, 28)));
  CHECK(test.minimum == Approx(rate(15, 28) / 10));
}

TEST_CASE("a loss that never falls has no marks") {
  const RateTest test = on_losses(Numbers(20, 1), {});
  CHECK(test.valley == 0);
  CHECK(test.steep == 0);
  CHECK(test.minimum == 0);
}

TEST_CASE("losses are those of evaluate() on at most all_rows rows, before each update") {
  Sequential model = line();
  const std::int64_t rows = line_x.shape()[0];
  const RateTest all = find_learning_rate(model, line_x, line_y, {.all_rows = rows});
  CHECK(all.rows == rows);
  CHECK(all.smoothed == all.losses);
  CHECK(all.losses[0] == model.evaluate(line_x, line_y).loss);
  CHECK(all.losses[1] < all.losses[0]);
  const Tensor x = concat(std::vector<Tensor>(500, line_x), 0);  // a pattern of four rows
  const Tensor y = concat(std::vector<Tensor>(500, line_y), 0);
  const RateTest some = find_learning_rate(model, x, y);
  CHECK(some.rows == 1000);
  CHECK(some.losses[0] == Approx(all.losses[0]).epsilon(0.1));
  CHECK(some.losses[0] != all.losses[0]);
  const RateTest batches =
      find_learning_rate(model, line_x, line_y, {.batch_size = 2, .all_rows = 0});
  CHECK(batches.rows == 0);
  CHECK(batches.losses != all.losses);
}

TEST_CASE("an outlier in a large table neither ends the test nor moves its marks far") {
  const Dataset data = make_line({.rows = 5000});
  std::vector<double> targets(data.y.values().begin(), data.y.values().end());
  for (std::size_t i = 7; i < targets.size(); i += 500) targets[i] += 60;
  const RateTest clean = find_learning_rate(line(), data.x, data.y);
  const RateTest test =
      find_learning_rate(line(), data.x, ExactTensor::from_doubles({5000, 1}, targets));
  CHECK(test.rows == 1000);
  CHECK(test.valley > clean.valley / 10);
  CHECK(test.valley < clean.valley * 3);
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
  losses[15] = 0.01;
  losses[20] = 3.01;
  losses[25] = 3.5;
  RateTest test = on_losses(losses, {.smoothing = 0});
  CHECK(test.diverged);
  CHECK(test.losses.size() == 26);  // 3.01 is not above 0.01 by more than 3 times the first loss
  losses[10] = std::nan("");
  test = on_losses(losses, {.smoothing = 0});
  CHECK(test.diverged);
  CHECK(test.losses.size() == 10);
}

TEST_CASE("losses that jump about near 0 have not diverged") {
  Numbers losses(20, 1e-30);
  for (std::size_t i = 1; i < 20; i += 3) losses[i] = 1e-26;
  CHECK_FALSE(on_losses(losses, {.smoothing = 0}).diverged);
  losses[0] = 1;
  CHECK_FALSE(on_losses(losses, {.smoothing = 0}).diverged);
}

TEST_CASE("a loss below 0 has not diverged") {
  Numbers losses(20, -1);
  losses[3] = -1.5;
  CHECK_FALSE(on_losses(losses, {.smoothing = 0}).diverged);
  losses[10] = 1.6;  // above -1.5 by more than 3 times 1
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

TEST_CASE("training at the marks reaches most of what the best constant rate reaches, 20 seeds") {
  struct Case {
    std::string what;
    Dataset (*make)(std::uint64_t seed);
    std::int64_t hidden, outputs;
    Loss loss;
    Optimizer optimizer;
  };
  const Loss two = BinaryCrossentropy{.from_logits = true};
  const Loss many = SparseCategoricalCrossentropy{.from_logits = true};
  const auto moons = [](std::uint64_t seed) { return make_moons({.rows = 200, .seed = seed}); };
  const Case cases[] = {
      {"line", [](std::uint64_t s) { return make_line({.rows = 200, .seed = s}); }, 0, 1,
       MeanSquaredError{}, SGD{}},
      {"moons", moons, 16, 1, two, SGD{}},
      {"moons, adam", moons, 16, 1, two, Adam{}},
      {"spirals, adam", [](std::uint64_t s) { return make_spirals({.rows = 200, .seed = s}); }, 16,
       1, two, Adam{}},
      {"iris",
       [](std::uint64_t) {
         const std::string path = data_files::shared("iris.csv");
         if (path.empty()) return make_blobs({.rows = 150});
         Dataset data = read_csv(path, {.label = "species"});
         data.x = standardization(data.x)(data.x);
         return data;
       },
       16, 3, many, SGD{}},
  };
  for (const Case& c : cases) {
    int good_valley = 0, good_peak = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Dataset data = c.make(seed);
      const auto model_with = [&](const Schedule& rate) {
        std::vector<Layer> layers;
        for (int i = 0; i < 2 && c.hidden > 0; ++i)
          layers.push_back(Dense{.units = c.hidden, .activation = relu});
        layers.push_back(Dense{.units = c.outputs});
        Sequential model(layers);
        Optimizer optimizer = c.optimizer;
        optimizer.set_learning_rate(rate);
        model.compile({.optimizer = optimizer, .loss = c.loss, .seed = seed});
        return model;
      };
      const auto loss = [&](double rate, std::int64_t epochs) {
        Sequential model = model_with(rate);
        if (epochs > 0)
          model.fit(data.x, data.y, {.epochs = epochs, .verbose = 0, .terminate_on_nan = true});
        return model.evaluate(data.x, data.y).loss;
      };
      const RateTest test = find_learning_rate(model_with(1), data.x, data.y);
      REQUIRE(test.rows == std::min<std::int64_t>(data.x.shape()[0], 1000));
      CHECK_MESSAGE(test.steep > test.valley / 3, c.what);
      CHECK_MESSAGE(test.steep < test.minimum * 30, c.what);
      double best = loss(0.001, 30);
      for (double rate = 0.004; rate < 5; rate *= 4) best = std::fmin(best, loss(rate, 30));
      const double enough = 0.65 * best + 0.35 * loss(0, 0);
      good_valley += loss(test.valley, 30) <= enough;
      good_peak += loss(std::fmax(test.valley, test.minimum), 30) <= enough;
    }
    CHECK_MESSAGE(good_valley >= 17, c.what);
    CHECK_MESSAGE(good_peak >= 17, c.what);
  }
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
