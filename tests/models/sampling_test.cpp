/// The rows of each batch of fit(), by FitOptions::sampling.

#include <gradus/models/sampling.h>

#include <cmath>
#include <map>
#include <set>

#include <gradus/models/model_checkpoint.h>
#include <gradus/schedules/parse.h>

#include "data_files.h"
#include "golden/golden_support.h"
#include "training_support.h"

using namespace training;
using doctest::Contains;

namespace {

using Numbers = std::vector<double>;
using Batches = std::vector<Numbers>;

Tensor column(std::int64_t rows) {
  std::vector<Scalar> numbers;
  for (std::int64_t i = 0; i < rows; ++i) numbers.push_back(static_cast<Scalar>(i));
  return Tensor({rows, 1}, numbers);
}

/// The targets of each batch that a fit() on rows 0, 1, ... sees. The loss has a gradient of 0.
Batches batches_of(std::int64_t rows, FitOptions options, std::uint64_t seed = 0) {
  Batches seen;
  Sequential model{Dense{.units = 1}};
  const auto spy = [&](const Tensor& y_true, const Tensor& y_pred) {
    seen.emplace_back(y_true.values().begin(), y_true.values().end());
    return mean(0 * y_pred, {.axis = 1});
  };
  model.compile({.optimizer = SGD{}, .loss = spy, .seed = seed});
  options.verbose = 0;
  model.fit(column(rows), column(rows), options);
  return seen;
}

/// Pearson's statistic of counts that should be equal.
double chi_square(const std::map<Numbers, int>& counts, std::size_t cells) {
  double draws = 0, sum = 0;
  for (const auto& [_, n] : counts) draws += n;
  const double expected = draws / static_cast<double>(cells);
  for (const auto& [_, n] : counts) sum += (n - expected) * (n - expected) / expected;
  return sum + expected * static_cast<double>(cells - counts.size());
}

struct Killed {};
/// Ends a run after this many updates.
struct Kill {
  std::int64_t at;
  static constexpr bool runs_last = true;
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) const {
    if (model.optimizer().iterations() == at) throw Killed();
  }
};

FitOptions drawn(Sampling sampling, std::int64_t batch_size, std::int64_t epochs = 1) {
  return {.batch_size = batch_size, .epochs = epochs, .verbose = 0, .sampling = sampling};
}

}  // namespace

TEST_CASE("each sampling has its rows per batch, and all have as many batches per epoch") {
  for (const auto& [rows, size] : std::vector<std::pair<int, int>>{{7, 3}, {6, 3}, {5, 5}, {4, 1}})
    for (const Sampling sampling : {Sampling::fresh, Sampling::replacement, Sampling::full}) {
      CAPTURE(name_of(sampling));
      const Batches seen = batches_of(rows, drawn(sampling, size, 3));
      CHECK(seen.size() == batches_of(rows, drawn(Sampling::shuffled, size, 3)).size());
      for (const Numbers& batch : seen) {
        const std::set<double> different(batch.begin(), batch.end());
        CHECK(std::ssize(batch) == (sampling == Sampling::full ? rows : size));
        CHECK((*different.begin() >= 0 && *different.rbegin() < rows));
        if (sampling != Sampling::replacement) CHECK(different.size() == batch.size());
        if (sampling == Sampling::full) CHECK(std::ranges::is_sorted(batch));
      }
    }
  CHECK(batches_of(3, drawn(Sampling::replacement, 10)).at(0).size() == 10);  // more than rows
  FitOptions four = drawn(Sampling::fresh, 2, 3);
  four.steps_per_epoch = 4;
  CHECK(batches_of(5, four).size() == 12);
  CHECK(batches_of(5, four) == batches_of(5, drawn(Sampling::fresh, 2, 4)));  // 3 in an epoch
}

TEST_CASE("batches drawn are uniform, and independent of the batches before") {
  // The statistics exceed these bounds with probability 0.001.
  const std::map<std::size_t, double> bound{{9, 26.1}, {16, 37.7}, {20, 43.8}, {36, 66.6}};
  const auto check_uniform = [&](Sampling sampling, int rows, int size, std::size_t cells,
                                 std::size_t apart) {
    CAPTURE(name_of(sampling));
    CAPTURE(apart);
    std::map<Numbers, int> counts;
    const Batches seen = batches_of(rows, drawn(sampling, size, 4000));
    for (std::size_t i = 0; i + apart < seen.size(); i += 1 + apart)
      ++counts[apart == 0 ? seen[i] : Numbers{seen[i][0], seen[i + apart][0]}];
    CHECK(counts.size() == cells);
    CHECK(chi_square(counts, cells) < bound.at(cells));
  };
  check_uniform(Sampling::fresh, 5, 2, 20, 0);       // ordered pairs of different rows
  check_uniform(Sampling::replacement, 3, 2, 9, 0);  // all pairs
  check_uniform(Sampling::fresh, 6, 3, 36, 1);       // first rows of two batches in turn
  check_uniform(Sampling::fresh, 4, 4, 16, 1);
  check_uniform(Sampling::replacement, 4, 2, 16, 1);
}

TEST_CASE("the rows of a batch depend on the seed and the number of the batch alone") {
  for (const Sampling sampling : {Sampling::fresh, Sampling::replacement}) {
    const FitOptions options = drawn(sampling, 3, 20);
    const Batches seen = batches_of(10, options, 7);
    CHECK(seen == batches_of(10, options, 7));
    CHECK(seen != batches_of(10, options, 8));
    CHECK(std::set(seen.begin(), seen.end()).size() > 70);  // of 80
    CHECK(batches_of(10, drawn(sampling, 3, 2), 7) == Batches(seen.begin(), seen.begin() + 8));
  }
}

TEST_CASE("full trains on all rows at once, and sample weights follow their rows") {
  const auto weights = [&](FitOptions options) {
    Sequential model = line(0.02);
    options.epochs = 6, options.verbose = 0;
    options.sample_weight = Tensor{1, 0, 2, 0.5};
    model.fit(line_x, line_y, options);
    return model.get_weights();
  };
  CHECK(same(weights({.batch_size = 4, .sampling = Sampling::full}),
             weights({.batch_size = 4, .shuffle = false})));
  CHECK(same(weights({.sampling = Sampling::fresh}),  // of 32 rows, where there are 4
             weights({.batch_size = 4, .sampling = Sampling::fresh})));
  // A weight of 0 on three rows leaves one row, whatever is drawn.
  const auto one = [&](Sampling sampling) {
    Sequential model = line(0.02);
    FitOptions options = drawn(sampling, 1, 100);
    options.sample_weight = Tensor{0, 0, 0, 1};
    model.fit(line_x, line_y, options);
    return model.predict({{4}})(0, 0);
  };
  for (const Sampling sampling : {Sampling::fresh, Sampling::replacement})
    CHECK(one(sampling) == doctest::Approx(9).epsilon(0.01));
  Sequential model = line();
  FitOptions split = drawn(Sampling::fresh, 3);
  split.validation_split = 0.25;
  CHECK(model.fit(line_x, line_y, split).contains("val_loss"));
}

TEST_CASE("options that a sampling cannot follow are refused by name") {
  Sequential model = line();
  const auto refuses = [&](FitOptions options, const char* text) {
    options.verbose = 0;
    CHECK_THROWS_WITH_AS(model.fit(line_x, line_y, options), Contains(text), ValueError);
  };
  refuses({.batch_size = 2, .shuffle = false, .sampling = Sampling::fresh},
          "fit: shuffle must be true with sampling fresh (got false)");
  refuses({.shuffle = false, .sampling = Sampling::replacement}, "with sampling replacement");
  CHECK_THROWS_WITH_AS(
      model.fit([] { return Batch(line_x, line_y); }, {.sampling = Sampling::full}),
      Contains("and sampling must not come with a BatchSource"), ValueError);
  CHECK(model.optimizer().iterations() == 0);
}

TEST_CASE("a run with rows drawn for each batch goes on bit for bit from any batch") {
  const data_files::Folder folder;
  const Dataset data = make_line({.rows = 37, .noise = 1});
  const auto model_on = [](std::uint64_t seed, int threads) {
    Sequential model{Dense{4, tanh}, Dropout{.rate = 0.2}, Dense{.units = 1}};
    model.compile({.optimizer = Optimizer(SGD{.learning_rate = 0.01, .momentum = 0.9},
                                          {.gradient_accumulation_steps = 2}),
                   .loss = MeanSquaredError{},
                   .seed = seed,
                   .threads = threads});
    return model;
  };
  const ModelCheckpoint each{.filepath = folder.path("each"), .save_freq = 1};
  for (const Sampling sampling : {Sampling::fresh, Sampling::replacement, Sampling::full})
    for (const int at : {1, 3, 7, 10})
      for (const bool in_steps : {false, true}) {
        FitOptions options = drawn(sampling, 8, 5);
        options.validation_split = 0.2;
        if (in_steps) options.steps_per_epoch = 5;
        Sequential whole = model_on(3, 1), cut = model_on(3, 1), rest = model_on(4, 2);
        const History expected = whole.fit(data.x, data.y, options);
        FitOptions killed = options, resumed = options;
        killed.callbacks = {each, Kill{at}};
        CHECK_THROWS_AS(cut.fit(data.x, data.y, killed), Killed);
        rest.load(folder.path("each"));
        resumed.resume = true;
        FitOptions other = resumed;
        other.sampling = Sampling::shuffled;
        CHECK_THROWS_WITH_AS(
            rest.fit(data.x, data.y, other),
            Contains(fmt::format("sampling must be {} (got shuffled)", name_of(sampling)).c_str()),
            StateError);
        const History found = rest.fit(data.x, data.y, resumed);
        CHECK(same(rest.get_weights(), whole.get_weights()));
        CHECK(found["loss"] == expected["loss"]);
        CHECK(found["val_loss"] == expected["val_loss"]);
      }
}

TEST_CASE("a file holds the sampling of its run, and one without it means shuffled") {
  const data_files::Folder folder;
  Sequential model = line(), loaded = line();
  const FitOptions shuffled{.batch_size = 2, .epochs = 2, .verbose = 0};
  model.fit(line_x, line_y, shuffled);
  model.save(folder.path("m"));
  const auto change = [&](std::vector<std::int64_t> sampling) {
    detail::TensorFile file = detail::load_tensors(folder.path("m"));
    std::erase_if(file.tensors, [](const auto& t) { return t.name == "run/fit/sampling"; });
    if (!sampling.empty())
      file.tensors.push_back(
          detail::StoredTensor::of<std::int64_t>("run/fit/sampling", {1}, sampling));
    detail::save_tensors(folder.path("changed"), std::move(file));
  };
  change({});
  loaded.load(folder.path("changed"));
  FitOptions longer = shuffled;
  longer.epochs = 4, longer.resume = true;
  loaded.fit(line_x, line_y, longer);
  model.fit(line_x, line_y, longer);
  CHECK(same(loaded.get_weights(), model.get_weights()));
  change({4});
  CHECK_THROWS_WITH_AS(loaded.load(folder.path("changed")),
                       Contains("'run/fit/sampling' must fit its type (got 4)"), FormatError);
}

TEST_CASE("means over real runs are the exact expected losses, fresh and shuffled") {
  golden::GoldenFile file("theory/expected.json");
  constexpr int runs = 4000;
  for (const golden::Json& c : file.cases("shuffled")) {
    const auto rows = std::ssize(c["y"]);
    Numbers x, momentum{0};
    for (const golden::Json& row : c["x"]) x.push_back(golden::number(row[0]));
    const Numbers y = golden::numbers(c["y"]), start = golden::numbers(c["start"]);
    const auto tensor = [&](const Numbers& from) {
      return Tensor({rows, 1}, std::vector<Scalar>(from.begin(), from.end()));
    };
    const Tensor inputs = tensor(x), targets = tensor(y);
    const double mu = c["optimizer"].value("momentum", 0.0);
    for (const Sampling sampling : {Sampling::shuffled, Sampling::fresh}) {
      double sum = 0, squares = 0;
      for (std::uint64_t seed = 0; seed < runs; ++seed) {
        Sequential model{Dense{.units = 1}};
        model.compile({.optimizer = SGD{.learning_rate = parse_schedule(
                                            c["schedule"]["text"].get<std::string>()),
                                        .momentum = mu},
                       .loss = MeanSquaredError{},
                       .seed = seed});
        model.build({1, 1});
        model.set_weights({{{start[0]}}, {start[1]}});
        model.fit(inputs, targets, drawn(sampling, c["batch"], c["epochs"]));
        const double loss = model.evaluate(inputs, targets).loss;
        sum += loss, squares += loss * loss;
      }
      const double mean = sum / runs, error = std::sqrt((squares / runs - mean * mean) / runs);
      const char* list = sampling == Sampling::fresh ? "expected_fresh" : "expected_shuffled";
      const double want = golden::numbers(c[list]["loss"]).back();
      const double away = std::abs(mean - want) / error;
      file.finish(c["id"], away < 4 ? "" : fmt::format("{}: {} errors away", list, away));
    }
  }
}
