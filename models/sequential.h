#pragma once
/// Sequential: layers one after the other, and Keras's compile, fit, evaluate, predict.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gradus/models/dataset.h>
#include <gradus/models/history.h>
#include <gradus/models/layer.h>
#include <gradus/models/losses.h>
#include <gradus/models/metrics.h>
#include <gradus/models/progress.h>
#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_VARIANT {

struct CompileOptions {
  Optimizer optimizer;               ///< such as SGD{.learning_rate = 0.1}
  Loss loss;                         ///< such as MeanSquaredError{}
  std::vector<Metric> metrics = {};  ///< such as {Accuracy{}}
  std::uint64_t seed = 0;            ///< of the first weights, the shuffles and Dropout
};

/// In the order of Keras's arguments.
struct FitOptions {
  Extent batch_size = 32;       ///< rows per update, >= 1; the last batch of an epoch may be short
  Extent epochs = 1;            ///< passes over the data, >= 0
  int verbose = 1;              ///< 0 silent, 1 a bar on a terminal (else as 2), 2 a line per epoch
  double validation_split = 0;  ///< this share of the rows, the last ones, is held back; in [0, 1)
  std::optional<Dataset> validation_data = {};  ///< evaluated after each epoch; wins over the split
  bool shuffle = true;                          ///< a new order of the training rows each epoch
  ProgressSink progress = {};                   ///< where progress goes; default: standard error
};

struct EvaluateOptions {
  Extent batch_size = 32;  ///< rows at a time, >= 1; results do not depend on it
};

/// A chain of layers.
///
///     Sequential model{Dense{.units = 16, .activation = tanh}, Dense{.units = 1}};
///     model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
///     History history = model.fit(x, y, {.epochs = 20});
///     Tensor answer = model.predict({{0.5}});
///
/// Data is rows: x (n, features...), where (n) counts as (n, 1); y as the loss wants it. Weights
/// are made from the seed when the first data shows the number of features. A copy of a model is a
/// model of its own. Data with nan or infinity in it is refused (ValueError) before anything
/// happens.
class Sequential {
 public:
  /// ValueError without layers. Layers that share a weight go on sharing it.
  Sequential(std::initializer_list<Layer> layers);
  explicit Sequential(std::vector<Layer> layers);
  Sequential(const Sequential& other);
  Sequential(Sequential&& other);
  Sequential& operator=(Sequential other);
  ~Sequential() = default;

  /// Sets what fit() and evaluate() use. Weights that exist stay.
  void compile(CompileOptions options);
  /// Makes the weights for inputs of this shape; axis 0 is the batch's, of no meaning. fit() and
  /// predict() do it by themselves. ShapeError when layers do not fit together.
  void build(const Shape& input);

  /// Trains: for each epoch, for each batch, one update of the optimizer. Updates count on from one
  /// call to the next, and so does the schedule.
  /// Each number is checked before it is used: NumericError with epoch, batch, step, rate and the
  /// last finite loss when a loss, a gradient or a rate is not finite; the weights are those before
  /// that update. StateError before compile(), ShapeError and ValueError for data that does not
  /// fit.
  History fit(const Tensor& x, const Tensor& y, const FitOptions& options = {});
  /// Loss and metrics without training.
  Evaluation evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {});
  /// The outputs, row by row. StateError before compile() and build().
  Tensor predict(const Tensor& x, const EvaluateOptions& options = {});

  /// One pass through the layers, recorded, for hand-written loops; without a mode, as predict()
  /// sees them. StateError before build().
  Tensor operator()(const Tensor& x);
  Tensor operator()(const Tensor& x, const Mode& mode);
  /// The trainable tensors, in Keras's order: kernel, bias, kernel, ... StateError before build().
  const std::vector<Tensor>& parameters() const;
  /// Copies of the weights' values, in that order.
  std::vector<Tensor> get_weights() const;
  /// All or nothing: ValueError unless there are as many as parameters and all are finite,
  /// ShapeError unless the shapes agree.
  void set_weights(std::span<const Tensor> weights);
  void set_weights(const std::vector<Tensor>& weights) {
    set_weights(std::span<const Tensor>(weights));
  }

  /// The optimizer given to compile(), with its counter. StateError before.
  Optimizer& optimizer();
  const Optimizer& optimizer() const;
  /// Keras's table of layers, output shapes and parameter counts.
  std::string summary() const;

 private:
  struct Epoch;

  CompileOptions& compiled(const char* caller);
  void check_compiled(const char* caller) const;
  void check_built(const char* caller) const;
  /// Keras's name and the type of a layer: `dense_1 (Dense)`.
  std::string name_of(std::size_t layer) const;
  /// What build() makes.
  struct Built {
    std::vector<Layer> layers;
    std::vector<Shape> output_shapes;  ///< of each layer, for one row
    std::vector<Tensor> parameters;
    Shape input_shape;
  };
  /// As it would be built for such inputs; changes nothing yet.
  Built built_for(const Shape& input) const;
  void adopt(Built built);
  /// x as rows that fit the model, as it is or would be built.
  Tensor checked_input(const char* caller, const Tensor& x) const;
  /// The same with y, checked against the loss; builds the model if it was not.
  Dataset checked_examples(const char* caller, const Tensor& x, const Tensor& y);
  void train_batch(const Dataset& batch, Epoch& epoch);
  void end_epoch(const Epoch& epoch, const std::optional<Dataset>& validation,
                 std::int64_t batch_size, detail::Logs& logs);
  Evaluation evaluate_rows(const Dataset& data, std::int64_t batch_size);

  std::vector<Layer> layers_;
  std::vector<Shape> output_shapes_;  ///< of each layer, for one row; known once built
  std::optional<Shape> input_shape_;
  std::vector<Tensor> parameters_, gradients_;
  std::optional<CompileOptions> compiled_;
};

}  // namespace gradus
