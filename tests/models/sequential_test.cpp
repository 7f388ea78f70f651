#include <gradus/models/sequential.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include <gradus/core/ops.h>
#include <gradus/models/layers.h>
#include <gradus/optim/sgd.h>
#include <gradus/schedules/exponential_decay.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

namespace {

const Tensor line_x{{1}, {2}, {3}, {4}}, line_y{{3}, {5}, {7}, {9}};
const double not_a_number = std::nan("");

ExponentialDecay halving() {
  return {.initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5, .staircase = true};
}

/// w x + b from w = b = 0.
Sequential line(const Schedule& rate = halving()) {
  Sequential model{Dense{.units = 1, .kernel_initializer = Zeros{}}};
  model.compile({.optimizer = SGD{.learning_rate = rate}, .loss = MeanSquaredError{}});
  return model;
}

/// A small classifier with everything random in it.
Sequential classifier(std::uint64_t seed) {
  Sequential model{Dense{.units = 8, .activation = relu}, Dropout{.rate = 0.2}, Dense{.units = 3}};
  model.compile({.optimizer = SGD{.learning_rate = 0.1, .momentum = 0.9},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = seed});
  return model;
}

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::equal(a.values().begin(), a.values().end(), b.values().begin());
}
bool same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Tensor& p, const Tensor& q) { return same(p, q); });
}

}  // namespace

TEST_CASE("the staircase on y = 2x + 1 gives the numbers of Keras") {
  Sequential model = line();
  const History h = model.fit(line_x, line_y, {.batch_size = 4, .epochs = 5, .verbose = 0});
  const double tolerance = sizeof(Scalar) == 4 ? 1e-4 : 1e-9;
  const double losses[] = {41, 18.415, 8.27435, 0.23664225, 0.0175560896874999};
  const double rates[] = {0.1, 0.1, 0.05, 0.05, 0.025};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(h["loss"].at(i) == Approx(losses[i]).epsilon(tolerance));
    CHECK(h["learning_rate"].at(i) == rates[i]);
  }
  CHECK(model.get_weights()[0](0, 0) == Approx(2.073409375).epsilon(tolerance));
  CHECK(model.get_weights()[1](0) == Approx(0.735198125).epsilon(tolerance));
  CHECK(model.predict({{5}})(0, 0) == Approx(11.102245).epsilon(tolerance));
  CHECK(model.optimizer().iterations() == 5);
  CHECK(model.optimizer().learning_rate() == 0.025);
}

TEST_CASE("updates count on from one fit to the next") {
  Sequential once = line(), twice = line();
  const FitOptions two{.batch_size = 4, .epochs = 2, .verbose = 0, .shuffle = false};
  twice.fit(line_x, line_y, two);
  twice.fit(line_x, line_y, two);
  once.fit(line_x, line_y, {.batch_size = 4, .epochs = 4, .verbose = 0, .shuffle = false});
  CHECK(twice.optimizer().iterations() == 4);
  CHECK(same(once.get_weights(), twice.get_weights()));
}

TEST_CASE("the last short batch is an update and weighs by its rows") {
  Sequential model = line(0.01);
  const History h =
      model.fit(line_x, line_y, {.batch_size = 3, .epochs = 1, .verbose = 0, .shuffle = false});
  CHECK(model.optimizer().iterations() == 2);
  CHECK(h["loss"][0] ==
        Approx(36.72334444444444).epsilon(1e-5));  // Keras: line_batch3_partial_last
}

TEST_CASE("a batch larger than the data is one batch") {
  Sequential model = line();
  model.fit(line_x, line_y, {.batch_size = 1000, .epochs = 3, .verbose = 0});
  CHECK(model.optimizer().iterations() == 3);
}

TEST_CASE("no epochs leave an empty history and the weights alone") {
  Sequential model = line();
  model.build(Shape{1, 1});
  const auto before = model.get_weights();
  const History h = model.fit(line_x, line_y, {.epochs = 0, .verbose = 0});
  CHECK(h.epochs().empty());
  CHECK(h.begin() == h.end());
  CHECK(same(before, model.get_weights()));
}

TEST_CASE("the same seed gives the same bits and another seed does not") {
  const Dataset data = make_blobs({.rows = 50, .seed = 1});
  const auto weights = [&](std::uint64_t seed) {
    Sequential model = classifier(seed);
    model.fit(data.x, data.y, {.batch_size = 8, .epochs = 3, .verbose = 0});
    return model.get_weights();
  };
  const auto first = weights(7);
  CHECK(same(first, weights(7)));
  CHECK_FALSE(same(first, weights(8)));
}

TEST_CASE("shuffling changes the order of the rows and each epoch has its own") {
  // The rows seen are noted by a loss that returns 0.
  std::vector<Scalar> seen;
  const auto spy = [&seen](const Tensor& y_true, const Tensor& y_pred) {
    seen.insert(seen.end(), y_true.values().begin(), y_true.values().end());
    return mean(0 * y_pred, {.axis = 1});
  };
  const auto orders = [&](bool shuffle) {
    seen.clear();
    Sequential model{Dense{.units = 1}};
    model.compile({.optimizer = SGD{}, .loss = spy});
    const Tensor rows = reshape(Tensor{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {10, 1});
    model.fit(rows, rows, {.batch_size = 3, .epochs = 2, .verbose = 0, .shuffle = shuffle});
    const std::vector<Scalar> first(seen.begin(), seen.begin() + 10);
    return std::pair(first, std::vector<Scalar>(seen.begin() + 10, seen.end()));
  };
  const auto [plain_first, plain_second] = orders(false);
  for (std::size_t i = 0; i < 10; ++i) CHECK(plain_first[i] == static_cast<Scalar>(i));
  CHECK(plain_first == plain_second);
  auto [first, second] = orders(true);
  CHECK(first != plain_first);
  CHECK(first != second);
  std::sort(first.begin(), first.end());
  CHECK(first == plain_first);
}

TEST_CASE("the validation split takes the last rows and never trains on them") {
  Sequential model = line(0.05);
  const History h = model.fit(
      line_x, line_y,
      {.batch_size = 2, .epochs = 4, .verbose = 0, .validation_split = 0.25, .shuffle = false});
  CHECK(model.optimizer().iterations() == 8);
  CHECK(h["val_loss"].size() == 4);
  CHECK(h["val_loss"][0] == Approx(0.002025).epsilon(1e-3));  // Keras: line_validation_split
  Sequential other = line(0.05);
  const History g =
      other.fit(slice(line_x, 0, 0, 3), slice(line_y, 0, 0, 3),
                {.batch_size = 2,
                 .epochs = 4,
                 .verbose = 0,
                 .validation_data = {{slice(line_x, 0, 3, 4), slice(line_y, 0, 3, 4)}},
                 .shuffle = false});
  CHECK(g["val_loss"] == h["val_loss"]);
}

TEST_CASE("evaluate gives loss and metrics whatever the batch size") {
  const Dataset data = make_blobs({.rows = 50, .seed = 1});
  Sequential model = classifier(0);
  model.fit(data.x, data.y, {.epochs = 5, .verbose = 0});
  const Evaluation all = model.evaluate(data.x, data.y, {.batch_size = 50});
  const Evaluation parts = model.evaluate(data.x, data.y, {.batch_size = 7});
  CHECK(parts.loss == Approx(all.loss).epsilon(1e-6));
  CHECK(parts["accuracy"] == Approx(all["accuracy"]));
  CHECK(all["loss"] == all.loss);
  CHECK_THROWS_WITH_AS(all["acuracy"], Contains("did you mean 'accuracy'?"), ValueError);
  CHECK(same(model.predict(data.x), model.predict(data.x, {.batch_size = 7})));
}

TEST_CASE("a copy of a model trains separately") {
  Sequential model = line();
  model.fit(line_x, line_y, {.epochs = 2, .verbose = 0});
  Sequential copy = model;
  const auto before = model.get_weights();
  CHECK(same(before, copy.get_weights()));
  copy.fit(line_x, line_y, {.epochs = 2, .verbose = 0});
  CHECK(same(before, model.get_weights()));
  CHECK_FALSE(same(before, copy.get_weights()));
  CHECK(model.optimizer().iterations() == 2);
  CHECK(copy.optimizer().iterations() == 4);
  // With momentum, the copy's velocities are its own as well.
  Sequential one = classifier(1);
  const Dataset data = make_blobs({.rows = 30, .seed = 1});
  one.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  Sequential two = one;
  two.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  one.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  CHECK(same(one.get_weights(), two.get_weights()));
}

TEST_CASE("get_weights copies, and set_weights checks") {
  Sequential model = line();
  CHECK_THROWS_AS(model.get_weights(), StateError);
  model.build(Shape{1, 1});
  const std::vector<Tensor> before = model.get_weights();
  model.fit(line_x, line_y, {.epochs = 1, .verbose = 0});
  CHECK(before[0](0, 0) == 0);
  model.set_weights({Tensor{{2}}, Tensor{1}});
  CHECK(model.predict({{5}})(0, 0) == 11);
  CHECK_THROWS_WITH_AS(model.set_weights({Tensor{{2}}}),
                       "set_weights: the model has 2 weights (got 1)", ValueError);
  CHECK_THROWS_WITH_AS(model.set_weights({Tensor{{3}}, Tensor{{1}}}),
                       "set_weights: weights[1] must have shape (1) (got (1,1))", ShapeError);
  CHECK_THROWS_AS(model.set_weights({Tensor{{3}}, Tensor{not_a_number}}), ValueError);
  CHECK(model.predict({{5}})(0, 0) == 11);
}

TEST_CASE("a hand-written loop can call a model") {
  Sequential model = line();
  CHECK_THROWS_AS(model(line_x), StateError);
  model.build(Shape{4, 1});
  Optimizer opt = SGD{.learning_rate = halving()};
  for (int i = 0; i < 5; ++i) {
    mean(square(model(line_x) - line_y)).backward();
    opt.step(model.parameters());
  }
  CHECK(model.predict({{5}})(0, 0) == Approx(11.102245).epsilon(1e-5));
}

TEST_CASE("summary shows layers, shapes and counts") {
  Sequential model{Dense{.units = 4, .activation = relu}, Dense{.units = 3}, Flatten{}};
  CHECK(model.summary().find("?") != std::string::npos);
  model.build(Shape{1, 2});
  const std::string text = model.summary();
  for (const char* part : {"dense (Dense)", "dense_1 (Dense)", "flatten (Flatten)", "(None, 4)",
                           "(None, 3)", " 12 |", " 15 |", "Total params: 27"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
}

TEST_CASE("verbose 2 writes the lines of Keras through the sink") {
  const auto lines = [](const Schedule& rate, int verbose, int epochs) {
    std::string text;
    Sequential model = line(rate);
    model.fit(line_x, line_y,
              {.batch_size = 2,
               .epochs = epochs,
               .verbose = verbose,
               .shuffle = false,
               .progress = [&](std::string_view piece) { text += piece; }});
    return text;
  };
  const std::string text = lines(halving(), 2, 2);
  CHECK(text.starts_with("Epoch 1/2\n2/2 - 0s - "));
  CHECK(text.find("s/step - loss: ") != std::string::npos);
  CHECK(text.find(" - learning_rate: 0.1000\nEpoch 2/2\n") != std::string::npos);
  CHECK(text.ends_with(" - learning_rate: 0.0500\n"));
  CHECK(lines(0.01, 2, 1).find("Epoch") == std::string::npos);
  CHECK(lines(0.01, 2, 1).find("learning_rate") == std::string::npos);
  CHECK(lines(1e-4, 2, 1).find("loss: ") != std::string::npos);
  CHECK(lines([](double) { return 1e-4; }, 2, 1).find("learning_rate: 1.0000e-04\n") !=
        std::string::npos);
  CHECK(lines(0.01, 0, 2).empty());
  CHECK(lines(0.01, 1, 1).starts_with("2/2 - "));  // no terminal: as verbose 2
}

TEST_CASE("history names its keys") {
  Sequential model = line();
  const History h = model.fit(line_x, line_y, {.epochs = 3, .verbose = 0});
  CHECK(h.epochs() == std::vector<std::int64_t>{0, 1, 2});
  CHECK(h.contains("learning_rate"));
  CHECK_FALSE(h.contains("accuracy"));
  CHECK_THROWS_WITH_AS(h["lss"], Contains("there is no 'lss'; did you mean 'loss'?"), ValueError);
}

TEST_CASE("a call that comes too early says what to call first") {
  Sequential model{Dense{.units = 1}};
  CHECK_THROWS_WITH_AS(model.fit(line_x, line_y), "fit: call compile() first", StateError);
  CHECK_THROWS_WITH_AS(model.evaluate(line_x, line_y), "evaluate: call compile() first",
                       StateError);
  CHECK_THROWS_WITH_AS(model.predict(line_x), "predict: call compile() first", StateError);
  CHECK_THROWS_WITH_AS(model.optimizer(), "optimizer: call compile() first", StateError);
  CHECK_THROWS_WITH_AS(Sequential(std::vector<Layer>{}), "Sequential: the model has no layers",
                       ValueError);
}

TEST_CASE("bad options of fit are refused") {
  Sequential model = line();
  const auto fit = [&](FitOptions options) {
    options.progress = [](std::string_view) {};
    model.fit(line_x, line_y, options);
  };
  CHECK_THROWS_WITH_AS(fit({.batch_size = 0}), "fit: batch_size must be >= 1 (got 0)", ValueError);
  CHECK_THROWS_WITH_AS(fit({.batch_size = -3}), Contains("(got -3)"), ValueError);
  CHECK_THROWS_WITH_AS(fit({.epochs = -1}), "fit: epochs must be >= 0 (got -1)", ValueError);
  CHECK_THROWS_WITH_AS(fit({.verbose = 3}), "fit: verbose must be 0, 1 or 2 (got 3)", ValueError);
  for (const double split : {-0.1, 1.0, 1.5, not_a_number})
    CHECK_THROWS_WITH_AS(fit({.validation_split = split}),
                         Contains("validation_split must be in [0, 1)"), ValueError);
  CHECK_THROWS_WITH_AS(fit({.validation_split = 0.9}), Contains("must leave rows on both sides"),
                       ValueError);
  CHECK_THROWS_AS(model.evaluate(line_x, line_y, {.batch_size = 0}), ValueError);
  CHECK(model.optimizer().iterations() == 0);
}

TEST_CASE("data that does not fit is refused") {
  Sequential model = line();
  CHECK_THROWS_WITH_AS(model.fit(line_x, Tensor{{3}, {5}, {7}}),
                       "fit: x and y must have as many rows (x has 4, y has 3)", ShapeError);
  CHECK_THROWS_WITH_AS(model.fit(Tensor::zeros({0, 1}), Tensor::zeros({0, 1})), "fit: x is empty",
                       ValueError);
  CHECK_THROWS_AS(model.fit(Tensor(1.0), Tensor(1.0)), ShapeError);
  std::vector<Scalar> values(80, 1);
  values[12 * 4 + 3] = static_cast<Scalar>(not_a_number);
  CHECK_THROWS_WITH_AS(model.predict(Tensor({20, 4}, values)),
                       "predict: x must be finite (x[12][3] is nan)", ValueError);
  const Tensor infinite{{1}, {std::numeric_limits<double>::infinity()}, {1}, {1}};
  CHECK_THROWS_WITH_AS(model.fit(infinite, line_y), Contains("x[1][0] is inf"), ValueError);
  CHECK_THROWS_WITH_AS(model.evaluate(line_x, infinite), Contains("y[1][0] is inf"), ValueError);
  CHECK_THROWS_WITH_AS(model.fit(line_x, Tensor::zeros({4, 2})),
                       "MeanSquaredError: targets of shape (4,2) must fit outputs of shape (4,1)",
                       ShapeError);
  model.fit(line_x, line_y, {.verbose = 0});
  CHECK_THROWS_WITH_AS(model.predict({{1, 2, 3, 4, 5}}),
                       "predict: model expects 1 features (got 5)", ShapeError);
  CHECK_THROWS_WITH_AS(model.predict(Tensor::zeros({2, 3, 4})),
                       "predict: model expects rows as in shape (2,1) (got (2,3,4))", ShapeError);
  Sequential classes = classifier(0);
  CHECK_THROWS_WITH_AS(classes.fit(line_x, Tensor{0, 1, 2, 3}),
                       Contains("y[3]=3 is not a class index in [0,3)"), ValueError);
  CHECK_THROWS_AS(classes.fit(line_x, Tensor{0, 1, 2, -1}), ValueError);
  CHECK_THROWS_AS(classes.fit(line_x, Tensor{0, 1, 2, 1.5}), ValueError);
}

TEST_CASE("one column of inputs may come as a plain list") {
  Sequential model = line();
  model.fit(Tensor{1, 2, 3, 4}, Tensor{3, 5, 7, 9}, {.batch_size = 4, .epochs = 5, .verbose = 0});
  CHECK(model.predict(Tensor{5})(0, 0) == Approx(11.102245).epsilon(1e-5));
}

TEST_CASE("a loss that is not finite stops training before that update") {
  // From step 2 on the rate is so large that the weights leave the range.
  Sequential model = line([](double step) { return step < 2 ? 0.01 : 1e30; });
  std::vector<Tensor> last;
  const auto watch = [&](std::string_view) {
    if (model.optimizer().iterations() <= 3) last = model.get_weights();
  };
  CHECK_THROWS_WITH_AS(
      model.fit(1e10 * line_x, line_y, {.epochs = 9, .verbose = 2, .progress = watch}),
      Contains("last finite loss"), NumericError);
  Sequential steady = line(0.01);
  const std::string text = [&] {
    const auto overflow = [](const Tensor&, const Tensor& y_pred) {
      return y_pred + std::numeric_limits<double>::infinity();
    };
    steady.compile({.optimizer = SGD{.learning_rate = 0.5}, .loss = overflow});
    try {
      steady.fit(line_x, line_y, {.verbose = 0});
    } catch (const NumericError& e) {
      return std::string(e.what());
    }
    return std::string();
  }();
  CHECK(text == "fit: non-finite loss at epoch 1 batch 1 step 0 (lr 0.5, last finite loss nan)");
  CHECK(steady.optimizer().iterations() == 0);
  CHECK(steady.get_weights()[0](0, 0) == 0);
}

TEST_CASE("a gradient or rate that is not finite names where training was") {
  Sequential model{Dense{.units = 1, .kernel_initializer = Zeros{}}};
  const auto kink = [](const Tensor&, const Tensor& y_pred) { return sqrt(y_pred); };
  model.compile({.optimizer = SGD{}, .loss = kink});  // sqrt has slope inf at 0
  CHECK_THROWS_WITH_AS(model.fit(line_x, line_y, {.verbose = 0}),
                       Contains("must be finite (got inf"), NumericError);
  CHECK_THROWS_WITH_AS(model.fit(line_x, line_y, {.verbose = 0}),
                       Contains("at epoch 1 batch 1 step 0 (lr 0.01, last finite loss"),
                       NumericError);
  Sequential rate = line([](double step) { return step < 1 ? 0.1 : not_a_number; });
  CHECK_THROWS_WITH_AS(rate.fit(line_x, line_y, {.epochs = 3, .verbose = 0}),
                       Contains("learning_rate schedule returned nan at step 1"), NumericError);
  CHECK(rate.optimizer().iterations() == 1);
}

TEST_CASE("an exception from the progress sink leaves the model at its last step") {
  struct Stop {};
  Sequential model = line();
  const auto stop = [](std::string_view text) {
    if (text.starts_with("2/2")) throw Stop();
  };
  CHECK_THROWS_AS(
      model.fit(line_x, line_y,
                {.batch_size = 2, .epochs = 5, .verbose = 2, .shuffle = false, .progress = stop}),
      Stop);
  CHECK(model.optimizer().iterations() == 2);
  model.fit(line_x, line_y, {.batch_size = 2, .epochs = 1, .verbose = 0, .shuffle = false});
  Sequential plain = line();
  plain.fit(line_x, line_y, {.batch_size = 2, .epochs = 2, .verbose = 0, .shuffle = false});
  CHECK(same(plain.get_weights(), model.get_weights()));
}
