// Rows 24 to 31 and 47 to 63 of the table of bad inputs. Not here: 24, dropped, for a rate may be
// replaced at any time; 49, as the C++ API takes no names of types; 60, changed: an overflow of the
// weights themselves is found at the end of the epoch; 63, for the command line to refuse.
#include <gradus/gradus.h>

#include <cmath>
#include <functional>
#include <limits>

#include "training_support.h"

using namespace gradus;
using namespace training;
using doctest::Contains;

namespace {

const double inf = std::numeric_limits<double>::infinity();
const double none = std::nan("");

/// What is done, the kind of error, and a part of its text.
struct Refused {
  std::function<void()> act;
  bool (*kind)(const Error&);
  const char* text;
};
template <class E>
bool is(const Error& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}
constexpr auto value_error = is<ValueError>, shape_error = is<ShapeError>,
               state_error = is<StateError>, numeric_error = is<NumericError>;

void check_refused(const std::vector<Refused>& table) {
  for (const Refused& row : table) {
    CAPTURE(row.text);
    bool refused = false;
    try {
      row.act();
    } catch (const Error& error) {
      refused = true;
      CHECK(std::string(error.what()).find(row.text) != std::string::npos);
      CHECK_MESSAGE(row.kind(error), error.what());
    }
    CHECK(refused);
  }
}

/// An optimizer, one weight of value 1, and a gradient for it.
void step(Optimizer optimizer, const Tensor& gradient = Tensor{1}) {
  const Tensor w = parameter({1});
  try {
    optimizer.apply(std::vector{gradient}, std::vector{w});
  } catch (const Error&) {
    CHECK(w(0) == 1);
    CHECK(optimizer.iterations() == 0);
    throw;
  }
}

Sequential classifier(Loss loss, std::int64_t units = 3) {
  Sequential model{Dense{.units = units, .activation = softmax}};
  model.compile({.optimizer = SGD{}, .loss = std::move(loss)});
  return model;
}

/// A metric for three columns.
struct Picky {
  void update(std::vector<double>& sums, const Tensor&, const Tensor& y_pred, const Tensor&) const {
    check<ShapeError>(y_pred.shape().back() == 3, "Picky: three columns");
    sums.assign(1, 0);
  }
  double result(std::span<const double>) const { return 0; }
};
/// One that would hide the loss.
struct Posing {
  static constexpr const char* name = "loss";
  void update(std::vector<double>& sums, const Tensor&, const Tensor&, const Tensor&) const {
    sums.assign(1, 0);
  }
  double result(std::span<const double>) const { return -1; }
};

/// fit() that must not change a thing.
void fit(Sequential model, const Tensor& x, const Tensor& y, FitOptions options = {}) {
  options.verbose = 0;
  model.build({1, 1});
  const auto before = model.get_weights();
  try {
    model.fit(x, y, options);
  } catch (const Error&) {
    CHECK(same(model.get_weights(), before));
    CHECK(model.optimizer().iterations() == 0);
    throw;
  }
}

}  // namespace

TEST_CASE("bad input: optimizers and their updates (rows 25 to 31)") {
  check_refused({
      {[] { step(SGD{.learning_rate = -0.1}); }, value_error,
       "SGD: learning_rate must be finite and >= 0 (got -0.1)"},
      {[] { step(SGD{.learning_rate = none}); }, value_error, "(got nan)"},
      {[] { step(SGD{.learning_rate = inf}); }, value_error, "(got inf)"},
      {[] { step(SGD{.momentum = 1.0}); }, value_error, "SGD: momentum must be in [0, 1) (got 1)"},
      {[] { step(SGD{.momentum = -0.5}); }, value_error, "momentum"},
      {[] { step(SGD{.nesterov = true}); }, value_error, "nesterov"},
      {[] { step(Adam{.beta_1 = 1.0}); }, value_error, "Adam: beta_1 must be in [0, 1) (got 1)"},
      {[] { step(Adam{.beta_2 = -1.0}); }, value_error, "beta_2"},
      {[] { step(Adam{.epsilon = 0}); }, value_error, "epsilon"},
      {[] { step(RMSprop{.rho = none}); }, value_error, "RMSprop: rho must be in [0, 1) (got nan)"},
      {[] { step(Optimizer(SGD{}, {.weight_decay = -1})); }, value_error, "weight_decay"},
      {[] { step(Optimizer(SGD{}, {.clipnorm = 0})); }, value_error,
       "Optimizer: clipnorm must be finite and > 0 (got 0)"},
      {[] {
         step(SGD{}, Tensor{1, 2});
       },
       shape_error, "Optimizer: gradients[0] must have the parameter's shape (1) (got (2))"},
      {[] { step(SGD{}, Tensor{none}); }, numeric_error,
       "Optimizer: the gradient of parameter 0 must be finite (got nan at element 0, step 0)"},
      {[] { step(SGD{.learning_rate = [](double) { return none; }}); }, numeric_error,
       "learning_rate schedule returned nan at step 0"},
      {[] { step(SGD{}, Tensor()); }, state_error, "no parameter has a gradient"},
  });
}

TEST_CASE("a parameter used as data is checked on every call") {
  const Tensor p = parameter({{1}}), broken = parameter({{none}});
  CHECK(line().predict(p).size() == 1);
  detail::node_of(p).replace(detail::node_of(broken).value);
  CHECK_THROWS_WITH_AS(line().predict(p), "predict: x must be finite (x[0][0] is nan)", ValueError);
}

TEST_CASE("bad input: models and data (rows 47, 48, 50 to 56)") {
  const Tensor bad_x{{1}, {2}, {none}, {4}}, bad_y{{1}, {inf}, {3}, {4}};
  check_refused({
      {[&] { fit(line(), bad_x, line_y); }, value_error, "fit: x must be finite (x[2][0] is nan)"},
      {[&] { fit(line(), line_x, bad_y); }, value_error, "fit: y must be finite (y[1][0] is inf)"},
      {[&] {
         fit(line(), line_x, line_y, {.validation_data = Batch{bad_x, line_y}});
       },
       value_error, "fit: validation_data: x must be finite (x[2][0] is nan)"},
      {[&] { line().evaluate(bad_x, line_y); }, value_error, "evaluate: x must be finite"},
      {[&] { line().predict(bad_x); }, value_error, "predict: x must be finite"},
      {[&] { line().train_on_batch(line_x, bad_y); }, value_error, "train_on_batch: y must be"},
      {[&] { line().test_on_batch(bad_x, line_y); }, value_error, "test_on_batch: x must be"},
      {[] { Sequential{Dense{.units = 0}}; }, value_error, "Dense: units must be"},
      {[] { Sequential{Dense{.units = -4}}; }, value_error, "(got -4)"},
      {[] { Sequential(std::vector<Layer>{}); }, value_error, "the model has no layers"},
      {[] {
         Dense narrow{.units = 1};
         Random random(0);
         narrow.build({1, 3}, random);
         Sequential{Dense{.units = 2}, narrow}.build({1, 1});
       },
       shape_error, "build: dense (Dense) gives 2 features, but dense_1 (Dense) must have 3"},
      {[] { Sequential{Dense{.units = 1}}.fit(line_x, line_y); }, state_error,
       "fit: call compile() first"},
      {[] { Sequential{Dense{.units = 1}}.evaluate(line_x, line_y); }, state_error,
       "evaluate: call compile() first"},
      {[] { Sequential{Dense{.units = 1}}.predict(line_x); }, state_error,
       "predict: call compile() first"},
      {[] { Sequential{Dense{.units = 1}}.train_on_batch(line_x, line_y); }, state_error,
       "train_on_batch: call compile() first"},
      {[] {
         fit(line(), line_x, Tensor{1, 2, 3});
       },
       shape_error, "fit: x and y must have as many rows (x has 4, y has 3)"},
      {[] {
         fit(line(), Tensor::zeros({0, 1}), Tensor::zeros({0, 1}));
       },
       value_error, "fit: x is empty"},
      {[] {
         line().predict(Tensor::zeros({0, 1}));
       },
       value_error, "predict: x is empty"},
      {[] {
         line().evaluate(Tensor::zeros({0, 1}), Tensor::zeros({0, 1}));
       },
       value_error, "evaluate: x is empty"},
      {[] { fit(line(), line_x, line_y, {.batch_size = 0}); }, value_error,
       "fit: batch_size must be >= 1 (got 0)"},
      {[] { line().evaluate(line_x, line_y, {.batch_size = -1}); }, value_error,
       "evaluate: batch_size must be >= 1 (got -1)"},
      {[] { line().predict(line_x, {.batch_size = 0}); }, value_error, "predict: batch_size"},
      {[] { line().predict(line_x, {.steps = 0}); }, value_error,
       "predict: steps must be >= 1 (got 0)"},
      {[] { line().predict(line_x, {.sample_weight = Tensor{1}}); }, value_error,
       "predict: sample_weight must be empty"},
      {[] { fit(line(), line_x, line_y, {.epochs = -1}); }, value_error,
       "fit: epochs must be >= 0 (got -1)"},
      {[] { fit(line(), line_x, line_y, {.validation_split = 1}); }, value_error,
       "fit: validation_split must be in [0, 1) (got 1)"},
      {[] { fit(line(), line_x, line_y, {.validation_split = 0.9}); }, value_error,
       "must leave rows on both sides (got 0.9 of 4 rows)"},
      {[] { fit(line(), line_x, line_y, {.initial_epoch = -1}); }, value_error,
       "fit: initial_epoch must be >= 0 (got -1)"},
      {[] { fit(line(), line_x, line_y, {.steps_per_epoch = 0}); }, value_error,
       "fit: steps_per_epoch must be >= 1 (got 0)"},
      {[] { fit(line(), line_x, line_y, {.validation_steps = 0}); }, value_error,
       "fit: validation_steps must be >= 1 (got 0)"},
      {[] { fit(line(), line_x, line_y, {.validation_batch_size = -2}); }, value_error,
       "fit: validation_batch_size must be >= 1 (got -2)"},
      {[] { fit(line(), line_x, line_y, {.validation_freq = 0}); }, value_error,
       "fit: validation_freq must be >= 1 (got 0)"},
      {[] {
         fit(line(), Tensor::ones({4, 5}), line_y);
       },
       shape_error, "fit: model expects 1 features (got 5)"},
      {[] {
         fit(line(), line_x, Tensor::ones({4, 2}));
       },
       shape_error, "targets of shape (4,2) must fit outputs of shape (4,1)"},
      {[] {
         Sequential model = line();
         model.build({1, 4});
         model.predict(Tensor::ones({1, 5}));
       },
       shape_error, "predict: model expects 4 features (got 5)"},  // row 61
  });
}

TEST_CASE("bad input: targets and options of losses and layers (rows 57 to 59)") {
  const Tensor x{{1}, {2}, {3}};
  const Loss sparse = SparseCategoricalCrossentropy{}, one_hot = CategoricalCrossentropy{},
             binary = BinaryCrossentropy{};
  check_refused({
      {[&] {
         fit(classifier(sparse), x, Tensor{0, 1, 3});
       },
       value_error, "y[2]=3 is not a class index in [0,3)"},
      {[&] {
         fit(classifier(sparse), x, Tensor{0, -1, 2});
       },
       value_error, "y[1]=-1"},
      {[&] {
         fit(classifier(sparse), x, Tensor{1.5, 1, 2});
       },
       value_error, "y[0]=1.5"},
      {[&] {
         fit(classifier(one_hot), x, Tensor{{1, 0, 0}, {0, 1, 1}, {0, 0, 1}});
       },
       value_error, "y[1]"},
      {[&] {
         fit(classifier(one_hot), x, Tensor{{1, 0}, {0, 1}, {0, 1}});
       },
       shape_error, "targets of shape (3,2)"},
      {[&] {
         fit(classifier(binary, 1), x, Tensor{{0}, {1}, {2}});
       },
       value_error, "y[2]"},
      {[&] {
         classifier(sparse).evaluate(x, Tensor{0, 1, 3});
       },
       value_error, "y[2]=3"},
      {[] { Loss(BinaryCrossentropy{.label_smoothing = 1}); }, value_error, "label_smoothing"},
      {[] { Loss(Huber{.delta = 0}); }, value_error, "delta"},
      {[] { Layer(Dropout{.rate = 1}); }, value_error, "rate"},
  });
}

TEST_CASE("bad input: the error for a loss that is nan names epoch, batch and step (row 60)") {
  Sequential model = scripted({3, 2.5, 1, none});
  const Tensor x = Tensor::ones({2, 1});
  CHECK_THROWS_WITH_AS(model.fit(x, x, {.batch_size = 1, .epochs = 5, .verbose = 0}),
                       "fit: non-finite loss at epoch 2 batch 2 step 3 (lr 1, last finite loss 1)",
                       NumericError);
  CHECK(weight(model) == -3);
  CHECK(model.last_loss() == 1);
  CHECK(model.history()["loss"] == std::vector<double>{2.75});
  // Weights that one update carries out of range: rate and gradient are numbers, the product is
  // not. It is found when the epoch ends, and its last update is the one to blame.
  Sequential far = line(1e300);
  CHECK_THROWS_WITH_AS(far.fit(1e10 * line_x, line_y, {.epochs = 2, .verbose = 0}),
                       Contains("at epoch 1 batch 1 step 0"), NumericError);
}

TEST_CASE("bad input: a metric that does not fit the outputs is refused before the first update") {
  Sequential model = line();
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .metrics = {Picky{}}});
  check_refused({{[&] { fit(model, line_x, line_y); }, shape_error, "Picky: three columns"},
                 {[&] { fit(model, line_x, line_y, {.terminate_on_nan = true}); }, shape_error, ""},
                 {[&] { model.train_on_batch(line_x, line_y); }, shape_error, "Picky"}});
  CHECK(model.optimizer().iterations() == 0);
}

TEST_CASE("bad input: the error of an empty history suggests no key") {
  CHECK_THROWS_WITH_AS(History()["loss"], "History: there is no 'loss' (there are: none)",
                       ValueError);
}

TEST_CASE("bad input: a metric with a reserved name gets a suffix") {
  Sequential model = line();
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .metrics = {Posing{}}});
  const History h = model.fit(line_x, line_y, {.verbose = 0});
  CHECK(h["loss"][0] == doctest::Approx(41));
  CHECK(h["loss_1"][0] == -1);
}

TEST_CASE("bad input: a model without weights cannot be trained") {
  Sequential model{Flatten{}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  CHECK(model.evaluate(line_x, line_y).loss == doctest::Approx((4 + 9 + 16 + 25) / 4.0));
  CHECK_THROWS_AS(model.fit(line_x, line_y, {.verbose = 0}), StateError);
}
