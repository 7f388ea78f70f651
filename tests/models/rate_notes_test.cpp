/// fit() says what may be a mistake in the rate.

#include <gradus/gradus.h>

#include "training_support.h"

using namespace gradus;
using namespace training;

namespace {

/// The notes that fit() says to one with these options, over epochs of four batches.
std::string notes(Sequential& model, FitOptions options) {
  std::string said;
  options.batch_size = 1;
  if (options.verbose == 1) options.verbose = 2;
  options.progress = [&](std::string_view text) {
    if (text.starts_with("note: ")) said += text;
  };
  model.fit(line_x, line_y, options);
  return said;
}
std::string notes(const Schedule& rate, FitOptions options) {
  Sequential model = line(rate);
  return notes(model, std::move(options));
}

const Schedule twenty = CosineDecay{.initial_learning_rate = 0.01, .decay_steps = 20};

}  // namespace

TEST_CASE(
    "fit says once what inspect() finds in the rate over its updates, and nothing of a good one") {
  const struct {
    Schedule rate;
    std::int64_t epochs;
    const char* note;  ///< or "" for none
  } table[] = {
      {0.01, 50, ""},
      {twenty, 5, ""},
      {twenty, 50,
       "it ends at step 20, and the run only at 200: from there on the rate stays at 0"},
      {twenty, 1,
       "it would end at step 20, but the run ends at 4: the rate is still 0.009045 then"},
      {warmup(twenty, 4), 5, ""},
      {per_epoch(CosineDecay{.initial_learning_rate = 0.01, .decay_steps = 5}, 4), 5, ""},
      {ExponentialDecay{.initial_learning_rate = 0.01, .decay_steps = 2, .decay_rate = 0.5}, 5, ""},
      {ExponentialDecay{.initial_learning_rate = 0.01, .decay_steps = 1e6, .decay_rate = 0.5}, 5,
       "it hardly moves over this run, from 0.01 to 0.01: if it was written in epochs, "
       "per_epoch(s, steps_per_epoch) turns them into steps"},
      {linear(0, 0.01, 20), 5,
       "the rate at step 0 is 0: the first update changes nothing; warmup(s, n), in place of a "
       "ramp from 0, starts at s(0) / n"},
      {[](double step) { return step < 10 ? 0.01 : 0; }, 5,
       "the rate is 0 for 48% of the run: nothing is learned there"},
  };
  for (const auto& row : table) {
    CAPTURE(to_string(row.rate));
    CAPTURE(row.epochs);
    const std::string expected =
        *row.note ? fmt::format("note: learning_rate: {}\n", row.note) : "";
    CHECK(notes(row.rate, {.epochs = row.epochs}) == expected);
    CHECK(notes(row.rate, {.epochs = row.epochs, .verbose = 2}) == expected);
    CHECK(notes(row.rate, {.epochs = row.epochs, .verbose = 0}) == "");
    CHECK(notes(row.rate, {.epochs = row.epochs, .inspect = false}) == "");
  }
}

TEST_CASE("the notes are about the updates until the last epoch, whichever fit() makes them") {
  Sequential model = line(twenty);
  CHECK(notes(model, {.epochs = 2}).find("but the run ends at 8") != std::string::npos);
  CHECK(notes(model, {.epochs = 5, .resume = true}) == "");
  CHECK(notes(model, {.epochs = 5, .resume = true}) == "");  // nothing to do
  CHECK(notes(model, {.epochs = 2}).find("the run only at 28") != std::string::npos);
  CHECK(notes(twenty, {.epochs = 10, .steps_per_epoch = 2}) == "");
  CHECK(notes(twenty, {.epochs = 9, .initial_epoch = 4}) == "");
  Sequential collecting = line();
  collecting.compile(
      {.optimizer = Optimizer(SGD{.learning_rate = twenty}, {.gradient_accumulation_steps = 2}),
       .loss = MeanSquaredError{}});
  CHECK(notes(collecting, {.epochs = 10}) == "");
}

TEST_CASE("a run of unknown length has no notes, and a function that throws is left to training") {
  std::string said;
  const auto sink = [&](std::string_view text) { said += text; };
  Sequential model = line(twenty);
  model.fit(
      [i = 0]() mutable { return i++ < 2 ? std::optional(Batch(line_x, line_y)) : std::nullopt; },
      {.verbose = 2, .progress = sink});
  CHECK(said.find("note") == std::string::npos);
  int asked = 0;
  const auto rate = [&](double step) {
    ++asked;
    if (step > 2) throw std::runtime_error("no more");
    return 0.01;
  };
  Sequential other = line(rate);
  CHECK_THROWS_WITH(notes(other, {.epochs = 2}), "no more");
  CHECK(other.optimizer().iterations() == 3);
  asked = 0;
  CHECK(notes(rate, {.verbose = 0, .steps_per_epoch = 2}) == "");
  CHECK(asked <= 4);  // nobody looked ahead
}
