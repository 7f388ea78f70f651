#include <gradus/models/learning_rate_scheduler.h>

#include <cmath>
#include <limits>

#include <gradus/models/greedy_lr.h>
#include <gradus/models/reduce_lr_on_plateau.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/exponential_decay.h>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Approx;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;

/// The rates that the epochs used, one update each, with these losses.
Numbers rates(const Schedule& rate, const Callback& callback, const Numbers& losses) {
  Sequential model = scripted(losses, rate);
  return model.fit(
      one_row, one_row,
      {.epochs = std::ssize(losses), .verbose = 0, .callbacks = {callback}})["learning_rate"];
}

void check_same(const Numbers& seen, const Numbers& expected) {
  REQUIRE(seen.size() == expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i)
    CHECK(seen[i] == Approx(expected[i]).epsilon(1e-12));
}

CosineDecay cosine() { return {.initial_learning_rate = 0.1, .decay_steps = 8, .alpha = 0.1}; }

}  // namespace

TEST_CASE("ReduceLROnPlateau lowers a number when Keras's does, worked out by hand") {
  // Epoch i + 1 uses the rate that was lowered after epoch i.
  const struct {
    const char* what;
    ReduceLROnPlateau plateau;
    Numbers losses, expected;
  } rows[] = {
      {"patience 1",
       {.factor = 0.5, .patience = 1, .min_delta = 0},
       {4, 4, 3, 3, 3, 2},
       {1, 1, 0.5, 0.5, 0.25, 0.125}},
      {"patience 2",
       {.factor = 0.5, .patience = 2, .min_delta = 0},
       {4, 4, 4, 4, 4, 4},
       {1, 1, 1, 0.5, 0.5, 0.25}},
      {"patience 0 is as 1",
       {.factor = 0.5, .patience = 0, .min_delta = 0},
       {4, 4, 4},
       {1, 1, 0.5}},
      {"the default min_delta is 1e-4",
       {.factor = 0.5, .patience = 1},
       {1, 0.99995, 0.9998, 0.9},
       {1, 1, 0.5, 0.5}},
      {"cooldown",
       {.factor = 0.5, .patience = 1, .min_delta = 0, .cooldown = 2},
       {4, 4, 4, 4, 4, 4},
       {1, 1, 0.5, 0.5, 0.25, 0.25}},
      {"min_lr",
       {.factor = 0.5, .patience = 1, .min_delta = 0, .min_lr = 0.3},
       {4, 4, 4, 4, 4},
       {1, 1, 0.5, 0.3, 0.3}},
      {"higher is better",
       {.factor = 0.5, .patience = 1, .mode = MonitorMode::max, .min_delta = 0},
       {1, 2, 2, 3},
       {1, 1, 1, 0.5}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    ReduceLROnPlateau plateau = row.plateau;
    plateau.monitor = "loss";
    check_same(rates(1, plateau, row.losses), row.expected);
  }
}

TEST_CASE("ReduceLROnPlateau scales a schedule, which goes on") {
  const ReduceLROnPlateau plateau{.monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 0};
  const Schedule base = cosine();
  check_same(rates(base, plateau, {4, 4, 3, 3, 2}),
             {base(0), base(1), 0.5 * base(2), 0.5 * base(3), 0.25 * base(4)});
  const Schedule function = [](double step) { return 1 / (1 + step); };
  check_same(rates(function, plateau, {4, 4, 3}), {1, 0.5, 1.0 / 6});
}

TEST_CASE("min_lr stops a schedule's reductions, but never raises it") {
  const ReduceLROnPlateau plateau{
      .monitor = "loss", .factor = 0.1, .patience = 1, .min_delta = 0, .min_lr = 0.03};
  const Schedule base = cosine();  // ends at 0.01, below min_lr
  Numbers expected{base(0), base(1)};
  for (int i = 2; i < 10; ++i) expected.push_back(std::min(base(i), 0.03));
  check_same(rates(base, plateau, Numbers(10, 4)), expected);
}

TEST_CASE("reductions do not nest, and the number stays a number") {
  const ReduceLROnPlateau plateau{.monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 0};
  const auto after = [&](const Schedule& rate) {
    Sequential model = scripted(Numbers(6, 1), rate);
    model.fit(one_row, one_row, {.epochs = 6, .verbose = 0, .callbacks = {plateau}});
    return to_string(model.optimizer().schedule());
  };
  CHECK(after(1) == "0.03125");
  CHECK(after(cosine()).find("reduced") == after(cosine()).rfind("reduced"));
}

TEST_CASE("ReduceLROnPlateau reports reductions, and refuses bad options") {
  Sequential model = scripted({1, 1, 1});
  std::string said;
  model.fit(one_row, one_row,
            {.epochs = 2,
             .verbose = 0,
             .callbacks = {ReduceLROnPlateau{
                 .monitor = "loss", .factor = 0.5, .patience = 1, .verbose = 1}},
             .progress = [&](std::string_view text) { said += text; }});
  CHECK(said == "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.5.\n");
  CHECK_THROWS_WITH_AS(Callback(ReduceLROnPlateau{.factor = 1}),
                       "ReduceLROnPlateau: factor must be in (0, 1) (got 1)", ValueError);
  CHECK_THROWS_AS(Callback(ReduceLROnPlateau{.factor = 0}), ValueError);
  CHECK_THROWS_AS(Callback(ReduceLROnPlateau{.patience = -1}), ValueError);
  CHECK_THROWS_AS(Callback(ReduceLROnPlateau{.min_delta = -1}), ValueError);
  CHECK_THROWS_AS(Callback(ReduceLROnPlateau{.cooldown = -1}), ValueError);
  CHECK_THROWS_AS(Callback(ReduceLROnPlateau{.min_lr = std::nan("")}), ValueError);
  CHECK_THROWS_WITH_AS(
      model.fit(one_row, one_row, {.verbose = 0, .callbacks = {ReduceLROnPlateau{}}}),
      Contains("ReduceLROnPlateau: monitor must be"), ValueError);
}

TEST_CASE("GreedyLR raises and lowers a number or a schedule, within limits, and reports it") {
  GreedyLR greedy{
      .monitor = "loss",
      .greedy = {.factor = 0.5, .patience = 1, .min_lr = 0.25, .max_lr = 2, .reset_start = 2}};
  const Numbers losses{9, 8, 7, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6};
  check_same(rates(1, greedy, losses), {1, 1, 2, 2, 2, 2, 1, 1, 0.5, 0.5, 0.25, 0.25, 1, 1});
  // A reset returns to a number beyond the limits, too.
  check_same(rates(4, greedy, Numbers(12, 6)), {4, 4, 4, 2, 2, 1, 1, 0.5, 0.5, 0.25, 0.25, 4});
  const Schedule base = cosine();  // with the limits of a tenth
  GreedyLR smaller = greedy;
  smaller.greedy.min_lr = 0.025, smaller.greedy.max_lr = 0.2;
  check_same(rates(base, smaller, {9, 8, 7, 7, 7, 7, 7}),
             {base(0), base(1), 2 * base(2), 2 * base(3), 2 * base(4), base(5), base(6)});

  Sequential model = scripted(losses, 1);
  std::string said;
  greedy.verbose = 1;
  model.fit(one_row, one_row,
            {.epochs = 14, .verbose = 0, .callbacks = {greedy}, .progress = [&](auto text) {
               said += text;
             }});
  CHECK(said ==
        "Epoch 2: GreedyLR raising learning rate to 2.\n"
        "Epoch 6: GreedyLR lowering learning rate to 1.\n"
        "Epoch 8: GreedyLR lowering learning rate to 0.5.\n"
        "Epoch 10: GreedyLR lowering learning rate to 0.25.\n"
        "Epoch 12: GreedyLR resetting learning rate to 1.\n");
  CHECK_THROWS_WITH_AS(Callback(GreedyLR{.greedy = {.factor = 1}}),
                       "Greedy: factor must be in (0, 1) (got 1)", ValueError);
  CHECK_THROWS_WITH_AS(model.fit(one_row, one_row, {.verbose = 0, .callbacks = {GreedyLR{}}}),
                       Contains("GreedyLR: monitor must be"), ValueError);
}

TEST_CASE("a file holds the whole state of GreedyLR") {
  const GreedyLR saved{.greedy = {.scale = 0.5,
                                  .best = 7,
                                  .good = 1,
                                  .bad = 2,
                                  .cooldown_left = 3,
                                  .warmup_left = 4,
                                  .resets_left = 5,
                                  .window = {8, 9}}};
  detail::State state;
  Callback(saved).save(state, "x");
  GreedyLR loaded;
  Callback(std::ref(loaded)).load(state, "x");
  CHECK(state.empty());
  const auto all = [](const Greedy& g) {
    return std::tuple(value(g.scale), g.best, g.good, g.bad, g.cooldown_left, g.warmup_left,
                      g.resets_left, g.window);
  };
  CHECK((all(loaded.greedy) == all(saved.greedy)));
}

TEST_CASE("a patience longer than training never lowers the rate") {
  for (const std::int64_t patience :
       {std::int64_t{1} << 31, std::int64_t{1} << 32, std::numeric_limits<std::int64_t>::max()}) {
    const ReduceLROnPlateau never{.monitor = "loss", .patience = patience, .min_delta = 0};
    check_same(rates(1, never, {4, 4, 4}), {1, 1, 1});
    const ReduceLROnPlateau rest{
        .monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 0, .cooldown = patience};
    check_same(rates(1, rest, {4, 4, 4, 4}), {1, 1, 0.5, 0.5});
  }
}

TEST_CASE(
    "LearningRateScheduler takes a function of (epoch) or (epoch, rate), or a schedule over "
    "epochs") {
  const auto by_epoch = [](double epoch) { return 1 / (1 + epoch); };
  const auto by_both = [](std::int64_t epoch, double rate) { return epoch < 2 ? rate : rate / 2; };
  const Numbers losses(4, 1);
  const double third = 1.0 / 3;
  check_same(rates(0.5, LearningRateScheduler{by_epoch}, losses), {1, 0.5, third, 0.25});
  check_same(rates(0.5, LearningRateScheduler{by_both}, losses), {0.5, 0.5, 0.25, 0.125});
  check_same(rates(0.5, LearningRateScheduler{0.25}, losses), Numbers(4, 0.25));
  const ExponentialDecay halving{.initial_learning_rate = 0.5, .decay_steps = 1, .decay_rate = 0.5};
  check_same(rates(0.5, LearningRateScheduler{halving}, losses), {0.5, 0.25, 0.125, 0.0625});
  // Over a schedule, where Keras raises a TypeError.
  check_same(rates(cosine(), LearningRateScheduler{by_epoch}, losses), {1, 0.5, third, 0.25});
}

TEST_CASE("LearningRateScheduler counts epochs, not updates") {
  Sequential model = line();
  Numbers used;
  struct Note {
    Numbers* used;
    void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
      used->push_back(model.optimizer().last_learning_rate());
    }
  };
  std::string said;
  model.fit(
      line_x, line_y,
      {.batch_size = 2,
       .epochs = 5,
       .verbose = 0,
       .callbacks = {Note{&used},
                     LearningRateScheduler{.schedule = [](double epoch) { return 0.01 * epoch; },
                                           .verbose = 1}},
       .initial_epoch = 3,
       .progress = [&](std::string_view text) { said += text; }});
  CHECK(used == Numbers{0.03, 0.03, 0.04, 0.04});
  CHECK(said ==
        "Epoch 4: LearningRateScheduler setting learning rate to 0.03.\n"
        "Epoch 5: LearningRateScheduler setting learning rate to 0.04.\n");
}

TEST_CASE("a scheduler without a schedule, or with bad rates, is refused") {
  CHECK_THROWS_WITH_AS(Callback(LearningRateScheduler{}),
                       "LearningRateScheduler: schedule must be given", ValueError);
  std::function<Real(std::int64_t, Real)> null;
  CHECK_THROWS_AS(Callback(LearningRateScheduler{null}), ValueError);
  for (const double bad : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const LearningRateScheduler second{
        [bad](std::int64_t epoch, double rate) { return epoch == 0 ? rate : bad; }};
    Sequential model = scripted({1, 1});
    CHECK_THROWS_WITH_AS(
        model.fit(one_row, one_row, {.epochs = 2, .verbose = 0, .callbacks = {second}}),
        Contains("learning_rate must be finite and >= 0"), ValueError);
    CHECK(weight(model) == -1);
  }
}
