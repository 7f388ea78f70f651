/// A fit() that is interrupted in any hook goes on as if it had not been: over every hook, place in
/// the list, batch, kind of interruption, kind of data and kind of model.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "data_files.h"

using namespace gradus;

namespace {

enum Point {
  epoch_begin,
  epoch_end,
  batch_begin,
  batch_end,
  test_begin,
  test_end,
  test_batch_begin,
  test_batch_end,
  points
};

/// A struct with all hooks of a run, which calls `hear(point, index, logs, model)`.
template <class Derived>
struct AllHooks {
  using Index = std::int64_t;
  void on_epoch_begin(Index i, const Logs& l, Sequential& m) { hear(epoch_begin, i, l, m); }
  void on_epoch_end(Index i, const Logs& l, Sequential& m) { hear(epoch_end, i, l, m); }
  void on_train_batch_begin(Index i, const Logs& l, Sequential& m) { hear(batch_begin, i, l, m); }
  void on_train_batch_end(Index i, const Logs& l, Sequential& m) { hear(batch_end, i, l, m); }
  void on_test_begin(const Logs& l, Sequential& m) { hear(test_begin, 0, l, m); }
  void on_test_end(const Logs& l, Sequential& m) { hear(test_end, 0, l, m); }
  void on_test_batch_begin(Index i, const Logs& l, Sequential& m) {
    hear(test_batch_begin, i, l, m);
  }
  void on_test_batch_end(Index i, const Logs& l, Sequential& m) { hear(test_batch_end, i, l, m); }

 private:
  void hear(Point point, Index index, const Logs& logs, Sequential& model) {
    static_cast<Derived&>(*this).hear(point, index, logs, model);
  }
};

/// Writes down what it hears: hook, index, updates so far, and the logs.
struct Recorder : AllHooks<Recorder> {
  std::vector<double> heard = {};
  void hear(Point point, std::int64_t index, const Logs& logs, Sequential& model) {
    heard.insert(heard.end(), {double(point), double(index),
                               static_cast<double>(model.optimizer().iterations())});
    for (const auto& entry : logs) heard.push_back(entry.second);
  }
  static void state(auto& self, auto&& field) { field("heard", self.heard); }
};

enum Kind {
  throws,
  saves_and_throws,
  saves_and_stops,
  stops,
  nan_rate,
  nan_loss,
  bad_metric,
  kinds
};

/// What the test and the callbacks of a run share.
struct Shared {
  double rate = 0.05, factor = 1;  ///< of the optimizer, and of the loss
  std::string path = {};
  bool fired = false, bad_metric = false;
};

struct Interrupted {};
/// Interrupts the run when a hook comes for the nth time, from 0.
struct Interrupter : AllHooks<Interrupter> {
  std::shared_ptr<Shared> shared;
  Kind kind;
  Point point;
  int n;

  void hear(Point now, std::int64_t, const Logs&, Sequential& model) {
    if (now != point || shared->fired || n-- > 0) return;
    shared->fired = true;
    if (kind == saves_and_throws || kind == saves_and_stops) model.save(shared->path);
    if (kind == throws || kind == saves_and_throws) throw Interrupted();
    if (kind == saves_and_stops || kind == stops) model.stop_training = true;
    if (kind == nan_rate) shared->rate = std::numeric_limits<double>::quiet_NaN();
    if (kind == bad_metric) shared->bad_metric = true;
    if (kind == nan_loss) shared->factor = std::numeric_limits<double>::infinity();
  }
};

/// Counts rows, and throws when it is told to: after the metric before it has taken a batch.
struct Tripwire {
  static constexpr const char* name = "rows";
  std::shared_ptr<Shared> shared;
  void update(std::vector<double>& sums, const Tensor& y, const Tensor&, const Tensor&) const {
    if (shared->bad_metric) throw Interrupted();
    sums.resize(1);
    sums[0] += static_cast<double>(y.shape()[0]);
  }
  double result(std::span<const double> sums) const { return sums[0]; }
};

enum Source { rows, passes, numbered, counted, ending, sources };

struct Setting {
  Source source;
  bool one_batch;  ///< per epoch; else three, the last of them short
  bool stateful;   ///< layers with random numbers and a state, and gradient accumulation
};

constexpr std::int64_t epochs = 3;

struct Training {
  explicit Training(const Setting& s, std::shared_ptr<Shared> with = std::make_shared<Shared>())
      : setting(s),
        shared(std::move(with)),
        model(s.stateful ? Sequential{Dense{.units = 3, .activation = tanh},
                                      BatchNormalization{.momentum = 0.8}, Dropout{.rate = 0.3},
                                      Dense{.units = 1}}
                         : Sequential{Dense{.units = 1}}) {
    OptimizerOptions options;
    if (setting.stateful) options.gradient_accumulation_steps = 2;
    const auto loss = [shared = shared](const Tensor& y, const Tensor& y_pred) {
      return mean(square(y - y_pred), {.axis = 1}) * shared->factor;
    };
    model.compile(
        {.optimizer = Optimizer(
             Adam{.learning_rate = [shared = shared](double) { return shared->rate; }}, options),
         .loss = loss,
         .metrics = {MeanAbsoluteError{}, Tripwire{shared}},
         .seed = 3});
  }
  static const Dataset& data() {
    static const Dataset line = make_line({.rows = 11, .noise = 0.5, .seed = 5});
    return line;
  }
  std::int64_t batches() const { return setting.one_batch ? 1 : 3; }
  std::int64_t batch_size() const { return setting.one_batch ? 11 : 4; }
  Batch chunk(std::int64_t i) const {
    const std::int64_t start = i % batches() * batch_size();
    const std::int64_t stop = std::min<std::int64_t>(11, start + batch_size());
    return {slice(data().x, 0, start, stop), slice(data().y, 0, start, stop)};
  }
  BatchSource source() const {
    if (setting.source == numbered) return [this](std::int64_t i) { return chunk(i); };
    if (setting.source == counted) return [this, i = 0]() mutable { return chunk(i++); };
    return [this, i = std::int64_t{0}]() mutable -> std::optional<Batch> {
      const std::int64_t call = i++ % (batches() + 1);
      if (call == batches()) return std::nullopt;
      return chunk(call);
    };
  }
  History fit(std::vector<Callback> callbacks, bool resume, bool terminate = false) {
    FitOptions options{.batch_size = batch_size(),
                       .epochs = epochs,
                       .verbose = 0,
                       .callbacks = std::move(callbacks),
                       .validation_data = Batch(chunk(0)),
                       .validation_batch_size = 3,
                       .validation_freq = 2,
                       .terminate_on_nan = terminate,
                       .resume = resume};
    if (setting.source == numbered || setting.source == counted)
      options.steps_per_epoch = batches();
    if (setting.source == passes) options.steps_per_epoch = 2;
    if (setting.source == rows || setting.source == passes)
      return model.fit(data().x, data().y, options);
    return model.fit(source(), options);
  }

  Setting setting;
  std::shared_ptr<Shared> shared;
  Sequential model;
};

/// All that a run leaves: weights, counts, history, and what two callbacks heard.
struct Outcome {
  std::vector<double> numbers;
  bool diverged = false;

  Outcome(const Training& training, const History& history, const Recorder& a, const Recorder& b) {
    const auto add = [&](const auto& all) {
      numbers.push_back(static_cast<double>(std::size(all)));
      for (const auto number : all) numbers.push_back(static_cast<double>(number));
    };
    for (const Tensor& weight : training.model.get_weights()) add(weight.values());
    add(std::vector{training.model.optimizer().iterations()});
    add(history.epochs());
    for (const auto& series : history) add(series.second);
    add(a.heard), add(b.heard);
    diverged = history.diverged();
  }
  bool operator==(const Outcome& other) const {
    return numbers.size() == other.numbers.size() && !diverged && !other.diverged &&
           std::memcmp(numbers.data(), other.numbers.data(), numbers.size() * sizeof(double)) == 0;
  }
};

Outcome finish(Training& training, bool resume) {
  Recorder a, b;
  const History history = training.fit({std::ref(a), std::ref(b)}, resume);
  return {training, history, a, b};
}

/// The run, interrupted and resumed: in the model that it was interrupted in, or from a file.
Outcome resumed(const Setting& setting, Interrupter what, int place, bool from_file,
                const std::string& path) {
  Training training(setting, what.shared);
  what.shared->path = path;
  std::vector<Callback> callbacks{Recorder{}, Recorder{}};
  callbacks.insert(callbacks.begin() + place, what);
  try {
    training.fit(callbacks, false, what.n % 2 == 0);
  } catch (const Interrupted&) {
  } catch (const NumericError&) {
  }
  const bool saved =
      what.shared->fired && (what.kind == saves_and_throws || what.kind == saves_and_stops);
  *what.shared = {};
  if (!from_file) return finish(training, true);
  if (!saved) training.model.save(path);
  Training other(setting, what.shared);
  other.model.load(path);
  return finish(other, true);
}

/// Tries each point, at some of its calls, from each place in the list, and both ways to resume.
void check_all(const Setting& setting, Kind kind, int& tried) {
  const data_files::Folder folder;
  Training whole(setting);
  const Outcome expected = finish(whole, false);
  for (int point = 0; point < points; ++point)
    for (const int n : {0, 2, 4, 8})
      for (int place = 0; place < 3; ++place)
        for (const bool from_file : {false, true}) {
          // The loss of a validation would be recorded.
          if (kind == nan_loss && point != epoch_begin && point != batch_begin) continue;
          ++tried;
          const auto shared = std::make_shared<Shared>();
          const Interrupter what{{}, shared, kind, Point(point), n};
          CAPTURE(setting.source);
          CAPTURE(setting.one_batch);
          CAPTURE(setting.stateful);
          CAPTURE(kind);
          CAPTURE(point);
          CAPTURE(n);
          CAPTURE(place);
          CAPTURE(from_file);
          const bool same =
              resumed(setting, what, place, from_file, folder.path("net")) == expected;
          CHECK(same);
        }
}

}  // namespace

TEST_CASE(
    "a run interrupted in any hook makes the updates that lack and calls the hooks that lack") {
  int tried = 0;
  for (int source = 0; source < sources; ++source)
    for (const bool one_batch : {false, true})
      for (const bool stateful : {false, true})
        for (int kind = 0; kind < kinds; ++kind)
          check_all({Source(source), one_batch, stateful}, Kind(kind), tried);
  MESSAGE(tried << " combinations");
}
