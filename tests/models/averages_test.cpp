/// Averages of the weights, those of use_ema and those of a rule: training goes on from the raw
/// weights, whatever is shown.

#include <gradus/models/swap_ema_weights.h>

#include <doctest/doctest.h>

#include <functional>

#include <gradus/gradus.h>
#include <gradus/models/safetensors.h>

#include "averages_support.h"
#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace averages;
using data_files::Folder;
using doctest::Approx;
using doctest::Contains;

namespace {

/// Each trains a model with an interruption, and returns the model that has ended training.
using Interrupted = std::function<Sequential(Sequential model, const std::string& path)>;
std::vector<std::pair<const char*, Interrupted>> interruptions(const std::vector<Callback>& with) {
  const auto and_also = [=](const Once& hook) {
    std::vector<Callback> all = with;
    all.push_back(hook);
    return all;
  };
  const auto loaded = [=](Sequential model, const std::string& path) {
    model.load(path);
    train(model, epochs, with);
    return model;
  };
  const auto saved_in = [=](Once hook) {
    return [=](const Sequential& fresh, const std::string& path) {
      Once save = hook;
      save.act = [&](Sequential& m) { m.save(path); };
      Sequential model = fresh;
      train(model, epochs, and_also(save));
      return loaded(fresh, path);
    };
  };
  const auto cut_in = [=](const Once& hook) {
    return [=](Sequential model, const std::string&) {
      try {
        train(model, epochs, and_also(hook));
      } catch (const int&) {
      }
      train(model, epochs, with);
      return model;
    };
  };
  const auto stop = [](Sequential& m) { m.stop_training = true; };
  const auto fail = [](Sequential&) { throw 1; };
  return {{"two calls of fit",
           [=](Sequential model, const std::string&) {
             train(model, 2, with);
             train(model, epochs, with);
             return model;
           }},
          {"a stop at the end of an epoch", cut_in({stop, 5})},
          {"a stop within an epoch", cut_in({stop, 4})},
          {"an exception in a batch", cut_in({fail, 4})},
          {"an exception in a validation", cut_in({fail, -1, 1})},
          {"a file between two calls",
           [=](const Sequential& fresh, const std::string& path) {
             Sequential model = fresh;
             train(model, 2, with);
             model.save(path);
             return loaded(fresh, path);
           }},
          {"a file of a batch", saved_in({{}, 7})},
          {"a file of a validation at the averages", saved_in({{}, -1, 2})},
          {"a copy", [=](Sequential model, const std::string&) {
             train(model, 3, with);
             Sequential copy = model;
             train(copy, epochs, with);
             return copy;
           }}};
}

}  // namespace

TEST_CASE("training goes on from the raw weights, whatever came in between") {
  const Folder folder;
  int combinations = 0;
  const auto compare = [&](const std::string& optimizer, const std::vector<Callback>& with) {
    for (const char* kind : kinds) {
      const Sequential fresh = make(optimizer, kind);
      Sequential whole = fresh;
      train(whole, epochs, with);
      for (const auto& [name, interrupted] : interruptions(with)) {
        ++combinations;
        const std::string setting = fmt::format("{}, {}, {}", optimizer, kind, name);
        CAPTURE(setting);
        const bool same = bits(interrupted(fresh, folder.path("m"))) == bits(whole);
        CHECK(same);
      }
    }
  };
  for (const std::string& rule : known_optimizers()) {
    const bool averages = parse_optimizer(rule).rule_averages();
    for (const char* options :
         {"", ", gradient_accumulation_steps=2", ", ema_overwrite_frequency=2",
          ", ema_overwrite_frequency=3, gradient_accumulation_steps=2", ", global_clipnorm=0.5"})
      if (!averages)
        compare(
            fmt::format("{}(learning_rate=0.05, use_ema=True, ema_momentum=0.8{})", rule, options),
            {SwapEMAWeights{}});
    for (const char* options :
         {"", ", gradient_accumulation_steps=2", ", warmup_steps=5, r=1, weight_decay=0.1",
          ", learning_rate_multipliers=[[\"dense/kernel\", 0]]", ", global_clipnorm=0.5"})
      if (averages) compare(fmt::format("{}(learning_rate=0.3{})", rule, options), {});
  }
  CHECK(combinations == 15 * 5 * 4 * 9);
}

TEST_CASE("only an applied update puts averages into weights") {
  for (const int calls : {2, 3, 4}) {
    for (const int frequency : {1, 2, 3}) {
      const Tensor w = parameter({1});
      Optimizer opt(SGD{.learning_rate = 0.1}, {.use_ema = true,
                                                .ema_momentum = 0.5,
                                                .ema_overwrite_frequency = frequency,
                                                .gradient_accumulation_steps = calls});
      double weight = 1, average = 1;
      for (int call = 1; call <= 60; ++call) {
        opt.apply(std::vector<Tensor>{{1}}, std::vector<Tensor>{w});
        const int update = call % calls == 0 ? call / calls : 0;
        if (update > 0) weight -= 0.1;
        average = call <= calls ? weight : 0.5 * average + 0.5 * weight;
        if (update > 0 && update % frequency == 0) weight = average;
        CAPTURE(call);
        CHECK(w(0) == Approx(weight).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("what is shown is within the constraints, and the averages stay") {
  Sequential model = make("SGD(learning_rate=0.5, use_ema=True, ema_momentum=0.9)", "non-negative");
  std::vector<std::vector<Scalar>> before;
  const auto averages = [](const Sequential& m) {
    std::vector<Scalar> all;
    m.optimizer().state([&](const std::string& name, std::span<const Scalar> v, const Shape&) {
      if (name.ends_with("/average")) all.insert(all.end(), v.begin(), v.end());
    });
    return all;
  };
  std::vector<Scalar> last;
  LambdaCallback watch{.on_epoch_end = [&](std::int64_t, const Logs&) { last = averages(model); }};
  train(model, 20, {watch});
  CHECK(averages(model) == last);
  CHECK(std::ranges::any_of(last, [](Scalar v) { return v < 0; }));  // Keras shows these
  const auto shown = model.get_weights();
  for (const std::size_t kernel : {0u, 2u})
    for (const Scalar v : shown[kernel].values()) CHECK(v >= 0);
}

TEST_CASE("without an epoch fit changes nothing, whether the weights show averages or not") {
  for (const bool shown : {false, true})
    for (const bool resume : {false, true}) {
      Sequential model = make("Adam(learning_rate=0.05, use_ema=True)", "norms");
      train(model, 2);
      if (!shown) model.train_on_batch(data().x, data().y);
      const std::string before = bits(model);
      train(model, 0, {SwapEMAWeights{}}, resume);
      CHECK(model.optimizer().shows_averages() == shown);
      CHECK(bits(model) == before);
    }
}

TEST_CASE("averages begin with the next update after weights were set, also in a file") {
  const Folder folder;
  const std::string optimizer = "SGD(learning_rate=0.1, use_ema=True, ema_momentum=0.9)";
  const std::vector<Tensor> weights = [&] {
    Sequential other = make(optimizer);
    other.build({1, 2});
    other.save(folder.path("weights"), {.weights_only = true});
    return other.get_weights();
  }();
  for (const bool by_file : {false, true}) {
    Sequential model = make(optimizer);
    train(model, 2);
    if (by_file)
      model.load(folder.path("weights"), {.weights_only = true});
    else
      model.set_weights(weights);
    CHECK_FALSE(model.optimizer().shows_averages());
    const std::string set = bits(model);
    model.optimizer().finalize();  // there are none yet
    CHECK(bits(model) == set);
    model.save(folder.path("m"));
    Sequential loaded = make(optimizer), plain = make("SGD(learning_rate=0.1)");
    loaded.load(folder.path("m"));
    plain.build({1, 2});
    plain.set_weights(weights);
    for (Sequential* m : {&model, &loaded, &plain}) m->train_on_batch(data().x, data().y);
    model.optimizer().finalize(), loaded.optimizer().finalize();
    CHECK(training::same(model.get_weights(), plain.get_weights()));
    CHECK(bits(loaded) == bits(model));
  }
}

TEST_CASE("a training step that fails leaves the averages in sight") {
  Sequential model = make("Adam(learning_rate=0.05, use_ema=True)", "norms");
  train(model, 2);
  const std::string before = bits(model);
  const Tensor huge = Tensor::full({11, 2}, 1e38), far = Tensor::full({11, 1}, 1e38);
  CHECK_THROWS_AS(model.train_on_batch(huge, far), NumericError);
  CHECK_THROWS_AS(model.train_on_batch(huge, Tensor::ones({11, 2})), ShapeError);
  CHECK(bits(model) == before);
}

TEST_CASE("compile keeps the weights that are shown") {
  Sequential model = make("Adam(learning_rate=0.05, use_ema=True)");
  train(model, 2);
  const auto shown = model.get_weights();
  model.compile({.optimizer = SGD{.learning_rate = 0}, .loss = MeanSquaredError{}});
  CHECK(training::same(model.get_weights(), shown));
  train(model, 1, {}, false);
  CHECK(training::same(model.get_weights(), shown));
}

TEST_CASE("SwapEMAWeights validates at the averages while training goes on at the weights") {
  const std::string optimizer = "SGD(learning_rate=0.3, use_ema=True, ema_momentum=0.9)";
  Sequential swapped = make(optimizer), plain = make(optimizer);
  std::vector<double> at_averages;
  std::vector<bool> shown;
  LambdaCallback evaluate{
      .on_epoch_begin = [&](std::int64_t,
                            const Logs&) { shown.push_back(swapped.optimizer().shows_averages()); },
      .on_epoch_end =
          [&](std::int64_t, const Logs&) {
            Sequential copy = plain;
            copy.optimizer().finalize();
            at_averages.push_back(copy.evaluate(data().x, data().y).loss);
          }};
  train(swapped, 3, {SwapEMAWeights{.swap_on_epoch = true}, evaluate});
  shown.clear();
  train(plain, 3, {evaluate});
  CHECK(bits(swapped) == bits(plain));
  CHECK(swapped.history()["val_loss"].size() == 3);
  at_averages.erase(at_averages.begin(), at_averages.begin() + 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(swapped.history()["val_loss"][i] == Approx(at_averages[i]));
    CHECK(swapped.history()["val_loss"][i] != Approx(plain.history()["val_loss"][i]));
  }
  Sequential without = make("SGD");
  CHECK_THROWS_WITH_AS(train(without, 1, {SwapEMAWeights{}}),
                       Contains("SwapEMAWeights: the optimizer must have use_ema (got SGD("),
                       ValueError);
}

TEST_CASE("averages that a callback shows are hidden where an evaluation or an epoch ends") {
  Sequential model = make("Adam(learning_rate=0.05, use_ema=True)");
  train(model, 1);
  model.train_on_batch(data().x, data().y);
  const std::string raw = bits(model);
  const std::vector<Callback> swap{SwapEMAWeights{}};
  const std::vector<Callback> failing{SwapEMAWeights{}, Once{[](Sequential&) { throw 1; }, -1, 0}};
  const double shown = model.evaluate(data().x, data().y, {.callbacks = swap}).loss;
  CHECK(bits(model) == raw);
  CHECK(shown != model.evaluate(data().x, data().y).loss);
  model.predict(data().x, {.callbacks = swap});  // Keras leaves the averages in the weights
  CHECK(bits(model) == raw);
  CHECK_THROWS_AS(model.evaluate(data().x, data().y, {.callbacks = failing}), int);
  CHECK(bits(model) == raw);
  LambdaCallback throwing{.on_epoch_end = [](std::int64_t, const Logs&) { throw 1; }};
  CHECK_THROWS_AS(train(model, 1, {SwapEMAWeights{true}, throwing}, false), int);
  CHECK_FALSE(model.optimizer().shows_averages());
}

TEST_CASE("a file from before averages were kept apart still loads") {
  const Folder folder;
  Sequential model = make("Adam(learning_rate=0.05, use_ema=True)");
  train(model, 1);
  model.train_on_batch(data().x, data().y);
  model.save(folder.path("m"));
  detail::TensorFile file = detail::load_tensors(folder.path("m"));
  std::erase_if(file.tensors, [](const detail::StoredTensor& t) {
    return t.name == "run/counters/averages_from" || t.name == "run/counters/shows_averages";
  });
  detail::save_tensors(folder.path("old"), std::move(file));
  Sequential loaded = make("Adam(learning_rate=0.05, use_ema=True)");
  loaded.load(folder.path("old"));
  CHECK(bits(loaded) == bits(model));
}
