// What users of Keras ask for or complain of, and what they find here: one test each.
#include <gradus/gradus.h>

#include <cmath>
#include <sstream>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using data_files::Folder;
using doctest::Approx;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;

CosineDecay cosine() { return {.initial_learning_rate = 0.1, .decay_steps = 100}; }
const FitOptions quiet{.batch_size = 2, .epochs = 2, .verbose = 0, .shuffle = false};

}  // namespace

TEST_CASE("complaint 1: the rate of a schedule is in the history, the logs and the progress") {
  Sequential model = line(cosine());
  std::string shown;
  struct Watch {
    void on_epoch_end(std::int64_t epoch, const Logs& logs) {
      CHECK(logs["learning_rate"] == Schedule(cosine())(2 * epoch + 1));
    }
  };
  const History h = model.fit(line_x, line_y,
                              {.batch_size = 2,
                               .epochs = 2,
                               .verbose = 2,
                               .callbacks = {Watch{}},
                               .progress = [&](auto text) { shown += text; }});
  const Schedule rate = cosine();
  CHECK(h["learning_rate"] == Numbers{rate(1), rate(3)});  // that of each epoch's last update
  CHECK(shown.find(" - learning_rate: 0.1000") != std::string::npos);
  CHECK(model.optimizer().learning_rate() == rate(4));  // that of the next update
}

TEST_CASE("complaint 2: ReduceLROnPlateau works with a schedule, which goes on, scaled") {
  Sequential model = scripted({1, 1, 1}, cosine());
  const History h = model.fit(
      one_row, one_row,
      {.epochs = 3,
       .verbose = 0,
       .callbacks = {ReduceLROnPlateau{.monitor = "loss", .factor = 0.5, .patience = 1}}});
  const Schedule rate = cosine();
  CHECK(h["learning_rate"] == Numbers{rate(0), rate(1), 0.5 * rate(2)});
}

TEST_CASE("complaint 3: the rate can be set while it is a schedule") {
  Sequential model = line(cosine());
  model.optimizer().set_learning_rate(0.25);
  CHECK(model.optimizer().learning_rate() == 0.25);
  model.optimizer().set_learning_rate(cosine());
  CHECK(model.optimizer().learning_rate() == 0.1);
}

TEST_CASE("complaint 4: a resumed run goes on at the step of the schedule where it stopped") {
  const Folder folder;
  Sequential whole = line(cosine()), first = line(cosine()), second = line(cosine());
  FitOptions four = quiet;
  four.epochs = 4;
  const History expected = whole.fit(line_x, line_y, four);
  first.fit(line_x, line_y, quiet);
  first.save(folder.path("net"));
  second.load(folder.path("net"));
  CHECK(second.optimizer().learning_rate() == Schedule(cosine())(4));
  four.resume = true;
  const History h = second.fit(line_x, line_y, four);
  CHECK(h["learning_rate"] == expected["learning_rate"]);
  // And initial_epoch, which numbers epochs, says that it does only that.
  Sequential numbered = line(cosine());
  FitOptions late = quiet;
  late.initial_epoch = 1;
  CHECK(numbered.fit(line_x, line_y, late)["learning_rate"][0] == Schedule(cosine())(1));
}

TEST_CASE("complaint 5: one file holds weights, slots, counter and rate") {
  const Folder folder;
  const auto make = [] {
    Sequential model = line();
    model.compile(
        {.optimizer = SGD{.learning_rate = cosine(), .momentum = 0.9}, .loss = MeanSquaredError{}});
    return model;
  };
  Sequential model = make(), other = make();
  model.fit(line_x, line_y, quiet);
  model.save(folder.path("net"));
  other.load(folder.path("net"));
  CHECK(other.optimizer().iterations() == 4);
  CHECK(to_string(other.optimizer().schedule()) == to_string(model.optimizer().schedule()));
  model.fit(line_x, line_y, quiet);
  other.fit(line_x, line_y, quiet);
  CHECK(same(model.get_weights(), other.get_weights()));  // so the momentum was there, too
}

TEST_CASE(
    "complaint 6: the whole state of a constant-rate checkpoint loads into a scheduled optimizer") {
  const Folder folder;
  const auto make = [](const Schedule& rate) {
    Sequential model = line();
    model.compile(
        {.optimizer = SGD{.learning_rate = rate, .momentum = 0.9}, .loss = MeanSquaredError{}});
    return model;
  };
  Sequential model = make(0.05), other = make(cosine());
  model.fit(line_x, line_y, quiet);
  model.save(folder.path("net"));
  other.load(folder.path("net"));
  CHECK(other.optimizer().iterations() == 4);
  CHECK(other.optimizer().learning_rate() == Schedule(cosine())(4));
  Numbers slots, expected;
  const auto into = [](Numbers& all) {
    return [&all](const std::string&, auto values, const Shape&) {
      all.insert(all.end(), values.begin(), values.end());
    };
  };
  model.optimizer().state(into(expected));
  other.optimizer().state(into(slots));
  CHECK(slots == expected);
  // What does not fit is an error, not a warning.
  Sequential adam = line();
  adam.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  CHECK_THROWS_AS(adam.load(folder.path("net")), StateError);
}

TEST_CASE("complaint 7: an unknown class in a schedule's JSON is an error with the nearest name") {
  CHECK_THROWS_WITH_AS(deserialize(R"({"class_name": "CosinDecay", "config": {}})"),
                       Contains("did you mean 'CosineDecay'?"), FormatError);
}

TEST_CASE("complaint 8: alpha is the last rate as a fraction of the peak, checked to be one") {
  const Schedule rate = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 10, .alpha = 0.25};
  CHECK(rate(10) == Approx(0.025));
  CHECK(clamp(Schedule(cosine()), 0.02, 1)(100) == 0.02);  // or a rate itself, by clamp
  CHECK_THROWS_AS(Schedule(CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 9, .alpha = 7}),
                  ValueError);
}

TEST_CASE("complaint 9: every schedule can be warmed up, joined to another, counted in epochs") {
  const Schedule decay =
      ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5};
  CHECK(warmup(decay, 4)(0) == Approx(0.1 / 4));
  CHECK(warmup(decay, 4)(7) == decay(7));
  const Schedule joined = linear(0, 0.1, 5) >> decay;
  CHECK(joined(5) == 0.1);
  CHECK(joined(15) == Approx(0.05));
  CHECK(per_epoch(decay, 20)(39) == decay(1));
}

TEST_CASE("complaint 10: per_epoch counts epochs, and a length may be a product") {
  const int epochs = 3, batches = 2;
  const Schedule by_epoch = per_epoch([](double epoch) { return 0.01 / (1 + epoch); }, batches);
  Sequential model = line(by_epoch);
  FitOptions three = quiet;
  three.epochs = epochs;
  const Numbers rates = model.fit(line_x, line_y, three)["learning_rate"];
  CHECK(rates == Numbers{0.01, 0.005, 0.01 / 3});
  const Schedule whole = linear(0.1, 0, epochs * batches);
  CHECK(whole(6) == 0);
  CHECK(whole.duration() == 6);
}

TEST_CASE("complaint 11: with accumulated gradients a schedule counts updates, not batches") {
  Sequential model = line();
  model.compile(
      {.optimizer = Optimizer(SGD{.learning_rate = cosine()}, {.gradient_accumulation_steps = 2}),
       .loss = MeanSquaredError{}});
  const Numbers rates = model.fit(line_x, line_y, quiet)["learning_rate"];
  CHECK(rates == Numbers{Schedule(cosine())(0), Schedule(cosine())(1)});
  CHECK(model.optimizer().iterations() == 2);
}

TEST_CASE("complaint 12: weight decay takes a schedule") {
  const Tensor w = parameter({1});
  const Schedule decay = [](double step) { return step < 1 ? 0.5 : 0.0; };
  Optimizer optimizer(SGD{.learning_rate = 0.1}, {.weight_decay = decay});
  for (int i = 0; i < 2; ++i) optimizer.apply(std::vector{Tensor{0}}, std::vector{w});
  CHECK(w(0) == Approx(1 - 0.5 * 0.1));
}

TEST_CASE("complaint 13: an option keeps biases out of the decay, which is w -= w decay rate") {
  Sequential model{Dense{.units = 1, .kernel_initializer = Ones{}, .bias_initializer = Ones{}}};
  const auto flat = [](const Tensor&, const Tensor& y_pred) {
    return mean(0 * y_pred, {.axis = 1});
  };
  model.compile(
      {.optimizer = Optimizer(SGD{.learning_rate = 0.1},
                              {.weight_decay = 0.5, .exclude_from_weight_decay = {"bias"}}),
       .loss = flat});
  model.fit(line_x, line_y, {.verbose = 0});
  CHECK(model.get_weights()[0](0, 0) == Approx(1 - 1 * 0.5 * 0.1));
  CHECK(model.get_weights()[1](0) == 1);
}

TEST_CASE("complaint 14: each layer may have its own rate, by name") {
  Sequential model{Dense{.units = 2}, Dense{.units = 1}};
  model.compile({.optimizer = Optimizer(SGD{.learning_rate = 0.1},
                                        {.learning_rate_multipliers = {{"dense/", 0}}}),
                 .loss = MeanSquaredError{}});
  model.build({1, 1});
  const auto before = model.get_weights();
  model.fit(line_x, line_y, {.verbose = 0});
  CHECK(same(model.get_weights()[0], before[0]));
  CHECK_FALSE(same(model.get_weights()[2], before[2]));
}

TEST_CASE("complaint 15: targets of another shape are an error with both shapes") {
  Sequential model = line();
  CHECK_THROWS_WITH_AS(model.fit(line_x, Tensor::ones({4, 2}), quiet),
                       Contains("targets of shape (4,2) must fit outputs of shape (4,1)"),
                       ShapeError);
  model.fit(line_x, Tensor{3, 5, 7, 9}, quiet);  // (n) for (n, 1) is no broadcast
}

TEST_CASE("complaint 16: the loss of an epoch is measured before each update, evaluate after all") {
  Sequential model = line();
  const double before = model.evaluate(line_x, line_y).loss;
  const History h = model.fit(
      line_x, line_y, {.batch_size = 4, .verbose = 0, .validation_data = {{line_x, line_y}}});
  CHECK(h["loss"][0] == Approx(before));
  CHECK(h["val_loss"][0] == Approx(model.evaluate(line_x, line_y).loss));
  CHECK(h["val_loss"][0] < h["loss"][0]);
}

TEST_CASE("complaint 17: the best weights are restored however training ends") {
  Sequential model = scripted({3, 1, 2});
  model.fit(one_row, one_row,
            {.epochs = 3,
             .verbose = 0,
             .callbacks = {
                 EarlyStopping{.monitor = "loss", .patience = 9, .restore_best_weights = true}}});
  CHECK(weight(model) == -2);  // those after the epoch with the least loss
}

TEST_CASE("complaint 18: a split can be shuffled by a seed, or validation data given whole") {
  const Dataset sorted = [] {
    Dataset data = make_line({.rows = 40});
    std::vector<Scalar> rising;
    for (int i = 0; i < 40; ++i) rising.push_back(static_cast<Scalar>(i));
    data.y = Tensor({40, 1}, rising);
    return data;
  }();
  const auto [train, test] = split(sorted, 0.25, 7);
  CHECK(test.y.shape()[0] == 10);
  const auto held = test.y.values();
  CHECK(*std::min_element(held.begin(), held.end()) < 20);  // and not the last ones only
  Sequential model = line();
  CHECK(model.fit(train.x, train.y, {.verbose = 0, .validation_data = test}).contains("val_loss"));
}

TEST_CASE(
    "complaint 19: an interrupted and resumed run gives the numbers of an uninterrupted one") {
  const Folder folder;
  struct Crash {
    void on_train_batch_end(std::int64_t batch, const Logs&, Sequential& model) {
      if (batch == 1 && model.optimizer().iterations() == 6) throw std::runtime_error("gone");
    }
  };
  FitOptions options{.batch_size = 1,
                     .epochs = 3,
                     .verbose = 0,
                     .callbacks = {Crash{}, BackupAndRestore{folder.path("backup"), 1}}};
  Sequential broken = line(cosine()), resumed = line(cosine()), whole = line(cosine());
  CHECK_THROWS_WITH(broken.fit(line_x, line_y, options), "gone");
  options.callbacks = {BackupAndRestore{folder.path("backup"), 1}};
  const History h = resumed.fit(line_x, line_y, options);
  options.callbacks.clear();
  const History expected = whole.fit(line_x, line_y, options);
  CHECK(h.epochs() == std::vector<std::int64_t>{0, 1, 2});
  for (const auto& [key, numbers] : expected) CHECK(h[key] == numbers);
  CHECK(same(resumed.get_weights(), whole.get_weights()));
}

TEST_CASE("complaint 20: whole numbers work as rates, and bad options are refused at once") {
  const Schedule whole =
      ExponentialDecay{.initial_learning_rate = 1, .decay_steps = 10, .decay_rate = 0.5};
  CHECK(whole(5) == Approx(std::sqrt(0.5)));
  CHECK(Optimizer(SGD{.learning_rate = 1}).learning_rate() == 1);
  CHECK_THROWS_AS(Schedule(PiecewiseConstantDecay{.boundaries = {20, 10}, .values = {1, 0.5, 0.1}}),
                  ValueError);
  CHECK_THROWS_AS(Schedule(CosineDecayRestarts{
                      .initial_learning_rate = 1, .first_decay_steps = 10, .t_mul = 0.5}),
                  ValueError);
  CHECK_THROWS_AS(Optimizer(SGD{.learning_rate = -0.1}), ValueError);
  Sequential model = line();
  CHECK_THROWS_AS(model.fit(line_x, line_y, {.batch_size = 0}), ValueError);
}
