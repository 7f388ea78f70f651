#include <gradus/models/expected_loss.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/core/random.h>
#include <gradus/models/best_schedule.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adamw.h>
#include <gradus/optim/schedule_free_sgd.h>
#include <gradus/schedules/cosine_decay.h>

using namespace gradus;

namespace {

using Rows = std::vector<std::size_t>;

const std::vector<double> xs{-1.146, 0.916, -0.601, 1.746}, ys{2.756, -0.289, 1.517, 1.513};

ExpectedOptions tiny(Optimizer optimizer, Sampling sampling = Sampling::fresh, Step steps = 3) {
  return {.x = ExactTensor::from_doubles({4, 1}, xs),
          .y = ExactTensor::from_doubles({4}, ys),
          .batch_size = 2,
          .optimizer = std::move(optimizer),
          .steps = steps,
          .sampling = sampling,
          .start = {0.5, -0.25}};
}

/// All batches of two of four rows; they are equally likely.
std::vector<Rows> batches(Sampling sampling) {
  std::vector<Rows> all;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 4; ++k)
      if (sampling == Sampling::replacement || i != k) all.push_back({i, k});
  return sampling == Sampling::full ? std::vector<Rows>{{0, 1, 2, 3}} : all;
}

double loss_at(double w, double b) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) sum += std::pow(xs[i] * w + b - ys[i], 2) / 4;
  return sum;
}

/// The loss after training on these batches, one after the other.
double loss_after(const ExpectedOptions& o, const std::vector<Rows>& sequence) {
  const Tensor w = parameter({o.start[0]}), b = parameter({o.start[1]});
  Optimizer optimizer = o.optimizer;
  for (const Rows& rows : sequence) {
    double by_w = 0, by_b = 0;
    for (const std::size_t i : rows) {
      const double r = 2 * (xs[i] * value(w(0)) + value(b(0)) - ys[i]) / double(rows.size());
      by_w += r * xs[i], by_b += r;
    }
    optimizer.apply(std::vector<Tensor>{Tensor{by_w}, Tensor{by_b}}, std::vector<Tensor>{w, b});
  }
  optimizer.finalize();
  return loss_at(value(w(0)), value(b(0)));
}

void check_mean(const ExpectedOptions& o) {
  const std::vector<Rows> all = batches(o.sampling);
  const Expectation e = expected_loss(o);
  std::vector<Rows> sequence(3);
  double sum = 0, count = 0;
  for (const Rows& first : all)
    for (const Rows& second : all)
      for (const Rows& third : all) sum += loss_after(o, {first, second, third}), ++count;
  CHECK(e.loss[3] == doctest::Approx(sum / count).epsilon(sizeof(Scalar) == 4 ? 1e-5 : 1e-12));
}

std::vector<double> random_rates(Random& random, Step steps) {
  std::vector<double> rates;
  const double peak = std::exp(random.uniform(-4, 0));
  for (Step t = 0; t < steps; ++t) rates.push_back(peak * random.uniform());
  return rates;
}

}  // namespace

TEST_CASE("the expected loss is the mean over all sequences of batches of a real training") {
  const Schedule rate = CosineDecay{0.2, 5};
  for (const Sampling sampling : {Sampling::fresh, Sampling::replacement, Sampling::full}) {
    check_mean(tiny(SGD{.learning_rate = rate}, sampling));
    check_mean(tiny(SGD{.learning_rate = rate, .momentum = CosineDecay{0.9, 9}}, sampling));
    check_mean(
        tiny(Optimizer(SGD{rate, 0.5, true}, {.use_ema = true, .ema_momentum = 0.3}), sampling));
    check_mean(tiny(ScheduleFreeSGD{.learning_rate = rate, .warmup_steps = 2}, sampling));
  }
}

TEST_CASE("without noise of batches the variance is exactly 0, and the loss that of one training") {
  ExpectedOptions o = tiny(SGD{.learning_rate = 0.1, .momentum = 0.5}, Sampling::full);
  for (const Sampling sampling : {Sampling::full, Sampling::fresh}) {
    o.sampling = sampling;
    const Expectation e = expected_loss(o);
    CHECK(e.variance == std::vector<double>(4, 0.0));
    CHECK(e.loss[0] == doctest::Approx(loss_at(0.5, -0.25)).epsilon(1e-12));
    CHECK(e.mean_weights[0][0] == doctest::Approx(0.5).epsilon(1e-12));
    o.batch_size = 4;
  }
}

TEST_CASE("the variance is never below 0") {
  for (const double x : {0.3, 0.7, 1.1}) {  // rounding decides its sign for equal rows
    const Expectation e = expected_loss({.x = ExactTensor::from_doubles({2, 1}, {x, x}),
                                         .y = ExactTensor::from_doubles({2}, {0.9, 0.9}),
                                         .batch_size = 2,
                                         .optimizer = SGD{.learning_rate = 0.4},
                                         .steps = 20,
                                         .sampling = Sampling::replacement});
    CHECK(std::ranges::min(e.variance) >= 0);
  }
}

TEST_CASE("equal columns share the path of one weight") {
  std::vector<double> twice;
  for (const double x : xs) twice.insert(twice.end(), {x, x});
  ExpectedOptions one = tiny(SGD{.learning_rate = 0.2}, Sampling::fresh, 30);
  one.use_bias = false, one.start = {0.5};
  ExpectedOptions two = one;
  two.x = ExactTensor::from_doubles({4, 2}, twice);
  two.optimizer = SGD{.learning_rate = 0.1};
  two.start = {0.4, 0.1};
  const Expectation a = expected_loss(one), b = expected_loss(two);
  for (std::size_t t = 0; t <= 30; ++t)
    CHECK(a.loss[t] == doctest::Approx(b.loss[t]).epsilon(1e-12));
  CHECK(b.minimum.weights[0] == doctest::Approx(a.minimum.weights[0] / 2).epsilon(1e-12));
}

TEST_CASE("sums over rows and, in longer runs, a table of moments give the same loss") {
  Random random(1, "expected_loss_test");
  std::vector<double> x(60 * 5), y(60);
  for (double& v : x) v = random.normal();
  for (double& v : y) v = random.normal();
  ExpectedOptions o{.x = ExactTensor::from_doubles({60, 5}, x),
                    .y = ExactTensor::from_doubles({60, 1}, y),
                    .batch_size = 3,
                    .optimizer = SGD{[](double t) { return t < 20 ? 0.05 : 0.0; }},
                    .steps = 20};
  const Expectation rows = expected_loss(o);
  const std::vector<double> slopes = gradient_by_rate(o);
  o.steps = 50;  // at least as many as numbers of moments, 6 * 6 + 6 + 1
  const Expectation table = expected_loss(o);
  const std::vector<double> again = gradient_by_rate(o);
  for (std::size_t t = 0; t < 20; ++t) {
    CHECK(rows.loss[t + 1] == doctest::Approx(table.loss[t + 1]).epsilon(1e-12));
    CHECK(slopes[t] == doctest::Approx(again[t]).epsilon(1e-9));
  }
  CHECK(table.loss[50] == table.loss[20]);
}

TEST_CASE("a loss that grows beyond the largest double is infinite from there on") {
  const Expectation e = expected_loss(tiny(SGD{.learning_rate = 40}, Sampling::fresh, 300));
  CHECK(std::isfinite(e.loss[50]));
  CHECK(e.loss.size() == 301);
  for (const auto* list : {&e.loss, &e.bias, &e.variance}) CHECK(std::isinf(list->back()));
  CHECK(std::isfinite(e.mean_weights.back()[0]));
  ExpectedOptions far = tiny(SGD{.learning_rate = 0.1}, Sampling::fresh, 3);
  far.start.assign(static_cast<std::size_t>(far.x.shape()[1]) + 1, 1e200);
  CHECK(std::isinf(expected_loss(far).loss[0]));  // also from the start on
}

TEST_CASE("below the largest rate the expected loss settles, above it grows") {
  for (const Sampling sampling : {Sampling::fresh, Sampling::replacement, Sampling::full}) {
    ExpectedOptions o = tiny(SGD{}, sampling, 4000);
    const double limit = largest_rate(o);
    for (const double factor : {0.99, 1.01}) {
      o.optimizer.set_learning_rate(factor * limit);
      const Expectation e = expected_loss(o);
      CHECK((e.loss[4000] < e.loss[2000] + 1e-9) == (factor < 1));
    }
  }
}

TEST_CASE("no random schedule ends below the best schedule, nor does the given one") {
  Random random(2, "expected_loss_test");
  const std::vector<Optimizer> optimizers{
      SGD{.learning_rate = 0.1}, SGD{.learning_rate = 0.05, .momentum = 0.8},
      Optimizer(SGD{.learning_rate = 0.1}, {.use_ema = true, .ema_momentum = 0.8}),
      ScheduleFreeSGD{.learning_rate = 0.3, .weight_lr_power = 0}};
  for (const Optimizer& optimizer : optimizers) {
    ExpectedOptions o = tiny(optimizer, Sampling::fresh, 12);
    const BestSchedule best = best_schedule(o);
    CHECK(best.loss <= expected_loss(o).loss.back());
    for (int i = 0; i < 200; ++i) {
      const std::vector<double> rates = random_rates(random, 12);
      o.optimizer.set_learning_rate([rates](double t) { return rates[std::size_t(t)]; });
      CHECK(best.loss <= expected_loss(o).loss.back());
    }
    for (std::size_t t = 0; t < 12; ++t) CHECK(best.schedule(t) == best.rates[t]);
    o.optimizer.set_learning_rate(best.schedule);
    CHECK(expected_loss(o).loss.back() == doctest::Approx(best.loss).epsilon(1e-12));
    for (const double slope : gradient_by_rate(o)) CHECK(slope > -1e-4 * best.loss);
  }
}

TEST_CASE("the best schedule comes from rates of 0, from greedy ones or from the given schedule") {
  ExpectedOptions o{.x = ExactTensor::from_doubles({6}, {0.57, -0.556, 1.284, -1.81, -0.59, 0.411})
                             .arranged([](const Tensor& x) {
                               return reshape(x, {6, 1});
                             }),
                    .y = ExactTensor::from_doubles({6}, {0.45, 1.808, -0.184, 1.955, 2.509, 1.057}),
                    .batch_size = 12,
                    .optimizer = SGD{.learning_rate = 0.1, .momentum = 0.8},
                    .steps = 16,
                    .sampling = Sampling::replacement};
  BestSchedule best = best_schedule(o);
  const double least = expected_loss(o).minimum.loss;
  CHECK(best.loss - least < 0.005);  // the other two descents end at 0.0156
  o.optimizer.set_learning_rate(best.schedule);
  CHECK(best_schedule(o, {.passes = 0}).loss <= best.loss);
  o.optimizer = SGD{.learning_rate = 0.05};
  o.steps = 500;
  best = best_schedule(o, {.passes = 10});
  CHECK(best.loss - least < 1.001 * (best_schedule(o, {.passes = 500}).loss - least));
}

TEST_CASE("an expectation that would not be exact is refused with the reason") {
  const SGD sgd{.learning_rate = 0.1};
  const auto refused = [](const ExpectedOptions& o, const char* why) {
    CHECK_THROWS_WITH_AS(expected_loss(o), doctest::Contains(why), Error);
  };
  refused(tiny(sgd, Sampling::shuffled), "rows of an epoch depend on each other");
  refused(tiny(Adam{}),
          "Optimizer: for exact expectations the rule must be linear in the gradient");
  refused(tiny(AdamW{}), "(got AdamW(");
  refused(tiny(Optimizer(sgd, {.clipnorm = 1.0})), "clipping is not linear");
  refused(tiny(Optimizer(sgd, {.global_clipnorm = 1.0})), "clipping is not linear");
  refused(tiny(Optimizer(sgd, {.weight_decay = 0.1})), "pulls the weights away from the minimum");
  refused(tiny(ScheduleFreeSGD{.weight_decay = 0.1}), "weight_decay must be 0");
  refused(tiny(Optimizer(sgd, {.use_ema = true, .ema_overwrite_frequency = 2})),
          "ema_overwrite_frequency must be absent");
  refused(tiny(Optimizer(sgd, {.gradient_accumulation_steps = 2})), "enlarge the batch");
  refused(tiny(Optimizer(sgd, {.learning_rate_multipliers = {{"0", 0.5}}})), "one rate");
  refused(tiny(SGD{[](double) { return -1.0; }}), "learning_rate schedule returned -1 at step 0");
  ExpectedOptions o = tiny(sgd);
  o.batch_size = 5;
  refused(o, "at most 4, the rows, with fresh batches (got 5)");
  o = tiny(sgd), o.start = {1};
  refused(o, "start must have 2 numbers, for the kernel and the bias (got 1)");
  o = tiny(sgd), o.start[0] = NAN;
  refused(o, "start must be finite");
  o = tiny(sgd), o.y = Tensor::zeros({4, 2});
  refused(o, "y must have the shape (4) or (4, 1), a number for each row of x (got (4,2))");
  o = tiny(sgd), o.x = Tensor::full({4, 1}, NAN);
  refused(o, "x and y must be finite");
  o = tiny(sgd), o.x = Tensor::zeros({4, 64});
  refused(o, "at most 64 weights, with the bias (got 65)");
  o.x = Tensor::zeros({1, 1 << 21});  // before a matrix of its square is made
  refused(o, "at most 64 weights");
  o = tiny(sgd), o.x = Tensor::zeros({4});
  refused(o, "x must have the shape (rows, features)");
  o = tiny(sgd), o.steps = -1;
  refused(o, "steps must be >= 0 (got -1)");
  for (const double bad : {-1.0, double(NAN)})
    for (const auto& f : {std::function<void(const ExpectedOptions&)>(gradient_by_rate),
                          {[](const ExpectedOptions& given) { best_schedule(given); }}})
      CHECK_THROWS_WITH_AS(f(tiny(SGD{[=](double) { return bad; }})),
                           doctest::Contains("learning_rate schedule returned"), NumericError);
  CHECK_THROWS_WITH_AS(best_schedule(tiny(ScheduleFreeSGD{})),
                       doctest::Contains("weights that do not depend on the rates"), ValueError);
  CHECK_THROWS_WITH_AS(largest_rate(tiny(SGD{0.1, 0.9})), doctest::Contains("without momentum"),
                       ValueError);
}
