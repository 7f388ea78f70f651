/// Errors in training name the layer, the shapes that the user gave, and what would fit.

#include <gradus/models/activations.h>
#include <gradus/models/normalization.h>

#include "training_support.h"

using namespace training;

namespace {

constexpr std::int64_t rows = 10;

/// A product with a weight of a fixed shape (3, 2), whatever comes.
struct Fixed {
  Tensor kernel = parameter(Tensor::ones({3, 2}));
  Tensor operator()(const Tensor& x) const { return matmul(x, kernel); }
  static void weights(auto& self, auto&& weight) { weight("kernel", self.kernel); }
};

std::string error_of(const std::vector<Layer>& layers, const Loss& loss, const Tensor& x,
                     const Tensor& y) {
  Sequential model(layers);
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = loss});
  try {
    model.fit(x, y, {.batch_size = 4, .verbose = 0});
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("an error in a layer names the layer, with the rows that the user gave") {
  const Layer good = Dense{.units = 4};
  const Layer fixed = Fixed{}, odd = Dense{3, [](const Tensor&h) { return glu(h); }};
  const Layer far = BatchNormalization{.axis = 3};
  // In training alone, with a batch of 4 rows; the pass that builds the model has one.
  const Layer later = [](const Tensor& h) { return h.shape()[0] == 1 ? h : reshape(h, {-1, 7}); };
  struct Case {
    const Layer& bad;
    const char* name;
    const char* text;
  };
  for (const Case& c : {Case{fixed, "fixed", ": matmul: (10,4) by (3,2)"},
                        {odd, "dense", ": glu: axis -1 must have an even extent (got 3)"},
                        {far, "batch_normalization", "with an axis 3 (got shape (10,4))"},
                        {later, "custom", ": reshape: 16 elements of shape (4,4)"}})
    for (const int before : {1, 2, 3}) {
      std::vector<Layer> layers(static_cast<std::size_t>(before), good);
      layers.push_back(c.bad);
      layers.push_back(good);
      const std::string error =
          error_of(layers, MeanSquaredError{}, Tensor::ones({rows, 4}), Tensor::ones({rows, 4}));
      const std::string name =
          std::string(c.name) == "dense" ? fmt::format("dense_{}", before) : c.name;
      CHECK(error.starts_with(name + ": "));
      CHECK(error.find(c.text) != error.npos);
    }
}

TEST_CASE("the error names the loss that class numbers or one-hot targets need") {
  const Tensor x = Tensor::ones({rows, 2});
  const Tensor hot = broadcast_to(Tensor{{1, 0, 0}}, {rows, 3});
  const Layer three = Dense{3, softmax};
  CHECK(error_of({three}, SparseCategoricalCrossentropy{}, x, hot) ==
        "SparseCategoricalCrossentropy: class numbers (n) must go with outputs (n, classes) (got "
        "shapes (10,3) and (10,3)); for one-hot targets use CategoricalCrossentropy");
  for (const Shape& shape : {Shape{rows}, Shape{rows, 1}})
    for (const Loss& loss : {Loss(CategoricalCrossentropy{}), Loss(CategoricalFocalCrossentropy{})})
      CHECK(error_of({three}, loss, x, Tensor::zeros(shape)) ==
            fmt::format("{}: targets of shape {} must fit outputs of shape (10,3); for class "
                        "numbers use SparseCategoricalCrossentropy",
                        loss.type(), shape));
  CHECK(error_of({three}, CategoricalCrossentropy{}, x, hot) == "accepted");
  CHECK(error_of({three}, SparseCategoricalCrossentropy{}, x, Tensor::zeros({rows})) == "accepted");
}

TEST_CASE("one row without its outer braces is told that it is rows of one") {
  Sequential model = line();
  model.build({1, 4});
  CHECK_THROWS_WITH_AS(model.predict(Tensor{1, 2, 3, 4}),
                       "predict: model expects 4 features (got 1); x of shape (4) is rows of one",
                       ShapeError);
}
