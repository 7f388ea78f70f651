/// save() and load(): what comes back, what is refused, and that nothing is ever half loaded.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gradus/models/safetensors.h>

#include "data_files.h"

using namespace gradus;
using data_files::Folder;
using doctest::Contains;

namespace {

const Tensor x{{1, 2}, {2, 1}, {3, 5}, {4, 0}, {5, 2}}, y{{3}, {5}, {7}, {9}, {8}};
const CosineDecay falling{.initial_learning_rate = 0.05, .decay_steps = 40};

Sequential net(Optimizer optimizer, int hidden = 3) {
  Sequential model{Dense{hidden, tanh}, Dense{.units = 1}};
  model.compile({.optimizer = std::move(optimizer), .loss = MeanSquaredError{}, .seed = 4});
  return model;
}

History train(Sequential& model, int epochs, std::vector<Callback> callbacks = {}) {
  return model.fit(
      x, y, {.batch_size = 2, .epochs = epochs, .verbose = 0, .callbacks = std::move(callbacks)});
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Weights, counters, rate and history, and two more epochs from here: all that a load could spoil.
std::string fingerprint(const Sequential& model) {
  std::string text = fmt::format("{} {} {}", model.optimizer().iterations(),
                                 model.optimizer().learning_rate(), to_string(model.optimizer()));
  Sequential copy = model;
  const History more = train(copy, 2);
  for (const Sequential* m : {&model, static_cast<const Sequential*>(&copy)})
    for (const Tensor& weight : m->get_weights())
      for (const Scalar v : weight.values()) text += fmt::format(" {}", static_cast<double>(v));
  for (const auto& [key, series] : model.history())
    text += fmt::format(" {} {}", key, series.size());
  return text + fmt::format(" {}", more["loss"].back());
}

}  // namespace

TEST_CASE("a loaded model equals the saved one") {
  const Folder folder;
  const OptimizerOptions options{.clipnorm = 1.0, .use_ema = true};
  Sequential saved = net(Optimizer(Adam{.learning_rate = falling, .amsgrad = true}, options));
  const History h = train(saved, 3);
  saved.save(folder.path("m"));
  Sequential loaded = net(Optimizer(Adam{.learning_rate = falling, .amsgrad = true}, options));
  loaded.load(folder.path("m"));
  CHECK(fingerprint(saved) == fingerprint(loaded));
  CHECK(loaded.optimizer().iterations() == 9);
  CHECK(loaded.history()["loss"] == h["loss"]);
}

TEST_CASE("weights_only loads into a model that was never compiled") {
  const Folder folder;
  Sequential saved = net(SGD{});
  train(saved, 2);
  saved.save(folder.path("all"));
  saved.save(folder.path("weights"), {.weights_only = true});
  CHECK(std::filesystem::file_size(folder.path("weights")) <
        std::filesystem::file_size(folder.path("all")));
  for (const char* name : {"all", "weights"}) {
    Sequential plain{Dense{3, tanh}, Dense{.units = 1}};
    plain.load(folder.path(name));
    CHECK(plain.predict(x)(2, 0) == saved.predict(x)(2, 0));
  }
  Sequential compiled = net(Adam{});  // another optimizer is no matter for weights
  train(compiled, 1);
  compiled.load(folder.path("all"), {.weights_only = true});
  CHECK(compiled.optimizer().iterations() == 3);
  CHECK(compiled.predict(x)(2, 0) == saved.predict(x)(2, 0));
}

TEST_CASE("the rate of the file wins, but a number does not replace a schedule") {
  const Folder folder;
  const auto rate_after = [&](const Schedule& saved_with, const Schedule& loaded_with,
                              std::optional<Schedule> set = {}) {
    Sequential saved = net(SGD{.learning_rate = saved_with, .momentum = 0.9});
    train(saved, 2);
    if (set) saved.optimizer().set_learning_rate(*set);
    saved.save(folder.path("m"));
    Sequential loaded = net(SGD{.learning_rate = loaded_with, .momentum = 0.9});
    loaded.load(folder.path("m"));
    CHECK(loaded.optimizer().iterations() == 6);
    const auto slots = [](const Optimizer& optimizer) {
      std::vector<Scalar> all;
      optimizer.state([&](const std::string&, std::span<const Scalar> values, const Shape&) {
        all.insert(all.end(), values.begin(), values.end());
      });
      return all;
    };
    CHECK(slots(loaded.optimizer()) == slots(saved.optimizer()));
    return to_string(loaded.optimizer().schedule());
  };
  const Schedule lambda = [](double) { return 0.1; };
  CHECK(rate_after(0.1, falling) == to_string(Schedule(falling)));  // Keras drops all state here
  CHECK(rate_after(falling, falling) == to_string(Schedule(falling)));
  CHECK(rate_after(falling, 0.1) == to_string(Schedule(falling)));
  CHECK(rate_after(0.1, 0.2) == "0.1");
  CHECK(rate_after(falling, falling, 0.01) == "0.01");  // set while it ran
  CHECK(rate_after(0.1, 0.1, 0.5 * Schedule(falling)) == to_string(0.5 * Schedule(falling)));
  CHECK(rate_after(lambda, 0.2) == "0.2");
  CHECK(rate_after(lambda, lambda) == "custom");
  CHECK(rate_after(lambda, lambda, 0.5 * lambda) == "0.5 * custom");
}

TEST_CASE("any damage to a checkpoint is an error and leaves the model as it was") {
  const Folder folder;
  const std::string path = folder.path("m");
  const auto damaged = [&](Sequential& model, const std::string& good) {
    const std::string before = fingerprint(model);
    const auto refuse = [&](const std::string& bytes, std::size_t place) {
      folder.write("bad", bytes);
      CAPTURE(place);
      CHECK_THROWS_AS(model.load(folder.path("bad")), FormatError);
    };
    for (std::size_t n = 0; n < good.size(); ++n) refuse(good.substr(0, n), n);
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
      refuse(bad, i);
    }
    CHECK(fingerprint(model) == before);
    model.load(path);  // the good one still does
  };
  SUBCASE("SGD") {
    Sequential model = net(SGD{.learning_rate = 0.01, .momentum = 0.9}, 2);
    train(model, 2);
    model.save(path);
    train(model, 1);
    damaged(model, bytes_of(path));
  }
  SUBCASE("Adam with a schedule and callbacks") {
    Sequential model = net(Adam{.learning_rate = falling}, 2);
    const EarlyStopping stop{.monitor = "loss", .patience = 5, .restore_best_weights = true};
    train(model, 2, {stop, ReduceLROnPlateau{.monitor = "loss"}});
    model.save(path);
    train(model, 1);
    damaged(model, bytes_of(path));
  }
  SUBCASE("weights alone, into a model without any") {
    Sequential saved = net(SGD{}, 2);
    saved.build(Shape{1, 2});
    saved.save(path, {.weights_only = true});
    const std::string good = bytes_of(path);
    for (std::size_t i = 0; i < good.size(); ++i) {
      Sequential fresh{Dense{2, tanh}, Dense{.units = 1}};
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 0x11);
      folder.write("bad", bad);
      CHECK_THROWS_AS(fresh.load(folder.path("bad")), FormatError);
      CHECK_THROWS_AS(fresh.get_weights(), StateError);  // still without
    }
  }
}

TEST_CASE("a well-formed file of another model is refused, and the error names the difference") {
  const Folder folder;
  const std::string path = folder.path("m");
  Sequential saved = net(SGD{.momentum = 0.9});
  train(saved, 1);
  saved.save(path);
  const auto with = [&](const std::function<void(detail::TensorFile&)>& change) {
    detail::TensorFile file = detail::load_tensors(path);
    change(file);
    detail::save_tensors(folder.path("changed"), file);
    Sequential model = net(SGD{.momentum = 0.9});
    const std::string before = fingerprint([&] {
      train(model, 1);
      return model;
    }());
    try {
      model.load(folder.path("changed"));
    } catch (const Error& error) {
      CHECK(fingerprint(model) == before);
      return std::string(error.what());
    }
    return std::string("loaded");
  };
  const auto tensor = [](detail::TensorFile& file, const std::string& name) {
    return std::find_if(file.tensors.begin(), file.tensors.end(),
                        [&](const auto& t) { return t.name == name; });
  };
  CHECK(with([](auto&) {}) == "loaded");
  CHECK(with([&](auto& f) {
          f.tensors.erase(tensor(f, "weights/dense/bias"));
        }).ends_with("'weights/dense/bias' is missing"));
  CHECK(with([&](auto& f) {
          f.tensors.erase(tensor(f, "optimizer/dense/bias/momentum"));
        }).ends_with("'optimizer/dense/bias/momentum' is missing"));
  CHECK(with([&](auto& f) {
          f.tensors.erase(tensor(f, "run/fit/epoch"));
        }).ends_with("'run/fit/epoch' is missing"));
  CHECK(with([&](auto& f) {
          f.metadata.erase("learning_rate");
        }).ends_with("the text 'learning_rate' is missing"));
  CHECK(with([&](auto& f) {
          f.metadata["learning_rate"] = "CosinDecay(0.1, 3)";
        }).find("CosineDecay") != std::string::npos);
  CHECK(with([&](auto& f) { f.metadata["learning_rate"] = "-1"; }).find("learning_rate must be") !=
        std::string::npos);
  const std::int64_t minus = -5;
  const auto one = [](std::string name, const std::int64_t& v) {
    return detail::StoredTensor::of(std::move(name), Shape{1}, std::span(&v, 1));
  };
  CHECK(with([&](auto& f) {
          f.tensors.push_back(one("weights/dense_7/kernel", minus));
        }).ends_with("'weights/dense_7/kernel' is not in the model"));
  CHECK(with([&](auto& f) {
          f.tensors.push_back(one("run/more", minus));
        }).ends_with("'run/more' is not known"));
  CHECK(with([&](auto& f) {
          *tensor(f, "run/counters/iterations") = one("run/counters/iterations", minus);
        }).find("iterations") != std::string::npos);
  CHECK(with([&](auto& f) {
          tensor(f, "run/fit/in_epoch")->bytes = {"\7\0\0\0\0\0\0\0", 8};
        }).find("'run/fit/in_epoch' must fit its type") != std::string::npos);
  CHECK(with([&](auto& f) {
          tensor(f, "run/fit/history/epochs")->dtype = detail::Dtype::f64;
        }).find("'run/fit/history/epochs' is of another type") != std::string::npos);

  const auto load_into = [&](Sequential model, LoadOptions options = {}) {
    model.load(path, options);
  };
  Sequential wider = net(SGD{.momentum = 0.9}, 4);
  for (int built = 0; built < 2; ++built) {
    CHECK_THROWS_WITH_AS(load_into(wider), Contains("'weights/dense/kernel' must be (2,4) of"),
                         ShapeError);
    wider.build(Shape{1, 2});
  }
  CHECK_THROWS_WITH_AS(load_into(net(Adam{})),
                       Contains("the optimizer must be the file's, SGD(learning_rate=0.01, "
                                "momentum=0.9, nesterov=False) (got Adam("),
                       StateError);
  CHECK_THROWS_WITH_AS(load_into(net(SGD{})), Contains("is not in the model"), FormatError);
  load_into(net(Adam{}), {.weights_only = true});
}

TEST_CASE("non-finite numbers are loaded only with allow_non_finite") {
  const Folder folder;
  Sequential model = net(Adam{});
  train(model, 1);
  model.save(folder.path("good"));
  const struct {
    const char* name;
    double number;
    const char* what;
  } cases[] = {
      {"weights/dense/bias", std::nan(""), "'weights/dense/bias' must be finite (got nan"},
      {"weights/dense_1/kernel", INFINITY, "'weights/dense_1/kernel' must be finite (got inf"},
      {"optimizer/dense_1/kernel/momentum", std::nan(""), "momentum must be finite (got nan"},
      {"optimizer/dense/bias/velocity", -1, "dense/bias/velocity must be finite and >= 0 (got -1"}};
  for (const auto& [name, number, what] : cases) {
    const std::vector<Scalar> bad(3, static_cast<Scalar>(number));
    detail::TensorFile file = detail::load_tensors(folder.path("good"));
    for (detail::StoredTensor& t : file.tensors)
      if (t.name == name)
        t = detail::StoredTensor::of(t.name, t.shape, std::span<const Scalar>(bad));
    detail::save_tensors(folder.path("bad"), file);
    CHECK_THROWS_WITH_AS(model.load(folder.path("bad")), Contains(what), FormatError);
    Sequential open = net(Adam{});
    open.load(folder.path("bad"), {.allow_non_finite = true});
  }
}

TEST_CASE("an error for a file that cannot be read or written gives the reason") {
  const Folder folder;
  Sequential model = net(SGD{});
  CHECK_THROWS_WITH_AS(model.save(folder.path("m")), Contains("save: the model has no weights"),
                       StateError);
  train(model, 1);
  CHECK_THROWS_WITH_AS(model.load(folder.path("none")), Contains("No such file"), IoError);
  CHECK_THROWS_AS(model.save(folder.path("no/such/folder")), IoError);
  CHECK_THROWS_AS(model.save(folder.path("")), IoError);
  CHECK_THROWS_AS(model.load(folder.path("")), IoError);
  CHECK_THROWS_AS(model.load("/dev/zero"), IoError);
  REQUIRE(mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(model.load(folder.path("fifo")), Contains("not a regular file"), IoError);
  for (const char* text :
       {"", "hello", "PK\3\4 some other format, longer than a header's length"}) {
    folder.write("text", text);
    CHECK_THROWS_WITH_AS(model.load(folder.path("text")), Contains("not a gradus checkpoint"),
                         FormatError);
  }
}

TEST_CASE("inside fit a whole model is loaded only in on_train_begin") {
  const Folder folder;
  Sequential model = net(SGD{});
  train(model, 2);
  model.save(folder.path("m"));
  struct LoadLater {
    std::string path;
    LoadOptions options;
    void on_epoch_end(std::int64_t, const Logs&, Sequential& m) { m.load(path, options); }
  };
  CHECK_THROWS_WITH_AS(train(model, 1, {LoadLater{folder.path("m"), {}}}),
                       Contains("must be called in on_train_begin"), StateError);
  train(model, 1, {LoadLater{folder.path("m"), {.weights_only = true}}});
}

TEST_CASE("a file keeps the metadata it is given") {
  const Folder folder;
  Sequential model = net(SGD{});
  train(model, 1);
  const std::map<std::string, std::string> texts = {
      {"note", "two\nlines, \"quotes\", \xc3\xa4"}, {"optimizer", "mine"}, {"empty", ""}};
  model.save(folder.path("m"), {.metadata = texts});
  CHECK(read_metadata(folder.path("m")) == texts);
  Sequential again = net(SGD{});
  again.load(folder.path("m"));
  CHECK(fingerprint(again) == fingerprint(model));
  again.save(folder.path("plain"));
  CHECK(read_metadata(folder.path("plain")).empty());

  const std::string before = bytes_of(folder.path("m"));
  const std::string texts_that_fail[][2] = {{"name\n", ""}, {"a", "\xff"}, {"a", {'\0', 1}}};
  for (const auto& [name, text] : texts_that_fail)
    CHECK_THROWS_AS(model.save(folder.path("m"), {.metadata = {{name, text}}}), ValueError);
  CHECK_THROWS_AS(model.save(folder.path("m"), {.metadata = {{"long", std::string(1 << 24, 'x')}}}),
                  ValueError);
  CHECK(bytes_of(folder.path("m")) == before);
  CHECK_THROWS_AS(read_metadata(folder.path("none")), IoError);
  CHECK_THROWS_AS(read_metadata(folder.write("text", "hello")), FormatError);
}
