/// What training must not do: apply half an update, keep gradients that another run collected, lose
/// a rate, or save what cannot be loaded.

#include <gradus/models/sequential.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include <gradus/core/node.h>
#include <gradus/gradus.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using data_files::Folder;
using doctest::Contains;
using training::same;

namespace {

const Tensor one{{1}};

Sequential one_weight(Optimizer optimizer, Constraint constraint = {}) {
  Sequential model{Dense{.units = 1,
                         .use_bias = false,
                         .kernel_initializer = Ones{},
                         .kernel_constraint = std::move(constraint)}};
  model.compile({.optimizer = std::move(optimizer), .loss = MeanAbsoluteError{}});
  model.build({1, 1});
  return model;
}

/// A rate that users write as a struct.
struct Halving {
  Real start = 0.1;
  Real operator()(Real step) const { return start / (1 + step / 2); }
  static void fields(auto& self, auto&& field) { field("start", self.start); }
};

/// Ends training after an epoch, as a signal would.
struct Kill {
  std::int64_t at;
  static constexpr bool runs_last = true;
  void on_epoch_end(std::int64_t epoch) const {
    if (epoch == at) throw 1;
  }
};

}  // namespace

TEST_CASE("gradients that were only collected survive a resumed fit alone") {
  const Folder folder;
  using Act = std::function<void(Sequential&)>;
  const auto fit = [](Sequential& m, bool resume) {
    m.fit(one, one, {.epochs = 4, .verbose = 0, .resume = resume});
  };
  const std::pair<const char*, Act> acts[] = {
      {"fit", [&](Sequential& m) { fit(m, false); }},
      {"set_weights", [](Sequential& m) { m.set_weights({Tensor{{1}}}); }},
      {"load", [&](Sequential& m) { m.load(folder.path("w"), {.weights_only = true}); }},
      {"compile",
       [](Sequential& m) { m.compile({.optimizer = m.optimizer(), .loss = MeanAbsoluteError{}}); }},
      {"resume", [&](Sequential& m) { fit(m, true); }}};
  for (const auto& [name, act] : acts)
    for (const char* rule : {"SGD", "Adam"}) {
      Sequential model = one_weight(parse_optimizer(
          fmt::format("{}(learning_rate=0.2, gradient_accumulation_steps=4)", rule)));
      model.save(folder.path("w"), {.weights_only = true});
      model.fit(one, Tensor{{1000}}, {.epochs = 3, .verbose = 0});  // three calls of four
      CHECK(model.optimizer().counters().collected == 3);
      act(model);
      const std::string between = name;
      CAPTURE(between);
      const bool kept = std::string_view(name) == "resume";
      CHECK(model.optimizer().iterations() == (kept || std::string_view(name) == "fit"));
      CHECK(model.optimizer().counters().collected == 0);
      CHECK((training::weight(model) != 1) == kept);
      model.train_on_batch(one, one);
      CHECK((training::weight(model) != 1) == kept);
    }
}

TEST_CASE("a reduced rate goes on around the program's function") {
  const Folder folder;
  const Schedule lambda = [](double step) { return 0.1 / (1 + step); };
  const Schedule rates[] = {lambda,
                            linear(0.0, 0.1, 3) >> lambda,
                            0.5 * lambda,
                            warmup(lambda, 3),
                            lambda + 0.01,
                            Halving{},
                            0.5 * Schedule(Halving{.start = 0.3})};
  int number = 0;
  for (const Schedule& rate : rates)
    for (const int killed : {2, 3, 5}) {
      const auto make = [&] { return one_weight(SGD{.learning_rate = rate}); };
      std::string said;
      const ReduceLROnPlateau plateau{
          .monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 1e9, .min_lr = 1e-9};
      const auto train = [&](Sequential& m, std::vector<Callback> more) {
        more.insert(more.begin(), plateau);
        m.fit(
            one, Tensor{{5}},
            {.epochs = 6, .verbose = 0, .callbacks = more, .progress = [&](std::string_view line) {
               said += line;
             }});
      };
      Sequential whole = make(), cut = make(), restarted = make();
      train(whole, {});
      CHECK(said.empty());
      const BackupAndRestore backup{folder.path(fmt::format("{}", number++))};
      CHECK_THROWS_AS(train(cut, {backup, Kill{killed}}), int);
      train(restarted, {backup});
      CAPTURE(to_string(rate));
      CHECK(to_string(restarted.optimizer()) == to_string(whole.optimizer()));
      CHECK(restarted.history()["learning_rate"] == whole.history()["learning_rate"]);
      CHECK(same(restarted.get_weights(), whole.get_weights()));
      CHECK(std::ranges::count(said, '\n') == 1);
      CHECK(said.find("no file holds its function") != said.npos);
    }
}

TEST_CASE("a load outside of fit speaks through the sink of the next fit, once") {
  const Folder folder;
  const auto with = [](double start) {
    return one_weight(SGD{.learning_rate = [=](double) { return start; }});
  };
  Sequential saved = with(0.5);
  saved.optimizer().set_learning_rate(reduced(saved.optimizer().schedule(), 0.25));
  saved.save(folder.path("m"));
  Sequential loaded = with(1);  // another function
  loaded.load(folder.path("m"));
  CHECK(loaded.optimizer().learning_rate() == 0.25);
  std::string said;
  for (int i = 0; i < 2; ++i)
    loaded.fit(one, one, {.verbose = 0, .progress = [&](std::string_view line) { said += line; }});
  CHECK(said == fmt::format("load: '{}': the rate in force was reduced(schedule=custom, "
                            "scale=0.25); no file holds its function, so it is the function of "
                            "this program, which may be another one\n",
                            folder.path("m")));
  saved.optimizer().set_learning_rate([](double) { return 0.125; });  // this, too
  saved.optimizer().set_learning_rate(0.5 * saved.optimizer().schedule());
  saved.save(folder.path("m"));
  Sequential number = one_weight(SGD{.learning_rate = 0.2});
  number.load(folder.path("m"));
  CHECK(number.optimizer().learning_rate() == 0.1);
}

TEST_CASE("a layer's state, a constraint or a weight that is not finite refuses the whole step") {
  const auto throwing = [](const Tensor& w) {
    check(w(0, 0) == 1, "the constraint");
    return w;
  };
  const auto to_nan = [](const Tensor& w) { return w * std::nan(""); };
  const auto reshaped = [](const Tensor& w) { return reshape(w, {1}); };
  Sequential normalised{BatchNormalization{}, Dense{.units = 1}};
  normalised.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  normalised.build({1, 1});
  struct Case {
    Sequential model;
    Tensor x, y;
    const char* text;
  };
  const double huge = sizeof(Scalar) == 4 ? 1e20 : 1e160;
  const Case cases[] = {
      {normalised,
       {{huge}, {-huge}},
       {{1}, {0}},
       "batch_normalization/moving_variance must stay finite in an update (got inf at element 0)"},
      {one_weight(SGD{.learning_rate = 1e30}),
       {{1e9}},
       {{1e10}},
       "Optimizer: dense/kernel must stay finite in an update (got "},
      {one_weight(RMSprop{}),
       {{huge}},
       {{-huge}},
       "Optimizer: dense/kernel/velocity must stay finite in an update (got inf at element 0, "
       "step "},
      {one_weight(SGD{}, to_nan), one, Tensor{{5}}, "Optimizer: dense/kernel must stay finite"},
      {one_weight(Adam{}, throwing), one, Tensor{{5}}, "the constraint"},
      {one_weight(Adam{}, reshaped), one, Tensor{{5}}, "the constraint of dense/kernel must keep"}};
  for (const auto& [fresh, x, y, text] : cases)
    for (const char* by : {"fit", "train_on_batch", "terminate_on_nan"}) {
      Sequential model = fresh;
      const auto slots = [](const Sequential& m) {
        std::vector<Scalar> all;
        m.optimizer().state([&](const std::string&, std::span<const Scalar> v, const Shape&) {
          all.insert(all.end(), v.begin(), v.end());
        });
        return all;
      };
      const auto before = slots(model);
      const std::string cause = text;
      CAPTURE(cause);
      const bool ends = std::string_view(by) == "terminate_on_nan";
      try {
        if (std::string_view(by) == "train_on_batch")
          model.train_on_batch(x, y);
        else
          model.fit(x, y, {.verbose = 0, .terminate_on_nan = ends});
        CHECK(ends);
        CHECK(model.history().diverged());
      } catch (const Error& e) {
        CHECK(std::string(e.what()).find(text) != std::string::npos);
      }
      CHECK(same(model.get_weights(), fresh.get_weights()));
      CHECK(slots(model) == before);
      CHECK(model.optimizer().iterations() == 0);
    }
}

TEST_CASE("save refuses what load refuses, and leaves the file that is there") {
  const Folder folder;
  Sequential model = one_weight(Adam{});
  model.train_on_batch(one, Tensor{{5}});
  model.save(folder.path("m"));
  const auto before = read_metadata(folder.path("m"));
  Sequential broken = model;
  const Tensor nan{{std::nan("")}};
  detail::node_of(broken.weights()[0].tensor).replace(detail::node_of(nan).value);
  CHECK_THROWS_WITH_AS(broken.save(folder.path("m")),
                       Contains("'weights/dense/kernel' must be finite (got nan at element 0)"),
                       NumericError);
  broken = model;
  broken.optimizer().state([](const std::string& name, std::span<Scalar> slot, const Shape&) {
    if (name.ends_with("velocity")) slot[0] = -1;
  });
  CHECK_THROWS_WITH_AS(broken.save(folder.path("m")),
                       Contains("optimizer/dense/kernel/velocity must be finite and >= 0 (got -1"),
                       NumericError);
  broken.save(folder.path("weights"), {.weights_only = true});
  broken.load(folder.path("m"));
  CHECK(same(broken.get_weights(), model.get_weights()));
}
