/// Training that was cut off and goes on gives the bits of training that was not.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gradus/models/safetensors.h>

#include "data_files.h"

using namespace gradus;
using doctest::Contains;

namespace {

struct Setting {
  const char* name;
  Optimizer optimizer;
  std::vector<Callback> callbacks;  ///< beside those that save and kill
};

std::vector<Setting> settings() {
  const Schedule restarts = CosineDecayRestarts{
      .initial_learning_rate = 0.05, .first_decay_steps = 7, .t_mul = 1.5, .m_mul = 0.8};
  // Everything counts as no progress, so that it falls often.
  const ReduceLROnPlateau plateau{
      .monitor = "loss", .factor = 0.7, .patience = 2, .min_delta = 0.3, .cooldown = 1};
  const GreedyLR greedy{.monitor = "loss",
                        .greedy = {.factor = 0.7,
                                   .patience = 1,
                                   .min_lr = 0.01,
                                   .max_lr = 0.08,
                                   .smooth = true,
                                   .window_size = 2}};
  const OptimizerOptions averaged{
      .use_ema = true, .ema_momentum = 0.9, .gradient_accumulation_steps = 3};
  const OptimizerOptions overwritten{.global_clipnorm = 1.0,
                                     .use_ema = true,
                                     .ema_momentum = 0.8,
                                     .ema_overwrite_frequency = 4,
                                     .gradient_accumulation_steps = 2};
  return {{"momentum, restarts", SGD{.learning_rate = restarts, .momentum = 0.9}, {}},
          {"momentum, plateau", SGD{.learning_rate = 0.05, .momentum = 0.9}, {plateau}},
          {"momentum, greedy", SGD{.learning_rate = 0.05, .momentum = 0.9}, {greedy}},
          {"Adam, greedy over a schedule", Adam{.learning_rate = restarts}, {greedy}},
          {"Adam, restarts", Adam{.learning_rate = restarts}, {}},
          {"Adam, plateau over a schedule", Adam{.learning_rate = restarts}, {plateau}},
          {"AdamW, restarts", Optimizer(AdamW{.learning_rate = restarts}, averaged), {}},
          {"AdamW, plateau", Optimizer(AdamW{.learning_rate = 0.05}, overwritten), {plateau}}};
}

constexpr int epochs = 6, rows = 37, batch_size = 8, batches = 5;  // the last batch is short

/// All that is random or keeps a state of its own.
Sequential model_with(const Setting& setting) {
  Sequential model{Dense{.units = 6, .activation = relu, .kernel_regularizer = L2{1e-3}},
                   BatchNormalization{.momentum = 0.8}, Dropout{.rate = 0.3}, Dense{.units = 3}};
  model.compile({.optimizer = setting.optimizer,
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = 11});
  return model;
}

struct Killed {};
/// Ends a run in the middle, as a signal would.
struct Kill {
  std::int64_t at;
  std::int64_t seen = 0;
  static constexpr bool runs_last = true;
  void on_train_batch_end(std::int64_t) {
    if (++seen == at) throw Killed();
  }
};

const Dataset& data() {
  static const Dataset blobs = make_blobs({.rows = rows, .noise = 3, .seed = 5});
  return blobs;
}

History train(Sequential& model, std::vector<Callback> callbacks, bool resume = false) {
  return model.fit(data().x, data().y,
                   {.batch_size = batch_size,
                    .epochs = epochs,
                    .verbose = 0,
                    .callbacks = std::move(callbacks),
                    .validation_data = Batch(data()),
                    .resume = resume});
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

void check_same(const Sequential& a, const History& ha, const Sequential& b, const History& hb) {
  const auto wa = a.get_weights(), wb = b.get_weights();
  for (std::size_t i = 0; i < wa.size(); ++i)
    CHECK(std::memcmp(wa[i].values().data(), wb[i].values().data(), wa[i].values().size_bytes()) ==
          0);
  CHECK(ha.epochs() == hb.epochs());
  for (const auto& entry : ha) {
    CAPTURE(entry.first);
    CHECK(same_bits(entry.second, hb[entry.first]));
  }
  CHECK(a.optimizer().iterations() == b.optimizer().iterations());
  CHECK(a.optimizer().learning_rate() == b.optimizer().learning_rate());
}

std::vector<Callback> with(std::vector<Callback> callbacks, std::initializer_list<Callback> more) {
  callbacks.insert(callbacks.end(), more);
  return callbacks;
}

}  // namespace

TEST_CASE("a run interrupted at any of a hundred places goes on bit for bit") {
  const data_files::Folder folder;
  const std::vector<Setting> all = settings();
  Random random(3);
  for (int trial = 0; trial < 102; ++trial) {
    const Setting& setting = all[static_cast<std::size_t>(trial) % all.size()];
    const std::int64_t at = 1 + random.below(epochs * batches);
    const BackupAndRestore backup{folder.path(fmt::format("{}", trial)), 1 + random.below(3)};
    CAPTURE(setting.name);
    CAPTURE(at);
    Sequential whole = model_with(setting), killed = model_with(setting),
               restored = model_with(setting);
    const History expected = train(whole, setting.callbacks);
    CHECK_THROWS_AS(train(killed, with(setting.callbacks, {backup, Kill{at}})), Killed);
    const History found = train(restored, with(setting.callbacks, {backup}));
    check_same(whole, expected, restored, found);
  }
}

TEST_CASE("save, load and resume go on within the epoch") {
  const data_files::Folder folder;
  for (const Setting& setting : settings()) {
    CAPTURE(setting.name);
    Sequential whole = model_with(setting), cut = model_with(setting),
               restored = model_with(setting);
    const History expected = train(whole, setting.callbacks);
    const ModelCheckpoint each{.filepath = folder.path("each"), .save_freq = 1};
    CHECK_THROWS_AS(train(cut, with(setting.callbacks, {each, Kill{13}})), Killed);
    restored.load(folder.path("each"));
    CHECK(restored.history().epochs().size() == 2);
    check_same(whole, expected, restored, train(restored, setting.callbacks, true));
  }
}

TEST_CASE("a file of an older version, which does not say what was heard, goes on") {
  const data_files::Folder folder;
  for (const Setting& setting : settings())
    for (const std::int64_t at : {1, 5, 13, 20}) {
      CAPTURE(setting.name);
      CAPTURE(at);
      Sequential whole = model_with(setting), cut = model_with(setting),
                 restored = model_with(setting);
      const History expected = train(whole, setting.callbacks);
      const BackupAndRestore backup{folder.path("old"),
                                    at % 5 == 0 ? std::nullopt : std::optional<Count>(1)};
      CHECK_THROWS_AS(train(cut, with(setting.callbacks, {backup, Kill{at + 1}})), Killed);
      detail::TensorFile file = detail::load_tensors(backup.path());
      CHECK(std::erase_if(file.tensors, [](const detail::StoredTensor& tensor) {
              return tensor.name.starts_with("run/callbacks/heard/");
            }) > 0);
      detail::save_tensors(folder.path("file"), std::move(file));
      restored.load(folder.path("file"));
      check_same(whole, expected, restored, train(restored, setting.callbacks, true));
      std::filesystem::remove(backup.path());
    }
}

TEST_CASE("what on_train_begin saves of a resumed run is the run that is resumed") {
  const data_files::Folder folder;
  const Setting setting = settings()[3];
  Sequential whole = model_with(setting), cut = model_with(setting), other = model_with(setting);
  const History expected = train(whole, setting.callbacks);
  CHECK_THROWS_AS(train(cut, with(setting.callbacks, {Kill{17}})), Killed);
  LambdaCallback save;
  save.on_train_begin = [&](const Logs&) { cut.save(folder.path("net")); };
  train(cut, with(setting.callbacks, {save}), true);
  other.load(folder.path("net"));
  check_same(whole, expected, other, train(other, setting.callbacks, true));
}

TEST_CASE("a run can be resumed twice, and beyond its last epoch") {
  const data_files::Folder folder;
  const Setting setting = settings()[3];
  Sequential whole = model_with(setting);
  const History expected = train(whole, setting.callbacks);
  const BackupAndRestore backup{folder.path("twice"), 1};
  for (const std::int64_t at : {4, 9, 5}) {
    Sequential killed = model_with(setting);
    CHECK_THROWS_AS(train(killed, with(setting.callbacks, {backup, Kill{at}})), Killed);
  }
  Sequential last = model_with(setting);
  const History found = train(last, with(setting.callbacks, {backup}));
  check_same(whole, expected, last, found);
  CHECK_FALSE(std::filesystem::exists(backup.path()));

  Sequential short_one = model_with(setting);
  short_one.fit(data().x, data().y,
                {.batch_size = batch_size,
                 .epochs = 4,
                 .verbose = 0,
                 .callbacks = setting.callbacks,
                 .validation_data = Batch(data())});
  short_one.save(folder.path("four"));
  Sequential longer = model_with(setting);
  longer.load(folder.path("four"));
  check_same(whole, expected, longer, train(longer, setting.callbacks, true));
}

TEST_CASE("a resumed run has the seed of the file") {
  const data_files::Folder folder;
  const Setting setting = settings()[0];
  Sequential whole = model_with(setting), killed = model_with(setting), other = model_with(setting);
  const History expected = train(whole, {});
  const BackupAndRestore backup{folder.path("backup"), 1};
  CHECK_THROWS_AS(train(killed, {backup, Kill{7}}), Killed);
  other.compile({.optimizer = setting.optimizer,
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = 12});
  const History found = train(other, {backup});
  check_same(whole, expected, other, found);
}

TEST_CASE("without resume a loaded model starts a new run with the optimizer of the file") {
  const data_files::Folder folder;
  const Setting setting = settings()[2];
  Sequential one = model_with(setting);
  train(one, {});
  one.save(folder.path("m"));
  Sequential two = model_with(setting);
  two.load(folder.path("m"));
  const History a = train(one, {}), b = train(two, {});
  CHECK(b.epochs() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
  check_same(one, a, two, b);
  CHECK(two.optimizer().iterations() == 2 * epochs * batches);
}

TEST_CASE("log files of a resumed run have every line once") {
  const data_files::Folder folder;
  const auto loggers = [&](const std::string& name) {
    return std::vector<Callback>{CSVLogger{folder.path(name + ".csv")},
                                 JSONLogger{.filename = folder.path(name + ".jsonl")}};
  };
  const auto lines_of = [&](const std::string& name) {
    std::ifstream file(folder.path(name));
    std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::size_t at; (at = text.find(", \"seconds\"")) != text.npos;)
      text.erase(at, text.find('}', at) - at);
    return text;
  };
  const Setting setting = settings()[1];
  Sequential whole = model_with(setting), killed = model_with(setting), rest = model_with(setting);
  train(whole, with(setting.callbacks, {loggers("a")[0], loggers("a")[1]}));
  const BackupAndRestore backup{folder.path("backup"), 4};
  const auto callbacks = with(setting.callbacks, {backup, loggers("b")[0], loggers("b")[1]});
  CHECK_THROWS_AS(train(killed, with(callbacks, {Kill{19}})), Killed);
  CHECK(lines_of("b.jsonl").find("\"step\": 19") != std::string::npos);  // which is trained again
  train(rest, callbacks);
  CHECK(lines_of("a.csv") == lines_of("b.csv"));
  CHECK(lines_of("a.jsonl") == lines_of("b.jsonl"));
}

TEST_CASE("a resumed run asks a batch source for the next batch") {
  const data_files::Folder folder;
  const auto numbered = [](std::int64_t i) {
    const std::int64_t start = i * 7 % 30;
    return Batch(slice(data().x, 0, start, start + 7), slice(data().y, 0, start, start + 7));
  };
  const Setting setting = settings()[0];
  const auto run = [&](Sequential& model, BatchSource source, std::vector<Callback> callbacks) {
    return model.fit(
        std::move(source),
        {.epochs = 4, .verbose = 0, .callbacks = std::move(callbacks), .steps_per_epoch = 5});
  };
  const auto counting = [&] {
    return [i = std::int64_t{0}, &numbered]() mutable { return numbered(i++); };
  };
  for (const bool by_number : {true, false}) {
    const auto source = [&]() -> BatchSource {
      if (by_number) return numbered;
      return counting();
    };
    const BackupAndRestore backup{folder.path(by_number ? "n" : "c"), 1};
    Sequential whole = model_with(setting), killed = model_with(setting),
               rest = model_with(setting);
    const History expected = run(whole, source(), {});
    CHECK_THROWS_AS(run(killed, source(), {backup, Kill{12}}), Killed);
    const History found = run(rest, source(), {backup});
    check_same(whole, expected, rest, found);
  }
}

TEST_CASE("resume needs the same rows, batches and metrics") {
  const data_files::Folder folder;
  const Setting setting = settings()[0];
  Sequential killed = model_with(setting);
  const ModelCheckpoint each{.filepath = folder.path("each"), .save_freq = 1};
  CHECK_THROWS_AS(train(killed, {each, Kill{3}}), Killed);
  const auto resumed = [&](FitOptions options, const Tensor& x, const Tensor& y) {
    Sequential model = model_with(setting);
    model.load(folder.path("each"));
    options.verbose = 0;
    options.resume = true;
    model.fit(x, y, options);
  };
  CHECK_THROWS_WITH_AS(resumed({.batch_size = 9, .epochs = 3}, data().x, data().y),
                       Contains("the data must be its 37 rows in batches of 8"), StateError);
  CHECK_THROWS_AS(
      resumed({.batch_size = 8, .epochs = 3}, slice(data().x, 0, 0, 30), slice(data().y, 0, 0, 30)),
      StateError);
  Sequential other = model_with(setting);
  other.compile(
      {.optimizer = setting.optimizer, .loss = SparseCategoricalCrossentropy{.from_logits = true}});
  other.load(folder.path("each"));
  CHECK_THROWS_WITH_AS(train(other, {}, true), Contains("the metrics must be those it had"),
                       StateError);
}
