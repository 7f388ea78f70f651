/// gradus in the row of other libraries' benchmark programs: the workloads W1 to W6, written as a
/// user would, one line of text per configuration and way of running it, such as
///
///     W3 model=784-128-10 batch=128 opt=sgd threads=1 impl=gradus us_per_step=270 min_us=265
///     steps=800
///
/// us_per_step is the median over chunks of about 2 ms, min_us the least. A program that takes the
/// same options and prints the same lines is a peer: rows meet by the text before `impl=`.
///
///     gradus-peers [--only W1,W3] [--match TEXT] [--threads N] [--secs S]
///
/// `impl=gradus` is a step by hand: forward, loss, backward, update on a batch in memory; 8 batches
/// of inputs and 13 of classes take turns. `impl=gradus_fit` is a step of fit() with schedule,
/// averages and history; in `gradus_fit_epoch_a_step` each epoch is one step. `gradus_operators` is
/// W1 with its formula spelled out: +, -, matmul and square in place of affine and
/// squared_difference.

#include <gradus/gradus.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace gradus;

constexpr std::int64_t input_turns = 8, class_turns = 13;

struct Options {
  std::string only, match;  ///< workloads, separated by commas; a part of the configuration
  int threads = 1;
  double seconds = 0.4;  ///< for each configuration

  bool wants(std::string_view config) const {
    const std::string workload(config.substr(0, 2));
    return (only.empty() || ("," + only + ",").find("," + workload + ",") != std::string::npos) &&
           config.find(match) != std::string::npos;
  }
};

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// Times in microseconds per step or epoch.
struct Timing {
  double least, median;
  std::int64_t count;
};

/// From the seconds that each of some chunks took, and the steps in a chunk.
Timing timing_of(std::vector<double> seconds, std::int64_t steps) {
  std::sort(seconds.begin(), seconds.end());
  const double scale = 1e6 / static_cast<double>(steps);
  return {scale * seconds.front(), scale * seconds[seconds.size() / 2],
          steps * std::ssize(seconds)};
}

/// Runs `chunk(n)`, which takes n steps, until the time is over; n is such that it takes 2 ms.
template <class Chunk>
Timing time_steps(double seconds, Chunk chunk) {
  const auto timed = [&](std::int64_t n) {
    const double start = now();
    chunk(n);
    return now() - start;
  };
  std::int64_t n = 1;
  timed(n);  // makes what is made once
  for (double last = timed(n); last < 2e-3; last = timed(n))
    n = std::max(n + 1, static_cast<std::int64_t>(static_cast<double>(n) *
                                                  std::min(10.0, 2.1e-3 / std::max(last, 1e-9))));
  std::vector<double> chunks;
  for (const double end = now() + seconds; now() < end || chunks.size() < 5;)
    chunks.push_back(timed(n));
  return timing_of(std::move(chunks), n);
}

void report(const std::string& config, const char* impl, const Timing& t) {
  fmt::print("{} impl={} us_per_step={:.5g} min_us={:.5g} steps={}\n", config, impl, t.median,
             t.least, t.count);
  std::fflush(stdout);
}

// ---- steps by hand ------------------------------------------------------------------------------

Optimizer optimizer_of(std::string_view name, double adam_rate) {
  if (name == "adam") return Adam{.learning_rate = adam_rate};
  return SGD{.learning_rate = 0.01, .momentum = name == "sgdm" ? 0.9 : 0.0};
}

/// Layers of weights, with an activation between them.
struct Network {
  Network(std::vector<std::int64_t> widths, Tensor (*activation)(const Tensor&))
      : between(activation) {
    Random random(11);
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const double limit = std::sqrt(3.0 / static_cast<double>(widths[i]));
      weights.push_back(
          parameter(Tensor::uniform({widths[i], widths[i + 1]}, -limit, limit, random)));
      weights.push_back(parameter(Tensor::zeros({widths[i + 1]})));
    }
  }

  Tensor operator()(const Tensor& x) const {
    Tensor h = affine(x, weights[0], weights[1]);
    for (std::size_t i = 2; i < weights.size(); i += 2)
      h = affine(between(h), weights[i], weights[i + 1]);
    return h;
  }

  Tensor (*between)(const Tensor&);
  std::vector<Tensor> weights;
};

std::vector<Tensor> uniform_batches(std::int64_t count, const Shape& shape, double low,
                                    Random& random) {
  std::vector<Tensor> batches;
  for (std::int64_t i = 0; i < count; ++i)
    batches.push_back(Tensor::uniform(shape, low, 1, random));
  return batches;
}

Tensor classes_at_random(std::int64_t rows, Random& random) {
  std::vector<Scalar> classes;
  for (std::int64_t i = 0; i < rows; ++i) classes.push_back(static_cast<Scalar>(random.below(10)));
  return Tensor({rows}, classes);
}

const Tensor& turn(const std::vector<Tensor>& batches, std::int64_t step) {
  return batches[static_cast<std::size_t>(step) % batches.size()];
}

/// Times steps on these batches. `loss_of(y_true, y_pred)` must end below `limit`.
template <class Loss>
void time_by_hand(const Options& options, const std::string& config, const Network& net,
                  Optimizer opt, const std::vector<Tensor>& xs, const std::vector<Tensor>& ys,
                  Loss loss_of, double limit) {
  std::int64_t step = 0;
  double last = 0;
  report(config, "gradus", time_steps(options.seconds, [&](std::int64_t n) {
           for (const std::int64_t end = step + n; step < end; ++step) {
             const Tensor loss = loss_of(turn(ys, step), net(turn(xs, step)));
             loss.backward();
             opt.step(net.weights);
             last = loss.item();
           }
         }));
  if (!(last < limit)) fmt::print("# BAD {}: loss {}\n", config, last);
}

Tensor squared_error(const Tensor& y_true, const Tensor& y_pred) {
  return mean(squared_difference(y_pred, y_true));
}

Tensor cross_entropy(const Tensor& y_true, const Tensor& y_pred) {
  return mean(SparseCategoricalCrossentropy{.from_logits = true}(y_true, y_pred));
}

// ---- W1: y = 2x + 1 with noise ------------------------------------------------------------------

void time_fit(const Options& options, const std::string& config, const char* impl, const Tensor& x,
              const Tensor& y) {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = ExponentialDecay{.initial_learning_rate = 0.01,
                                                                    .decay_steps = 1'000'000,
                                                                    .decay_rate = 0.9,
                                                                    .staircase = true}},
                 .loss = MeanSquaredError{},
                 .threads = options.threads});
  const std::int64_t batches = x.shape()[0] / 4;
  Timing timing = time_steps(options.seconds, [&](std::int64_t epochs) {
    model.fit(x, y, {.batch_size = 4, .epochs = epochs, .verbose = 0});
  });
  timing.least /= static_cast<double>(batches);
  timing.median /= static_cast<double>(batches);
  timing.count *= batches;
  report(config, impl, timing);
}

template <class Loss>
void time_line(const Options& options, const std::string& config, const char* impl,
               const std::vector<Tensor>& xs, const std::vector<Tensor>& ys, Loss loss_of) {
  Tensor w = parameter({{0.1}}), b = parameter({0.0});
  Optimizer opt = SGD{.learning_rate = 0.01};
  std::int64_t step = 0;
  double last = 0;
  report(config, impl, time_steps(options.seconds, [&](std::int64_t n) {
           for (const std::int64_t end = step + n; step < end; ++step) {
             const Tensor loss = loss_of(turn(xs, step), turn(ys, step), w, b);
             loss.backward();
             opt.step({w, b});
             last = loss.item();
           }
         }));
  if (!(last < 0.2)) fmt::print("# BAD {}: loss {}\n", config, last);
}

void line(const Options& options) {
  const std::string config =
      fmt::format("W1 model=1-1 batch=4 opt=sgd threads={}", options.threads);
  if (!options.wants(config)) return;
  Random random(1);
  const Tensor x = Tensor::uniform({4 * input_turns, 1}, -1, 1, random);
  const Tensor y = 2 * x + 1 + Tensor::uniform(x.shape(), -0.3, 0.3, random);
  std::vector<Tensor> xs, ys;
  for (std::int64_t i = 0; i < 4 * input_turns; i += 4) {
    xs.push_back(slice(x, 0, i, i + 4));
    ys.push_back(slice(y, 0, i, i + 4));
  }
  time_line(options, config, "gradus", xs, ys,
            [](const Tensor& in, const Tensor& target, const Tensor& w, const Tensor& b) {
              return mean(squared_difference(affine(in, w, b), target));
            });
  time_line(options, config, "gradus_operators", xs, ys,
            [](const Tensor& in, const Tensor& target, const Tensor& w, const Tensor& b) {
              return mean(square(matmul(in, w) + b - target));
            });
  time_fit(options, config, "gradus_fit", x, y);
  time_fit(options, config, "gradus_fit_epoch_a_step", xs[0], ys[0]);
}

// ---- W2 to W4: networks -------------------------------------------------------------------------

void curve(const Options& options) {
  for (const char* opt : {"sgdm", "adam"}) {
    const std::string config =
        fmt::format("W2 model=2-16-16-1 batch=32 opt={} threads={}", opt, options.threads);
    if (!options.wants(config)) continue;
    Random random(2);
    const std::vector<Tensor> xs = uniform_batches(input_turns, {32, 2}, -1, random);
    std::vector<Tensor> ys;
    for (const Tensor& x : xs)  // sin(3a) b, and noise
      ys.push_back(sin(3 * slice(x, 1, 0, 1)) * slice(x, 1, 1, 2) +
                   Tensor::uniform({32, 1}, -0.3, 0.3, random));
    time_by_hand(options, config, Network({2, 16, 16, 1}, tanh), optimizer_of(opt, 1e-3), xs, ys,
                 squared_error, 1);
  }
}

void classifiers(const Options& options) {
  struct Row {
    const char *workload, *model;
    std::vector<std::int64_t> widths, batches;
  };
  for (const Row& row : {Row{"W3", "784-128-10", {784, 128, 10}, {32, 128, 512}},
                         Row{"W4", "784-512-512-10", {784, 512, 512, 10}, {128}}})
    for (const char* opt : {"sgd", "adam"})
      for (const std::int64_t batch : row.batches) {
        const std::string config =
            fmt::format("{} model={} batch={} opt={} threads={}", row.workload, row.model, batch,
                        opt, options.threads);
        if (!options.wants(config)) continue;
        Random random(3);
        const auto xs = uniform_batches(input_turns, {batch, 784}, 0, random);
        std::vector<Tensor> ys;
        for (int i = 0; i < class_turns; ++i) ys.push_back(classes_at_random(batch, random));
        time_by_hand(options, config, Network(row.widths, relu), optimizer_of(opt, 1e-4), xs, ys,
                     cross_entropy, 5);
      }
}

// ---- W5: one schedule evaluation ----------------------------------------------------------------

void schedules(const Options& options) {
  struct Row {
    const char* name;
    Schedule schedule;
    Step period;
  };
  constexpr Step cycle = 10'000, endless = std::numeric_limits<Step>::max();
  const Row rows[] = {{"constant", 0.1, endless},
                      {"step", StepDecay{0.1, 1000, 0.5}, endless},
                      {"exp", ExponentialDecay{0.1, 10'000, std::exp(-1.0)}, endless},
                      {"cosine", CosineDecay{0.1, 10'000}, cycle},
                      {"warmup_cosine", linear(0, 0.1, 500) >> CosineDecay{0.1, 9500}, cycle},
                      {"poly", PolynomialDecay{0.1, 10'000, 0.0, 2.0}, cycle}};
  volatile double sink = 0;
  for (const Row& row : rows) {
    const std::string config = fmt::format("W5 schedule={}", row.name);
    if (!options.wants(config)) continue;
    Step t = 0;
    report(config, "gradus", time_steps(options.seconds / 4, [&](std::int64_t n) {
             for (std::int64_t i = 0; i < n; ++i) sink = row.schedule(t++ % row.period);
           }));
  }
}

// ---- W6: an epoch of 60000 images ---------------------------------------------------------------

void report_epochs(const Options& options, const std::string& config, const char* impl,
                   const std::function<void()>& epoch) {
  const int repetitions = std::max(3, static_cast<int>(options.seconds * 4));
  std::vector<double> seconds;
  for (int i = 0; i < repetitions; ++i) {
    const double start = now();
    epoch();
    seconds.push_back(now() - start);
  }
  const Timing t = timing_of(seconds, 1);
  fmt::print("{} impl={} us_per_epoch={:.6g} min_us={:.6g} reps={}\n", config, impl, t.median,
             t.least, t.count);
  std::fflush(stdout);
}

/// full: fit(). nogather: bare steps on the rows as they lie. gatheronly: shuffling and gathering.
void time_epochs(const Options& options, const std::string& config, const Tensor& x,
                 const Tensor& y, std::int64_t batch) {
  const std::int64_t rows = x.shape()[0];
  Sequential model{Dense{.units = 128, .activation = relu}, Dense{.units = 10}};
  model.compile({.optimizer = SGD{.learning_rate = 0.01},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .threads = options.threads});
  report_epochs(options, config + " part=full", "gradus",
                [&] { model.fit(x, y, {.batch_size = batch, .epochs = 1, .verbose = 0}); });

  const Network net({784, 128, 10}, relu);
  Optimizer opt = SGD{.learning_rate = 0.01};
  std::vector<Tensor> xs, ys;
  for (std::int64_t i = 0; i < rows; i += batch) {
    xs.push_back(slice(x, 0, i, std::min(rows, i + batch)));
    ys.push_back(slice(y, 0, i, std::min(rows, i + batch)));
  }
  report_epochs(options, config + " part=nogather", "gradus", [&] {
    for (std::size_t i = 0; i < xs.size(); ++i) {
      cross_entropy(ys[i], net(xs[i])).backward();
      opt.step(net.weights);
    }
  });

  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  Random random(3);
  report_epochs(options, config + " part=gatheronly", "gradus", [&] {
    std::iota(order.begin(), order.end(), 0);
    random.shuffle(order);
    for (std::int64_t i = 0; i < rows; i += batch) {
      const std::span chosen(order.data() + i, static_cast<std::size_t>(std::min(batch, rows - i)));
      gather_rows(x, chosen);
      gather_rows(y, chosen);
    }
  });
}

void epochs(const Options& options) {
  constexpr std::int64_t rows = 60'000;
  for (const std::int64_t batch : {32, 128}) {
    const std::string config = fmt::format("W6 model=784-128-10 n={} batch={} opt=sgd threads={}",
                                           rows, batch, options.threads);
    if (!options.wants(config)) continue;
    static Random random(3);
    static const Tensor x = Tensor::uniform({rows, 784}, 0, 1, random);
    static const Tensor y = classes_at_random(rows, random);
    time_epochs(options, config, x, y, batch);
  }
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    check(i + 1 < argc, "{} must be followed by a value", name);
    const std::string value = argv[i + 1];
    if (name == "--only")
      options.only = value;
    else if (name == "--match")
      options.match = value;
    else if (name == "--threads")
      options.threads = std::stoi(value);
    else if (name == "--secs")
      options.seconds = std::stod(value);
    else
      throw ValueError(fmt::format("options are --only --match --threads --secs (got {})", name));
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = read_options(argc, argv);
  const Threads threads(options.threads);
  line(options);
  curve(options);
  classifiers(options);
  schedules(options);
  epochs(options);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "gradus-peers: {}\n", error.what());
  return 2;
}
