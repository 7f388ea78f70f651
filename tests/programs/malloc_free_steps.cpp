/// A warmed-up training step needs no memory from the system. The test counts every call of malloc
/// and related functions, not only operator new.

#include <fmt/core.h>

#include <atomic>
#include <cstddef>
#include <functional>

#include <gradus/core/node.h>
#include <gradus/gradus.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {
std::atomic<long> calls = 0;
}

extern "C" {
void* malloc(std::size_t n) { return ++calls, __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t size) { return ++calls, __libc_calloc(n, size); }
void* realloc(void* p, std::size_t n) { return ++calls, __libc_realloc(p, n); }
void* aligned_alloc(std::size_t a, std::size_t n) { return ++calls, __libc_memalign(a, n); }
void* memalign(std::size_t a, std::size_t n) { return ++calls, __libc_memalign(a, n); }
int posix_memalign(void** p, std::size_t a, std::size_t n) {
  ++calls;
  *p = __libc_memalign(a, n);
  return *p ? 0 : 12;
}
}

namespace {

using namespace gradus;

/// Calls of malloc in `count` runs of `step`, after a thousand runs.
long calls_in(int count, const std::function<void()>& step) {
  for (int i = 0; i < 1000; ++i) step();
  const long before = calls;
  for (int i = 0; i < count; ++i) step();
  return calls - before;
}

bool report(const char* what, long counted) {
  fmt::print("{}: {} calls of malloc\n", what, counted);
  return counted == 0;
}

bool by_hand() {
  const Tensor x{{1}, {2}, {3}, {4}}, y{{3}, {5}, {7}, {9}};
  const Tensor w = parameter({{0.5}}), b = parameter({0.0});
  Optimizer opt =
      SGD{.learning_rate =
              ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.999},
          .momentum = 0.5};
  return report("by hand, toy line, 1000 steps", calls_in(1000, [&] {
                  mean(square(matmul(x, w) + b - y)).backward();
                  opt.step({w, b});
                }));
}

bool classifier_by_hand(int count) {
  const Threads threads(count);
  Random random(1);
  const Tensor x = Tensor::uniform({128, 784}, 0, 1, random);
  Tensor labels = Tensor::zeros({128});
  Sequential model{Dense{.units = 128, .activation = relu}, Dense{.units = 10}};
  model.build(x.shape());
  const SparseCategoricalCrossentropy loss{.from_logits = true};
  const Schedule rate = warmup(CosineDecay{.initial_learning_rate = 0.02, .decay_steps = 1000}, 5);
  Optimizer opt =
      SGD{.learning_rate = clamp(0.5 * rate, 1e-4, 0.01), .momentum = mirror(rate, 0.95, 0.85)};
  bool clean = true;
  fmt::print("threads: {}\n", count);
  const bool quiet = report("by hand, 784-128-10, batch 128, 20 steps", calls_in(20, [&] {
                              mean(loss(labels, model(x))).backward();
                              opt.step(model.parameters());
                              clean = clean && detail::census().recorded == 0;
                            }));
  fmt::print("nodes left recorded after each step: {}\n", clean ? "none" : "SOME");
  return quiet && clean;
}

/// All options that optimizers share, and the rules that need scratch memory.
bool all_options() {
  const Tensor x{{1}, {2}, {3}, {4}}, y{{3}, {5}, {7}, {9}};
  const Tensor w = parameter({{0.5}}), b = parameter({0.0});
  const OptimizerOptions options{.weight_decay = 1e-3,
                                 .global_clipnorm = 1e-3,
                                 .use_ema = true,
                                 .ema_overwrite_frequency = 10,
                                 .gradient_accumulation_steps = 2,
                                 .exclude_from_weight_decay = {b}};
  bool quiet = true;
  for (Optimizer opt :
       {Optimizer(Adam{}, options), Optimizer(Lamb{}, options), Optimizer(Adafactor{}, options),
        Optimizer(Muon{.weight_decay = 0}), Optimizer(ScheduleFreeAdamW{.weight_decay = 0.1})})
    quiet = report(to_string(opt).c_str(), calls_in(1000,
                                                    [&] {
                                                      mean(square(matmul(x, w) + b - y)).backward();
                                                      opt.step({w, b});
                                                    })) &&
            quiet;
  return quiet;
}

/// A call of fit() allocates; more epochs of one batch must add nothing.
bool through_fit() {
  const Dataset data = make_line({.rows = 64});
  const auto calls_of = [&](int epochs, Sampling sampling) {
    Sequential model{Dense{16, tanh}, Dropout{.rate = 0.1}, Dense{.units = 1}};
    model.compile({.optimizer = SGD{.learning_rate = 0.01, .momentum = 0.9},
                   .loss = MeanSquaredError{},
                   .metrics = {MeanAbsoluteError{}}});
    const long before = calls;
    model.fit(data.x, data.y,
              {.batch_size = 16, .epochs = epochs, .verbose = 0, .sampling = sampling});
    return calls - before;
  };
  bool quiet = true;
  for (const Sampling sampling :
       {Sampling::shuffled, Sampling::fresh, Sampling::replacement, Sampling::full}) {
    calls_of(10, sampling);
    quiet = report(fmt::format("fit, {}, 4000 more steps", name_of(sampling)).c_str(),
                   calls_of(2000, sampling) - calls_of(1000, sampling)) &&
            quiet;
  }
  return quiet;
}

}  // namespace

int main() {
  const bool toy = by_hand(), classifier = classifier_by_hand(1) && classifier_by_hand(2),
             options = all_options();
  const bool fit = through_fit();
  return toy && classifier && options && fit ? 0 : 1;
}
