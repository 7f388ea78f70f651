// Copies of a model in threads. The tsan preset runs this test for data races.
#include <gradus/gradus.h>

#include <functional>
#include <thread>

#include "training_support.h"

using namespace gradus;
using training::same;

namespace {

/// A tensor that no layer lists, in a struct; and in lambdas, below.
struct Centered {
  Tensor middle{0.5, -0.5, 0.25};
  Tensor operator()(const Tensor& x) const { return x - middle; }
};
/// A struct with parameters().
struct Slope {
  Tensor w;
  void build(const Shape& input, Random& random) {
    w = parameter(Tensor::normal({input.back(), 3}, 0, 1, random));
  }
  Tensor operator()(const Tensor& x) const { return matmul(x, w); }
  std::vector<Tensor> parameters() const { return {w}; }
};
struct WideAndDeep {
  Layer deep = Dense{.units = 3, .activation = relu}, head = Dense{.units = 3};
  Tensor operator()(const Tensor& x, const Mode& mode) {
    return head(concat({x, deep(x, mode)}, 1), mode);
  }
  static void layers(auto& self, auto&& layer) { layer(self.deep), layer(self.head); }
};

std::vector<std::vector<Layer>> layer_lists() {
  const Tensor factor{2.0, 0.5, 1.0};
  Random random(1);
  Dense twice{.units = 3};
  twice.build({1, 3}, random);
  return {
      {Dense{.units = 3, .activation = tanh, .kernel_constraint = MaxNorm{}}, Dense{.units = 2}},
      {Slope{}, BatchNormalization{}, Dropout{.rate = 0.2}, Dense{2, sigmoid}},
      {WideAndDeep{}, LayerNormalization{}, Dense{.units = 2, .kernel_regularizer = L2{}}},
      {twice, twice, Dense{.units = 2}},
      {Dense{.units = 3}, Centered{}, [factor](const Tensor& x) { return x * factor; },
       Dense{.units = 2, .activation = [factor](const Tensor& x) { return x * sum(factor); }}},
  };
}

std::vector<CompileOptions> compile_options() {
  const Tensor weights{1.0, 3.0};
  const auto weighted = [weights](const Tensor& y, const Tensor& y_pred) {
    return mean(square(y - y_pred) * weights, {.axis = 1});
  };
  const Schedule rate = warmup(CosineDecay{.initial_learning_rate = 0.05, .decay_steps = 50}, 5);
  return {
      {.optimizer = SGD{.learning_rate = rate, .momentum = 0.9}, .loss = MeanSquaredError{}},
      {.optimizer = Optimizer(Adam{.learning_rate = 0.01}, {.global_clipnorm = 1, .use_ema = true}),
       .loss = weighted,
       .metrics = {MeanAbsoluteError{}}},
      {.optimizer = Optimizer(Muon{.learning_rate = 0.01}, {.gradient_accumulation_steps = 2,
                                                            .exclude_from_weight_decay = {"bias"}}),
       .loss = Huber{},
       .metrics = {weighted}},
      {.optimizer = RMSprop{.learning_rate = rate, .centered = true}, .loss = MeanAbsoluteError{}},
  };
}

/// The data of one thread.
Tensor data(std::int64_t width) {
  Random random(5, "data", static_cast<std::uint64_t>(width));
  return Tensor::uniform({12, width}, -1, 1, random);
}

struct Way {
  const char* name;
  std::function<Sequential(const Sequential&)> copy;
};
const Way ways[] = {
    {"constructed", [](const Sequential& from) { return from; }},
    {"assigned",
     [](const Sequential& from) {
       Sequential copy{Dense{.units = 1}};
       copy.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
       copy.fit(data(3), data(1), {.verbose = 0});
       copy = from;
       return copy;
     }},
    {"a copy of a copy", [](const Sequential& from) { return Sequential(Sequential(from)); }},
    {"moved in a list",
     [](const Sequential& from) {
       std::vector<Sequential> list{from};
       list.push_back(from);
       return std::move(list[1]);
     }},
    {"with the weights of the other",
     [](const Sequential& from) {
       Sequential copy = from;
       copy.fit(data(3), data(2), {.verbose = 0});
       copy.set_weights(from.get_weights());
       return copy;
     }},
};

/// All that a model shows after training, evaluating and predicting on this thread's data.
std::vector<Tensor> trained(Sequential& model) {
  const Tensor x = data(3), y = data(2);
  const FitOptions options{
      .batch_size = 5,
      .epochs = 3,
      .verbose = 0,
      .callbacks = {EarlyStopping{.monitor = "loss", .patience = 1, .restore_best_weights = true}}};
  model.fit(x, y, options);
  model.train_on_batch(x, y);
  std::vector<Tensor> seen = model.get_weights();
  seen.push_back(Tensor{model.evaluate(x, y).loss});
  seen.push_back(model.predict(x));
  return seen;
}

/// Trains a model and two copies of it, in threads or one after the other.
std::vector<std::vector<Tensor>> results(const std::vector<Layer>& layers,
                                         const CompileOptions& options, const Way& way,
                                         bool in_threads) {
  std::vector<Sequential> models{Sequential(std::vector<Layer>(layers))};
  models[0].compile(options);
  models[0].fit(data(3), data(2), {.batch_size = 5, .epochs = 2, .verbose = 0});
  models.push_back(way.copy(models[0]));
  models.push_back(way.copy(models[0]));
  std::vector<std::vector<Tensor>> all(models.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto train = [&, i] { all[i] = trained(models[i]); };
    if (in_threads)
      threads.emplace_back(train);
    else
      train();
  }
  for (std::thread& thread : threads) thread.join();
  return all;
}

}  // namespace

TEST_CASE("copies of a model train in threads as they do one after the other, bit for bit") {
  for (const auto& layers : layer_lists())
    for (const CompileOptions& options : compile_options())
      for (const Way& way : ways) {
        CAPTURE(way.name);
        const auto alone = results(layers, options, way, false);
        const auto together = results(layers, options, way, true);
        for (std::size_t i = 0; i < alone.size(); ++i) CHECK(same(alone[i], together[i]));
        if (way.name != std::string("with the weights of the other"))
          CHECK(same(alone[0], alone[1]));
      }
}

TEST_CASE("copies made in the hooks of a fit train in threads while the original trains on") {
  struct TrainCopies {
    bool in_threads;
    std::vector<std::vector<Tensor>> found{7};
    std::vector<std::thread> threads = {};
    void on_train_batch_end(std::int64_t batch, const Logs&, Sequential& model) {
      const auto i = static_cast<std::size_t>(batch);
      auto train = [this, i, copy = model]() mutable { found[i] = trained(copy); };
      if (in_threads)
        threads.emplace_back(train);
      else
        train();
    }
  };
  for (const auto& layers : layer_lists()) {
    std::vector<std::vector<Tensor>> found[2];
    for (const bool in_threads : {false, true}) {
      Sequential model{std::vector<Layer>(layers)};
      model.compile(compile_options()[1]);
      TrainCopies copies{in_threads};
      model.fit(data(3), data(2), {.batch_size = 2, .verbose = 0, .callbacks = {std::ref(copies)}});
      for (std::thread& thread : copies.threads) thread.join();
      copies.found[6] = trained(model);
      found[in_threads] = std::move(copies.found);
    }
    for (std::size_t i = 0; i < 7; ++i) CHECK(same(found[0][i], found[1][i]));
  }
}

TEST_CASE("copies of a built Layer, and lists of weights, share no storage with the original") {
  Random random(1);
  Layer one = Dense{.units = 3};
  one.build({1, 3}, random);
  const Layer two = one;
  Sequential model{one};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.build({1, 3});
  std::vector<Tensor> listed = model.get_weights();
  const std::vector<Tensor> all[] = {one.parameters(), two.parameters(), model.parameters(),
                                     listed};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      CHECK(same(all[i], all[j]));
      CHECK(all[i][0].values().data() != all[j][0].values().data());
    }
  model.set_weights(listed);
  CHECK(model.parameters()[0].values().data() != listed[0].values().data());
}
