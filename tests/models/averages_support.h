#pragma once
/// Small models with averaged weights, and all state that their training changes.

#include <functional>
#include <string>
#include <vector>

#include <gradus/gradus.h>

namespace averages {

using namespace gradus;

/// All state that training can change, bit by bit.
inline std::string bits(const Sequential& model) {
  const OptimizerCounters& c = model.optimizer().counters();
  std::string all = fmt::format("{} {} {} {} {}", c.iterations, c.collected, c.last_learning_rate,
                                c.averages_from, c.shows_averages);
  const auto add = [&](std::span<const Scalar> values) {
    all.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  };
  for (const Tensor& w : model.get_weights()) add(w.values());
  model.optimizer().state([&](const std::string& name, std::span<const Scalar> values,
                              const Shape&) { add(values), all += name; });
  return all;
}

inline const Dataset& data() {
  static const Dataset moons = make_moons({.rows = 11, .seed = 3});  // batches of 4, 4 and 3
  return moons;
}
constexpr int epochs = 4, batches = 3;

constexpr const char* kinds[] = {"plain", "non-negative", "norms", "normalised, with Dropout"};

inline Sequential make(const std::string& optimizer, std::string_view kind = "plain") {
  Dense first{.units = 3, .activation = tanh}, last{.units = 1};
  if (kind == "non-negative") first.kernel_constraint = last.kernel_constraint = NonNeg{};
  if (kind == "norms") {
    first.kernel_constraint = MinMaxNorm{.min_value = 0.5, .rate = 0.5};
    last.kernel_constraint = UnitNorm{};
    last.bias_constraint = MaxNorm{.max_value = 0.01};
  }
  const Optimizer rule = parse_optimizer(optimizer);
  const Layer normal = rule.rule_averages() ? Layer(LayerNormalization{}) : BatchNormalization{};
  const bool normalised = kind == "normalised, with Dropout";
  Sequential model =
      normalised ? Sequential{first, normal, Dropout{0.2}, last} : Sequential{first, last};
  model.compile({.optimizer = rule, .loss = MeanSquaredError{}, .seed = 5});
  return model;
}

/// Trains the model from its present epoch up to epoch `to`.
inline void train(Sequential& model, int to, std::vector<Callback> callbacks = {},
                  bool resume = true) {
  model.fit(data().x, data().y,
            {.batch_size = 4,
             .epochs = to,
             .verbose = 0,
             .callbacks = std::move(callbacks),
             .validation_data = Batch(data()),
             .resume = resume});
}

/// Acts once: after `batch` other ends of batches, or `test` other begins of test batches.
struct Once {
  std::function<void(Sequential&)> act;
  int batch = -1, test = -1;
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    if (batch-- == 0) act(model);
  }
  void on_test_batch_begin(std::int64_t, const Logs&, Sequential& model) {
    if (test-- == 0) act(model);
  }
};

}  // namespace averages
