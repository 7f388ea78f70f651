/// Memory may run out at any call of malloc: the call of the library then throws std::bad_alloc,
/// and everything is as its header says. Each scenario runs again and again: the first call of
/// malloc fails with all after it, then the second with all after it, and so on until none does.

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include <gradus/gradus.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {
thread_local long left = -1;  ///< calls of malloc that succeed; negative: all
bool fails() { return left >= 0 && (left == 0 || left-- == 0); }
}  // namespace

extern "C" {
void* malloc(std::size_t n) { return fails() ? nullptr : __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t size) { return fails() ? nullptr : __libc_calloc(n, size); }
void* realloc(void* p, std::size_t n) { return fails() ? nullptr : __libc_realloc(p, n); }
void* aligned_alloc(std::size_t a, std::size_t n) {
  return fails() ? nullptr : __libc_memalign(a, n);
}
}

namespace {

using namespace gradus;

/// What runs out of memory, and what must hold afterwards.
struct Attempt {
  std::function<void()> act;
  std::function<bool(bool threw)> holds;
};
struct Scenario {
  const char* name;
  std::function<Attempt()> prepare;
};
const char* running = "";
long point = 0;

/// Runs in a thread of its own, so that the pools of the library are nearly empty. The first ops of
/// a thread make what ends with it, for which glibc aborts when memory runs out.
bool runs_out(const std::function<void()>& act) {
  bool threw = false;
  std::thread([&] {
    mean(square(parameter({1.0}))).backward();
    (void)Tensor().values();
    left = point;
    try {
      act();
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    left = -1;
  }).join();
  return threw;
}

bool passes(const Scenario& scenario) {
  running = scenario.name;
  bool threw = true;
  for (point = 0; threw; ++point) {
    const Attempt attempt = scenario.prepare();
    threw = runs_out(attempt.act);
    std::string complaint = "wrong";
    try {
      if (attempt.holds(threw)) continue;
    } catch (const Error& error) {
      complaint = error.what();
    }
    fmt::print("{}: {}, after call {} of malloc failed\n", running, complaint, point);
    return false;
  }
  fmt::print("{}: {} calls of malloc\n", running, point - 1);
  return true;
}

// ---- models -------------------------------------------------------------------------------------

struct WideAndDeep {
  Layer deep = Dense{.units = 3, .activation = relu}, head = Dense{.units = 2};
  Tensor operator()(const Tensor& x, const Mode& mode) {
    return head(concat({x, deep(x, mode)}, 1), mode);
  }
  static void layers(auto& self, auto&& layer) { layer(self.deep), layer(self.head); }
};

/// One of two models with everything that has memory.
Sequential made(int kind) {
  Sequential model = kind == 0
                         ? Sequential{Dense{.units = 5, .activation = tanh}, BatchNormalization{},
                                      Dropout{.rate = 0.2}, Dense{.units = 1}}
                         : Sequential{WideAndDeep{}, Dense{.units = 1}};
  const Schedule rate =
      linear(0.01, 0.1, 4) >> CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 20};
  Optimizer first(Adam{.learning_rate = rate}, {.global_clipnorm = 1, .use_ema = true});
  Optimizer second(SGD{.learning_rate = 0.05, .momentum = 0.9}, {.gradient_accumulation_steps = 2});
  model.compile({.optimizer = kind == 0 ? first : second,
                 .loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}, RootMeanSquaredError{}},
                 .seed = 3});
  return model;
}

Tensor data(std::int64_t width) {
  Random random(5, "data", static_cast<std::uint64_t>(width));
  return Tensor::uniform({12, width}, -1, 1, random);
}
const Tensor x = data(3), y = data(1);
FitOptions options() {
  return {.batch_size = 4, .epochs = 2, .verbose = 0, .validation_split = 0.25};
}
Sequential trained(int kind) {
  Sequential model = made(kind);
  model.fit(x, y, options());
  return model;
}

/// Everything that a model shows of its state.
std::string state_of(const Sequential& model) {
  std::string text = model.summary();
  const auto add = [&](std::string_view name, std::span<const Scalar> values) {
    text += name;
    text.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  };
  if (text.find('?') == text.npos)
    for (const Weight& weight : model.weights()) add(weight.name, weight.tensor.values());
  const Optimizer& optimizer = model.optimizer();
  optimizer.state([&](const std::string& name, std::span<const Scalar> values, const Shape&) {
    add(name, values);
  });
  const OptimizerCounters& counters = optimizer.counters();
  text += fmt::format("{} {} {} {}", to_string(optimizer), counters.iterations, counters.collected,
                      value(counters.last_learning_rate));
  for (const auto& [name, numbers] : model.history())
    text += fmt::format("{} {} {}", name, numbers.size(), numbers.back());
  return text;
}

const std::string folder =
    (std::filesystem::temp_directory_path() / "gradus-malloc-XXXXXX").string();
std::string file(const char* name, int kind) { return fmt::format("{}/{}{}", folder, name, kind); }

/// `act` changes the model to the state of `goal`, or leaves it as it was and works the next time.
Attempt whole_or_not(Sequential model, const std::string& goal,
                     std::function<void(Sequential&)> act) {
  const auto shared = std::make_shared<Sequential>(std::move(model));
  const std::string before = state_of(*shared);
  return {[=] { act(*shared); },
          [=](bool threw) {
            if (state_of(*shared) != (threw ? before : goal)) return false;
            act(*shared);
            return state_of(*shared) == goal;
          }};
}

// ---- scenarios ----------------------------------------------------------------------------------

std::vector<Scenario> of_models(int kind) {
  const std::string goal = state_of(trained(kind));
  const auto to_goal = [=](Sequential from, std::function<void(Sequential&)> act) {
    return [=] { return whole_or_not(from, goal, act); };
  };
  const Sequential done = trained(kind), other = trained(1 - kind);
  Sequential built = made(kind);
  built.build({1, 3});
  Sequential fresh = built;
  fresh.set_weights(done.get_weights());
  const std::string with_weights = state_of(fresh);
  const auto to_weights = [=](std::function<void(Sequential&)> act) {
    return [=] { return whole_or_not(built, with_weights, act); };
  };
  const auto load = [=](Sequential& model) { model.load(file("done", kind)); };
  return {
      {"assign to another model", to_goal(other, [=](Sequential& model) { model = done; })},
      {"assign to an unbuilt model", to_goal(made(1), [=](Sequential& model) { model = done; })},
      {"load", to_goal(built, load)},
      {"load into an unbuilt model", to_goal(made(kind), load)},
      {"load into a trained model", to_goal(
                                        [=] {
                                          Sequential model = done;
                                          model.fit(x, y, {.batch_size = 4, .verbose = 0});
                                          return model;
                                        }(),
                                        load)},
      {"load weights into an unbuilt model",
       [=] {
         return whole_or_not(made(kind), with_weights, [=](Sequential& model) {
           model.load(file("done", kind), {.weights_only = true});
         });
       }},
      {"load_weights", to_weights([=](Sequential& m) { m.load_weights(file("done", kind)); })},
      {"set_weights", to_weights([=](Sequential& m) { m.set_weights(done.get_weights()); })},
      {"build",
       [=] {
         return whole_or_not(made(kind), state_of(built), [](Sequential& m) { m.build({1, 3}); });
       }},
      {"compile",
       [=] {
         Sequential model{Dense{.units = 1}};
         model.compile({.optimizer = SGD{}, .loss = MeanAbsoluteError{}});
         model.build({1, 3});
         Sequential target = model;
         const auto act = [](Sequential& m) {
           m.compile({.optimizer = Adam{.learning_rate = linear(0, 0.1, 10)},
                      .loss = MeanSquaredError{},
                      .metrics = {MeanAbsoluteError{}}});
         };
         act(target);
         return whole_or_not(model, state_of(target), act);
       }},
      {"evaluate, predict, copy", to_goal(done,
                                          [](Sequential& model) {
                                            model.evaluate(x, y);
                                            model.predict(x);
                                            Sequential copy = model;
                                          })},
  };
}

/// One update, whole or not at all; the next call makes it.
Attempt one_batch(int kind) {
  const auto model = std::make_shared<Sequential>(trained(kind));
  Sequential next = *model;
  next.train_on_batch(x, y);
  const std::string before = state_of(*model), after = state_of(next);
  return {[=] { model->train_on_batch(x, y); },
          [=](bool) {
            if (state_of(*model) == before) model->train_on_batch(x, y);
            return state_of(*model) == after;
          }};
}

/// A fit that ran out of memory and is resumed ends as one that did not.
Attempt resumed(int kind, const std::function<History(Sequential&, const FitOptions&)>& fit) {
  const auto model = std::make_shared<Sequential>(made(kind));
  Sequential whole = made(kind);
  fit(whole, options());
  const std::string goal = state_of(whole);
  return {[=] { fit(*model, options()); },
          [=](bool threw) {
            FitOptions with = options();
            with.resume = true;
            if (threw) fit(*model, with);
            return state_of(*model) == goal;
          }};
}

/// After a save that ran out of memory, the folder has the old file alone.
Attempt saved(int kind) {
  const auto model = std::make_shared<Sequential>(trained(kind));
  const std::string path = file("saved", kind);
  made(1 - kind).predict(x);
  std::filesystem::copy_file(file("done", 1 - kind), path,
                             std::filesystem::copy_options::overwrite_existing);
  return {[=] { model->save(path); },
          [=](bool threw) {
            Sequential read = made(threw ? 1 - kind : kind);
            read.load(path);
            const std::filesystem::directory_iterator files(folder);
            return std::all_of(begin(files), end(files), [](const auto& entry) {
              return entry.path().extension() != ".tmp";
            });
          }};
}

std::vector<Scenario> texts() {
  const Schedule rate = clamp(linear(0, 0.1, 100) >> 0.5 * repeat(CosineDecay{0.1, 900}), 0, 1);
  const auto unchanged = [=](bool) { return rate(50) == 0.05; };
  return {
      {"serialize, deserialize",
       [=] {
         return Attempt{[=] { deserialize(serialize(rate)); }, unchanged};
       }},
      {"to_string, parse_schedule",
       [=] {
         return Attempt{[=] { parse_schedule(to_string(rate)); }, unchanged};
       }},
      {"parse_optimizer",
       [=] {
         return Attempt{
             [] { parse_optimizer("Adam(learning_rate=CosineDecay(0.01, 900), clipnorm=1)"); },
             unchanged};
       }},
  };
}

/// Ops, a backward pass and an update by hand.
Attempt by_hand() {
  const Tensor w = parameter({{0.5, 1}, {2, 3}, {1, 1}}), b = parameter({0.0, 0.0});
  const auto optimizer = std::make_shared<Optimizer>(Adam{});
  const auto step = [=] {
    mean(square(softmax(matmul(x, w) + b))).backward();
    optimizer->step({w, b});
  };
  return {step, [=](bool threw) {
            const bool before = w(0, 0) == Scalar(0.5) && optimizer->iterations() == 0;
            step();
            return before == threw;
          }};
}

}  // namespace

int main() {
  if (mkdtemp(const_cast<char*>(folder.data())) == nullptr) return 1;
  std::set_terminate([] {
    left = -1;
    fmt::print(stderr, "{}: terminate after call {} of malloc failed\n", running, point);
    std::abort();
  });
  const auto fit_rows = [](Sequential& m, const FitOptions& with) { return m.fit(x, y, with); };
  const auto fit_source = [](Sequential& m, FitOptions with) {
    with.validation_split = 0;
    with.steps_per_epoch = 3;
    const auto source = [](std::int64_t i) {
      return Batch(slice(x, 0, i % 3 * 4, i % 3 * 4 + 4), slice(y, 0, i % 3 * 4, i % 3 * 4 + 4));
    };
    return m.fit(source, with);
  };
  bool all = true;
  for (const int kind : {0, 1}) trained(kind).save(file("done", kind));
  for (const int kind : {0, 1}) {
    std::vector<Scenario> scenarios = of_models(kind);
    scenarios.push_back({"train_on_batch", [=] { return one_batch(kind); }});
    scenarios.push_back({"fit, then resume", [=] { return resumed(kind, fit_rows); }});
    scenarios.push_back(
        {"fit from a source, then resume", [=] { return resumed(kind, fit_source); }});
    scenarios.push_back({"save", [=] { return saved(kind); }});
    for (const Scenario& scenario : scenarios) all = passes(scenario) && all;
  }
  for (const Scenario& scenario : texts()) all = passes(scenario) && all;
  all = passes({"by hand", by_hand}) && all;
  std::filesystem::remove_all(folder);
  return all ? 0 : 1;
}
