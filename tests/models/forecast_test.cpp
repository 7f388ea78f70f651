#include <gradus/models/forecast.h>

#include <cmath>

#include <gradus/models/dataset.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/worst_case.h>

#include "training_support.h"

using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;

/// Losses that follow the formula exactly, before each of `steps` updates.
LoggedRun made(const Schedule& schedule, Step steps, double least, double distance, double noise) {
  LoggedRun run;
  for (Step t = 0; t < steps; ++t) {
    run.rates.push_back(value(schedule(t)));
    if (t == 0 && run.rates[0] == 0) {  // the formula has no value here
      run.losses.push_back(100);
      continue;
    }
    const WorstCaseTerms terms = worst_case_terms(run.rates);
    run.losses.push_back(least + distance * terms.distance + noise * terms.noise());
  }
  return run;
}

constexpr Step steps = 400;
const Dataset& data() {
  static const Dataset rows = make_line({.rows = 200});
  return rows;
}

/// Trains a linear model on the line with batches of 4; keeps what a log would hold.
struct Trained {
  LoggedRun log = {};
  Numbers losses = {};  ///< on all rows, after 0, 20, 40, ... updates
};
Trained train(const Schedule& rate, std::uint64_t seed) {
  Trained out;
  Sequential model{Dense{.units = 1}};
  model.compile(
      {.optimizer = SGD{.learning_rate = rate}, .loss = MeanSquaredError{}, .seed = seed});
  model.build({1, 1});
  const auto measure = [&](Sequential& at) {
    out.losses.push_back(at.evaluate(data().x, data().y, {.batch_size = 200}).loss);
  };
  measure(model);
  LambdaCallback log;
  log.on_train_batch_end = [&](std::int64_t, const Logs&) {
    out.log.rates.push_back(value(model.optimizer().last_learning_rate()));
    out.log.losses.push_back(model.last_loss());
    if (out.log.rates.size() % 20 == 0) measure(model);
  };
  model.fit(data().x, data().y,
            {.batch_size = 4, .verbose = 0, .callbacks = {log}, .steps_per_epoch = steps});
  return out;
}

/// The mean over seeds.
Numbers mean_losses(const Schedule& rate) {
  Numbers sum(steps / 20 + 1);
  for (std::uint64_t seed = 100; seed < 120; ++seed) {
    const Numbers one = train(rate, seed).losses;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one[i] / 20;
  }
  return sum;
}

}  // namespace

TEST_CASE("losses that follow the formula give its numbers and the losses of other schedules") {
  const Schedule warm = linear(0.0, 0.3, 20) >> CosineDecay{0.3, 180};
  for (const Schedule& schedule : std::vector<Schedule>{warm, linear(0.2, 0, 200), 0.1})
    for (const auto& [least, distance, noise] :
         std::vector<std::array<double, 3>>{{0.5, 2, 0.3}, {0.5, 2, 0}, {-1, 0, 0.3}, {7, 0, 0}}) {
      const LoggedRun run = made(schedule, 200, least, distance, noise);
      const Forecast f = forecast({{run}});
      CHECK(f.least == Approx(least).epsilon(1e-9));
      CHECK(f.distance == Approx(distance).epsilon(1e-9));
      CHECK(f.noise == Approx(noise).epsilon(1e-9));
      CHECK(f.errors.at(0) < 1e-9);
      const LoggedRun other = made(CosineDecay{0.2, 90}, 90, least, distance, noise);
      for (const Step n : {0, 5, 89})
        CHECK(f.losses(CosineDecay{0.2, 90}, {{n}})[0] ==
              Approx(other.losses[static_cast<std::size_t>(n)]).epsilon(1e-9));
    }
}

TEST_CASE("two runs are fitted together, and long ones in groups") {
  const LoggedRun low = made(0.05, 150, 0.5, 2, 0.3),
                  high = made(linear(0.4, 0, 5000), 5000, 0.5, 2, 0.3);
  const Forecast f = forecast({{low, high}});
  CHECK(f.errors.size() == 2);
  CHECK(f.least == Approx(0.5).epsilon(1e-3));
  CHECK(f.distance == Approx(2).epsilon(1e-3));
  CHECK(f.noise == Approx(0.3).epsilon(1e-3));
}

TEST_CASE("numbers that fit best below 0 become 0, and the fit states its error") {
  LoggedRun rising = made(0.1, 100, 0.5, -2, 0.3);
  const Forecast f = forecast({{rising}}), g = forecast({{made(0.1, 100, 0.5, 2, -0.3)}});
  CHECK((f.distance == 0 && f.noise > 0));
  CHECK((g.distance > 0 && g.noise == 0));
  const Forecast h = forecast({{made(0.1, 100, -0.1, 2, 0.3)}});  // losses above 0
  CHECK((h.least == 0 && h.errors[0] < 0.01));
  rising.losses.assign(100, 3);
  for (std::size_t t = 0; t < 100; t += 2) rising.losses[t] = 1;  // a mean of 2 in each part
  CHECK(forecast({{rising}}).errors[0] == Approx(0).epsilon(0.02));
  for (std::size_t t = 60; t < 100; ++t) rising.losses[t] = t < 80 ? 1 : 3;
  CHECK(forecast({{rising}}).errors[0] > 0.1);
  rising.losses.assign(100, 0);
  CHECK(forecast({{rising}}).errors[0] == 0);
}

TEST_CASE("the forecast is nan until a rate is above 0") {
  const Forecast f{.least = 1, .distance = 1, .noise = 1};
  const Schedule late = hold(0.0, 3) >> hold(0.5, 10);
  const Numbers seen = f.losses(late, {{0, 2, 3, 10}});
  CHECK((std::isnan(seen[0]) && std::isnan(seen[1])));
  CHECK(seen[2] == Approx(1 + 1 / (2 * 0.5) + 0.5 / 2));
  CHECK(seen[3] > 1);
}

TEST_CASE("logs that cannot be fitted are refused") {
  const auto refuses = [](const std::vector<LoggedRun>& runs, const char* text) {
    CHECK_THROWS_WITH_AS(forecast(runs), Contains(text), ValueError);
  };
  const LoggedRun run = made(0.1, 10, 1, 1, 1);
  refuses({}, "forecast: runs must hold one or more");
  refuses({{{0.1, 0.1, 0.1}, {1, 2}}}, "losses must be as many as rates, 3 (got 2)");
  refuses({{{0.1, 0.1, 0.1}, {1, 2, 3}}}, "must have 3 updates or more to fit (got 2 of 3)");
  refuses({{{0, 0, 0, 0, 0}, {1, 2, 3, 4, 5}}}, "3 updates or more to fit (got 0 of 5)");
  refuses({{run.rates, Numbers(10, INFINITY)}}, "losses must be finite (got inf at update 2)");
  refuses({{{0.1, 0.1, 0.1, -0.1}, {1, 2, 3, 4}}}, "rate must be");
}

TEST_CASE("two logged runs predict the curves and the order of other schedules") {
  const Schedule constant = 0.1, falling = linear(0.2, 0, steps);
  const Forecast f = forecast({{train(constant, 0).log, train(falling, 1).log}});
  std::vector<Step> updates;
  for (Step n = 80; n <= steps; n += 20) updates.push_back(n);
  const std::vector<Schedule> others{0.2, CosineDecay{0.2, steps},
                                     hold(0.2, 300) >> linear(0.2, 0, 100)};
  Numbers ends;
  for (const Schedule& other : others) {
    const Numbers want = mean_losses(other), got = f.losses(other, updates);
    double off = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      off += std::abs(got[i] / want[i + 4] - 1) / static_cast<double>(got.size());
    CHECK(off < 0.07);
    CHECK(got.back() == Approx(want.back()).epsilon(0.1));
    ends.push_back(got.back());
  }
  CHECK((ends[1] < ends[2] && ends[2] < ends[0]));          // as it is
  for (const double error : f.errors) CHECK(error < 0.15);  // batches of 4 rows differ so much
}
