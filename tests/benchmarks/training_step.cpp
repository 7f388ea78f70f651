/// Whole training steps: a line, a curve, and classifiers of 28 x 28 images.

#include <benchmark/benchmark.h>
#include <gradus/gradus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
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
    const Dataset& batch = batches[static_cast<std::size_t>(i)];
    const Tensor loss = mean(squared_difference(affine(batch.x, w, b), batch.y));
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

// ---- networks: 2-16-16-1 with tanh, 784-128-10 and 784-512-512-10 with relu and softmax ---------

constexpr int classes = 10;

struct Net {
  std::vector<int> widths;
  bool classifier;
  hand::Update update;

  double rate() const { return update != hand::Update::adam ? 1e-2 : classifier ? 1e-4 : 1e-3; }
  std::string name(int batch) const {
    std::string text = std::to_string(widths[0]);
    for (std::size_t i = 1; i < widths.size(); ++i) text += fmt::format("-{}", widths[i]);
    constexpr const char* updates[] = {"sgd", "momentum", "adam"};
    return fmt::format("{}_batch_{}_{}/", text, batch, updates[static_cast<int>(update)]);
  }
  /// First weights, the same for all contestants.
  std::vector<Values> kernels() const {
    Random random(2);
    std::vector<Values> all;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const double limit = std::sqrt(3.0 / widths[i]);
      all.push_back(
          drawn(static_cast<std::size_t>(widths[i] * widths[i + 1]), -limit, limit, random));
    }
    return all;
  }
  std::vector<Tensor> weights() const {
    const std::vector<Values> values = kernels();
    std::vector<Tensor> all;
    for (std::size_t i = 0; i < values.size(); ++i) {
      all.push_back(Tensor({widths[i], widths[i + 1]}, values[i]));
      all.push_back(Tensor::zeros({widths[i + 1]}));
    }
    return all;
  }
  Optimizer optimizer() const {
    if (update == hand::Update::adam) return Adam{.learning_rate = rate()};
    return SGD{.learning_rate = rate(), .momentum = update == hand::Update::momentum ? 0.9 : 0};
  }
};

/// Classes at random: there is nothing to learn, so the work stays the same.
Batches make_batches(const Net& net, int batch) {
  Random random(3);
  const auto rows = static_cast<std::size_t>(batch * turns);
  const Values x =
      drawn(rows * static_cast<std::size_t>(net.widths[0]), net.classifier ? 0 : -1, 1, random);
  Values y = drawn(rows, -1, 1, random);
  if (net.classifier)
    for (float& label : y) label = static_cast<float>(random.below(classes));
  return Batches(batch, net.widths[0], x, y);
}

MakeContestant net_by_hand(const Net& net, const Batches& data,
                           decltype(hand::native::make_network) make) {
  return [=, &data] {
    const std::vector<Values> kernels = net.kernels();
    std::vector<const float*> first;
    for (const Values& kernel : kernels) first.push_back(kernel.data());
    return by_hand(data, make({data.rows, net.widths, net.classifier, net.update,
                               static_cast<float>(net.rate()), first}));
  };
}

Contestant net_by_gradus(const Net& net, const Batches& data) {
  std::vector<Tensor> w;
  for (const Tensor& first : net.weights()) w.push_back(parameter(first));
  return [&data, w, net, opt = net.optimizer()](int i) mutable {
    const Dataset& batch = data.tensors[static_cast<std::size_t>(i)];
    Tensor h = matmul(batch.x, w[0]) + w[1];
    for (std::size_t l = 2; l < w.size(); l += 2)
      h = matmul(net.classifier ? relu(h) : tanh(h), w[l]) + w[l + 1];
    const Tensor loss = net.classifier
                            ? mean(SparseCategoricalCrossentropy{.from_logits = true}(batch.y, h))
                            : mean(square(reshape(h, batch.y.shape()) - batch.y));
    loss.backward();
    opt.step(w);
    return loss.item();
  };
}

Sequential net_model(const Net& net) {
  std::vector<Layer> layers;
  for (std::size_t i = 1; i + 1 < net.widths.size(); ++i)
    layers.push_back(Dense{.units = net.widths[i],
                           .activation = net.classifier ? Activation(relu) : Activation(tanh)});
  layers.push_back(Dense{.units = net.widths.back()});
  Sequential model(layers);
  model.compile({.optimizer = net.optimizer(),
                 .loss = net.classifier ? Loss(SparseCategoricalCrossentropy{.from_logits = true})
                                        : Loss(MeanSquaredError{})});
  model.build({1, net.widths[0]});
  model.set_weights(net.weights());
  return model;
}

void add_net(const Net& net, int batch) {
  const auto shared = std::make_shared<const Batches>(make_batches(net, batch));
  const Batches& data = *shared;
  const std::string group = net.name(batch);
  const MakeContestant native = net_by_hand(net, data, hand::native::make_network);
  const std::pair<std::string, MakeContestant> contestants[] = {
      {"eigen_native", native},
      {"eigen_plain", net_by_hand(net, data, hand::plain::make_network)},
      {"gradus_by_hand", [&data, net] { return net_by_gradus(net, data); }}};
  for (const auto& [name, make] : contestants) {
    check_equal(group + name, make(), native());
    add(group + name, [shared, own = make] { return own(); });
  }
  check_fit(group + "gradus_fit", net_model(net), data, native());
  add_fit(group + "gradus_fit", net_model(net), data.x_all, data.y_all,
          {.batch_size = data.rows, .epochs = 4, .verbose = 0});
}

/// A whole epoch over as many images as MNIST has, in time per step: shuffling, gathering and all.
void add_epoch(int batch) {
  static const Net net{{784, 128, classes}, true, hand::Update::sgd};
  static const Batches images = make_batches(net, 7500);
  const std::string group = fmt::format("epoch_of_60000_batch_{}/", batch);
  benchmark::RegisterBenchmark((group + "eigen_native").c_str(), [batch](benchmark::State& state) {
    Batches room(batch, 784, Values(static_cast<std::size_t>(batch * 784 * turns)),
                 Values(static_cast<std::size_t>(batch * turns)));
    const Contestant step = net_by_hand(net, room, hand::native::make_network)();
    std::vector<std::int64_t> order(images.ys.size());
    std::iota(order.begin(), order.end(), 0);
    Random random(1);
    while (state.KeepRunningBatch(std::ssize(order) / batch)) {
      random.shuffle(order);
      for (std::int64_t first = 0; first + batch <= std::ssize(order); first += batch) {
        for (std::int64_t i = 0; i < batch; ++i) {
          const std::int64_t row = order[static_cast<std::size_t>(first + i)];
          std::copy_n(images.xs.data() + row * 784, 784, room.xs.data() + i * 784);
          room.ys[static_cast<std::size_t>(i)] = images.ys[static_cast<std::size_t>(row)];
        }
        step(0);
      }
    }
  });
  add_fit(group + "gradus_fit", net_model(net), images.x_all, images.y_all,
          {.batch_size = batch, .epochs = 1, .verbose = 0});
}

}  // namespace

void add_training_steps() {
  using hand::Update;
  add_line();
  for (const Update update : {Update::momentum, Update::adam})
    add_net({{2, 16, 16, 1}, false, update}, 32);
  for (const int batch : {32, 128, 512}) add_net({{784, 128, classes}, true, Update::sgd}, batch);
  add_net({{784, 128, classes}, true, Update::adam}, 128);
  for (const Update update : {Update::sgd, Update::adam})
    add_net({{784, 512, 512, classes}, true, update}, 128);
  for (const int batch : {32, 128}) add_epoch(batch);
}
