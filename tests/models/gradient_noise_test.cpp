#include <gradus/models/gradient_noise.h>

#include <gradus/core/ops.h>
#include <gradus/models/file.h>
#include <gradus/models/loggers.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;

TEST_CASE("GradientNoise is the spread of the rows' gradients over the square of their mean") {
  Sequential model = line(0);
  GradientNoise noise{.every = 3};
  const History h = model.fit(
      line_x, line_y, {.batch_size = 2, .epochs = 4, .verbose = 0, .callbacks = {std::ref(noise)}});
  // At w = b = 0 row x has the gradient -2 (2x + 1) (x, 1): by hand, mean (-35, -12).
  double trace = 0;
  for (int x = 1; x <= 4; ++x) {
    const double g = -2.0 * (2 * x + 1) * x + 35, g_b = -2.0 * (2 * x + 1) + 12;
    trace += (g * g + g_b * g_b) / 4;
  }
  REQUIRE(noise.values.size() == 3);  // before updates 0, 3 and 6 of 8
  CHECK(noise.traces[0] == Approx(trace));
  CHECK(noise.values[0] == Approx(trace / (35 * 35 + 12 * 12)));
  CHECK(h["gradient_noise"] == std::vector<double>(4, noise.values[0]));
}

TEST_CASE("what a callback adds to the logs is in History, files and the keys of a run") {
  const data_files::Folder folder;
  Sequential model = line(0.01);
  std::string keys;
  struct Keys {
    std::string& names_of;
    void on_train_begin(const Logs& logs) { names_of = names(logs); }
  };
  const History h = model.fit(
      line_x, line_y,
      {.batch_size = 2,
       .epochs = 2,
       .verbose = 0,
       .callbacks = {GradientNoise{.every = 2}, Keys{keys}, CSVLogger{folder.path("run.csv")},
                     JSONLogger{folder.path("run.jsonl")}}});
  CHECK(keys == "loss, learning_rate, gradient_noise");
  const std::vector<double>& noise = h["gradient_noise"];
  REQUIRE(noise.size() == 2);
  CHECK(noise[0] != noise[1]);
  const std::string csv = detail::read_file(folder.path("run.csv"), 1 << 20);
  CHECK(csv.starts_with(
      fmt::format("epoch,gradient_noise,learning_rate,loss\n0,{},0.01,", noise[0])));
  const std::string json = detail::read_file(folder.path("run.jsonl"), 1 << 20);
  CHECK(json.find(fmt::format("\"gradient_noise\": {}", noise[1])) != json.npos);
  CHECK(json.starts_with("{\"step\": 1, "));
  CHECK(json.substr(0, json.find('\n')).find(fmt::format("\"gradient_noise\": {}", noise[0])) !=
        json.npos);
}

TEST_CASE("GradientNoise goes on with a resumed run, and refuses a source") {
  Sequential whole = line(0.01), parts = line(0.01);
  GradientNoise all{.every = 1}, first{.every = 1}, second{.every = 1};
  whole.fit(line_x, line_y,
            {.batch_size = 2, .epochs = 3, .verbose = 0, .callbacks = {std::ref(all)}});
  parts.fit(line_x, line_y,
            {.batch_size = 2, .epochs = 1, .verbose = 0, .callbacks = {std::ref(first)}});
  parts.fit(line_x, line_y,
            {.batch_size = 2,
             .epochs = 3,
             .verbose = 0,
             .callbacks = {std::ref(second)},
             .resume = true});
  CHECK(second.values == all.values);
  CHECK(all.values.size() == 6);
  Sequential model = line();
  CHECK_THROWS_WITH_AS(model.fit(
                           [](std::int64_t i) {
                             return i < 2 ? std::optional(Batch(line_x, line_y)) : std::nullopt;
                           },
                           {.verbose = 0, .callbacks = {GradientNoise{}}}),
                       "training_rows: must be called inside a fit() on rows in memory",
                       StateError);
  CHECK_THROWS_WITH_AS(Callback(GradientNoise{.every = 0}),
                       "GradientNoise: every must be >= 1 (got 0)", ValueError);
}
