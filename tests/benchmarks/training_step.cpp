/// Whole training steps: a line, and a classifier of 28 x 28 images.

#include <benchmark/benchmark.h>
#include <gradus/gradus.h>

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks.h"
#include "hand_loops.h"

namespace {

using namespace gradus;
using Values = std::vector<float>;

constexpr int turns = 8;  ///< batches that take turns

/// One step on batch number i, returning its loss: what all contestants are made into.
using Contestant = std::function<float(int i)>;
using MakeContestant = std::function<Contestant()>;

Values drawn(std::size_t count, double low, double high, Random& random) {
  Values values(count);
  for (float& v : values) v = static_cast<float>(random.uniform(low, high));
  return values;
}

/// `turns` batches as arrays for the hand-written loops and as tensors for gradus.
struct Batches {
  Batches(int batch, int features, Values x, Values y)
      : rows(batch), width(features), xs(std::move(x)), ys(std::move(y)) {
    x_all = Tensor({ys.size(), width}, xs);
    y_all = Tensor({ys.size()}, ys);
    for (int i = 0; i < turns; ++i)
      tensors[static_cast<std::size_t>(i)] = {slice(x_all, 0, i * rows, (i + 1) * rows),
                                              slice(y_all, 0, i * rows, (i + 1) * rows)};
  }
  const float* x(int i) const { return xs.data() + i * rows * width; }
  const float* y(int i) const { return ys.data() + i * rows; }

  int rows, width;
  Values xs, ys;
  Tensor x_all, y_all;
  std::array<Dataset, turns> tensors;
};

Contestant by_hand(const Batches& data, std::unique_ptr<hand::Step> step) {
  return [&data, step = std::shared_ptr<hand::Step>(std::move(step))](int i) {
    return (*step)(data.x(i), data.y(i));
  };
}

/// Runs both for a few steps from the same weights and compares the losses.
void check_equal(const std::string& name, const Contestant& contestant,
                 const Contestant& reference) {
  for (int i = 0; i < turns; ++i) {
    const float loss = contestant(i), expected = reference(i);
    if (!(std::abs(loss - expected) <= 1e-4f * expected))
      throw std::runtime_error(
          fmt::format("{}: the loss of step {} is {}, that of the hand-written loop {}", name, i,
                      loss, expected));
  }
}

/// fit() reports the mean over an epoch: in file order, the mean of the losses above.
void check_fit(const std::string& name, const Sequential& trained, const Batches& data,
               const Contestant& reference) {
  Sequential model = trained;
  const int rows = turns * data.rows;
  const History history = model.fit(slice(data.x_all, 0, 0, rows), slice(data.y_all, 0, 0, rows),
                                    {.batch_size = data.rows, .verbose = 0, .shuffle = false});
  double expected = 0;
  for (int i = 0; i < turns; ++i) expected += reference(i) / double{turns};
  if (!(std::abs(history["loss"].back() - expected) <= 1e-4 * expected))
    throw std::runtime_error(
        fmt::format("{}: the mean loss is {}, that of the hand-written loop {}", name,
                    history["loss"].back(), expected));
}

void add(const std::string& name, const MakeContestant& make) {
  benchmark::RegisterBenchmark(name.c_str(), [make](benchmark::State& state) {
    const Contestant step = make();
    int i = 0;
    for (auto _ : state) {
      benchmark::DoNotOptimize(step(i));
      i = (i + 1) % turns;
    }
  });
}

/// Time per step of a whole fit(), which is called again and again.
void add_fit(const std::string& name, const Sequential& model, const Tensor& x, const Tensor& y,
             const FitOptions& options) {
  const std::int64_t steps = (x.shape()[0] + options.batch_size - 1) / options.batch_size;
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    Sequential own = model;
    own.fit(x, y, options);  // makes what is made once
    while (state.KeepRunningBatch(steps * options.epochs)) own.fit(x, y, options);
  });
}

// ---- y = 2x + 1, four rows a step ---------------------------------------------------------------

constexpr int line_batch = 4;
constexpr double line_rate = 0.01;
constexpr float first_w = 0.1f, first_b = 0;

/// The noise keeps the gradients from dying out.
Batches make_line_batches() {
  Random random(1);
  const Values x = drawn(line_batch * turns, -1, 1, random);
  Values y = drawn(line_batch * turns, -0.3, 0.3, random);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += 2 * x[i] + 1;
  return Batches(line_batch, 1, x, y);
}

Contestant line_by_gradus(const Batches& data) {
  std::array<Dataset, turns> batches = data.tensors;
  for (Dataset& batch : batches) batch.y = reshape(batch.y, {line_batch, 1});
  return [batches, w = parameter(Tensor{{first_w}}), b = parameter(Tensor{first_b}),
          opt = Optimizer(SGD{.learning_rate = line_rate})](int i) mutable {
    const auto& [x, y, columns, classes] = batches[static_cast<std::size_t>(i)];
    const Tensor loss = mean(square(matmul(x, w) + b - y));
    loss.backward();
    opt.step({w, b});
    return loss.item();
  };
}

Sequential line_model(const Schedule& rate) {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = rate}, .loss = MeanSquaredError{}});
  model.build({line_batch, 1});
  model.set_weights({Tensor{{first_w}}, Tensor{first_b}});
  return model;
}

void add_line() {
  static const Batches data = make_line_batches();
  const auto loop = [](auto make) {
    return [make] {
      return by_hand(data, make({line_batch, first_w, first_b, static_cast<float>(line_rate)}));
    };
  };
  const MakeContestant scalars = loop(hand::plain::make_scalar_line);
  const std::pair<std::string, MakeContestant> contestants[] = {
      {"line/scalar_loop", scalars},
      {"line/eigen_native", loop(hand::native::make_line)},
      {"line/eigen_plain", loop(hand::plain::make_line)},
      {"line/gradus_by_hand", [] { return line_by_gradus(data); }}};
  for (const auto& [name, make] : contestants) {
    check_equal(name, make(), scalars());
    add(name, make);
  }
  check_fit("line/gradus_fit", line_model(line_rate), data, scalars());
  add_fit("line/gradus_fit", line_model(line_rate), data.x_all, data.y_all,
          {.batch_size = line_batch, .epochs = 1000, .verbose = 0});
  // An epoch a step and a moving rate, as in the first lesson: the most that fit() can add.
  const ExponentialDecay slow{.initial_learning_rate = line_rate,
                              .decay_steps = 1'000'000,
                              .decay_rate = 0.9,
                              .staircase = true};
  add_fit("line/gradus_fit_epoch_a_step", line_model(slow), data.tensors[0].x, data.tensors[0].y,
          {.batch_size = line_batch, .epochs = 8000, .verbose = 0});
}

// ---- 784-128-10, relu, softmax cross-entropy ----------------------------------------------------

constexpr int inputs = 784, hidden = 128, classes = 10, fit_rows = 4096;
constexpr double net_rate = 0.01;

struct Net {
  explicit Net(Random& random)
      : w1(drawn(inputs * hidden, -0.06, 0.06, random)),
        b1(hidden),
        w2(drawn(hidden * classes, -0.15, 0.15, random)),
        b2(classes) {}
  Values w1, b1, w2, b2;
};
const Net& net() {
  static Random random(2);
  static const Net made(random);
  return made;
}
Tensor net_kernel1() { return Tensor({inputs, hidden}, net().w1); }
Tensor net_kernel2() { return Tensor({hidden, classes}, net().w2); }

/// Classes at random: there is nothing to learn, so the work stays the same.
Batches make_net_batches(int batch) {
  Random random(3);
  const auto rows = static_cast<std::size_t>(std::max(batch * turns, fit_rows));
  const Values x = drawn(rows * inputs, 0, 1, random);
  Values y(rows);
  for (float& label : y) label = static_cast<float>(random.below(classes));
  return Batches(batch, inputs, x, y);
}

Contestant net_by_gradus(const Batches& data) {
  return [&data, w1 = parameter(net_kernel1()), b1 = parameter(Tensor::zeros({hidden})),
          w2 = parameter(net_kernel2()), b2 = parameter(Tensor::zeros({classes})),
          opt = Optimizer(SGD{.learning_rate = net_rate})](int i) mutable {
    const Dataset& batch = data.tensors[static_cast<std::size_t>(i)];
    const Tensor logits = matmul(relu(matmul(batch.x, w1) + b1), w2) + b2;
    const Tensor loss = mean(SparseCategoricalCrossentropy{.from_logits = true}(batch.y, logits));
    loss.backward();
    opt.step({w1, b1, w2, b2});
    return loss.item();
  };
}

Sequential net_model() {
  Sequential model{Dense{.units = hidden, .activation = relu}, Dense{.units = classes}};
  model.compile({.optimizer = SGD{.learning_rate = net_rate},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true}});
  model.build({1, inputs});
  model.set_weights(
      {net_kernel1(), Tensor::zeros({hidden}), net_kernel2(), Tensor::zeros({classes})});
  return model;
}

void add_net(const Batches& data) {
  const std::string group = fmt::format("784-128-10_batch_{}/", data.rows);
  const auto eigen = [&data](auto make) {
    return [&data, make] {
      const Net& first = net();
      return by_hand(data,
                     make({data.rows, inputs, hidden, classes, first.w1.data(), first.b1.data(),
                           first.w2.data(), first.b2.data(), static_cast<float>(net_rate)}));
    };
  };
  const MakeContestant native = eigen(hand::native::make_classifier);
  const std::pair<std::string, MakeContestant> contestants[] = {
      {"eigen_native", native},
      {"eigen_plain", eigen(hand::plain::make_classifier)},
      {"gradus_by_hand", [&data] { return net_by_gradus(data); }}};
  for (const auto& [name, make] : contestants) {
    check_equal(group + name, make(), native());
    add(group + name, make);
  }
  check_fit(group + "gradus_fit", net_model(), data, native());
  add_fit(group + "gradus_fit", net_model(), data.x_all, data.y_all,
          {.batch_size = data.rows, .epochs = 2, .verbose = 0});
}

}  // namespace

void add_training_steps() {
  add_line();
  static const Batches by_32 = make_net_batches(32), by_128 = make_net_batches(128),
                       by_512 = make_net_batches(512);
  for (const Batches* data : {&by_32, &by_128, &by_512}) add_net(*data);
}
