/// Optimizers from texts.

#include <gradus/optim/optimizers.h>

#include <doctest/doctest.h>

#include <tuple>
#include <utility>
#include <vector>

#include <gradus/gradus.h>

using namespace gradus;

namespace {

/// What parse_optimizer says of this text.
std::string refusal(const std::string& text) {
  try {
    return "read as " + to_string(parse_optimizer(text));
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("an optimizer's text is read back exactly") {
  const Schedule rate = linear(0, 0.1, 10) >> CosineDecay{0.1, 90};
  const Optimizer all[] = {
      SGD{.learning_rate = rate, .momentum = mirror(rate, 0.95, 0.85), .nesterov = true},
      Optimizer(Adam{.learning_rate = 0.01, .amsgrad = true},
                {.weight_decay = 0.01, .global_clipnorm = 1.0, .use_ema = true}),
      Optimizer(AdamW{}, {.gradient_accumulation_steps = 4,
                          .exclude_from_weight_decay = {"bias", "a \"quoted\" name"},
                          .learning_rate_multipliers = {{"dense_1", 0.1}, {"dense_2", 0}}}),
      Muon{.ns_steps = 3, .rms_rate = std::nullopt},
      Adafactor{},
      Ftrl{.learning_rate = 0.5},
  };
  for (const Optimizer& optimizer : all)
    CHECK(to_string(parse_optimizer(to_string(optimizer))) == to_string(optimizer));
}

TEST_CASE("every known optimizer is read by its name, also in lower case") {
  CHECK(known_optimizers().size() == std::tuple_size_v<KnownRules>);
  for (const std::string& name : known_optimizers()) {
    CAPTURE(name);
    CHECK(parse_optimizer(name).name() == name);
    CHECK(to_string(parse_optimizer(name + "()")) == to_string(parse_optimizer(name)));
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    CHECK(to_string(parse_optimizer(lower)) == to_string(parse_optimizer(name)));
  }
}

TEST_CASE("arguments by position or by name, and lines pasted from Python") {
  for (const char* text : {"SGD(0.5, 0.9, True)", "sgd(0.5, nesterov=true, momentum=0.9)",
                           "keras.optimizers.SGD(learning_rate=0.5, momentum=0.9, nesterov=True)",
                           "tf.keras.optimizers.SGD(1 / 2, 0.9, True)  # fast"}) {
    CAPTURE(text);
    CHECK(to_string(parse_optimizer(text)) ==
          "SGD(learning_rate=0.5, momentum=0.9, nesterov=True)");
  }
  CHECK(to_string(parse_optimizer("adam(lr=0.5, beta1=0.8, eps=1e-3, wd=0.1)")) ==
        "Adam(learning_rate=0.5, beta_1=0.8, beta_2=0.999, epsilon=0.001, amsgrad=False, "
        "weight_decay=0.1)");
  CHECK(to_string(parse_optimizer("muon(wd=0.1)")) ==  // adam_weight_decay is another argument
        to_string(parse_optimizer("Muon(weight_decay=0.1)")));
  const Optimizer pasted = parse_optimizer(
      "Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5), clipvalue=0.5)");
  CHECK(value(pasted.schedule()(2)) == doctest::Approx(0.05));
  CHECK(value(*pasted.options().clipvalue) == 0.5);
}

TEST_CASE("what is no optimizer is refused, with the place and the nearest name") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "parse_optimizer: column 1: expected a name (got the end)"},
      {"0.1", "parse_optimizer: column 1: unknown optimizer '1'; did you mean 'SGD'?"},
      {"Adma(0.1)", "parse_optimizer: column 1: unknown optimizer 'Adma'; did you mean 'Adam'?"},
      {"ADAM", "parse_optimizer: column 1: unknown optimizer 'ADAM'; did you mean 'Adam'?"},
      {"Adam(betas=0.9)",
       "parse_optimizer: column 12: Adam has no argument 'betas'; did you mean 'beta_1'?"},
      {"SGD(0.1, 0.9, True, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)",
       "parse_optimizer: column 52: SGD takes at most 13 arguments"},
      {"SGD(0.1, learning_rate=0.2)", "parse_optimizer: column 24: 'learning_rate' is given twice"},
      {"SGD(momentum=0.9, 0.1)",
       "parse_optimizer: column 19: a positional argument must not follow a keyword argument"},
      {"SGD(0.1", "parse_optimizer: column 8: expected ',' or ')' (got the end)"},
      {"SGD(0.1) SGD", "parse_optimizer: column 10: expected the end (got 'SGD')"},
      {"SGD(0.1) * 2", "parse_optimizer: column 10: expected the end (got '* 2')"},
      {"SGD(Adam(0.1))",
       "parse_optimizer: column 5: unknown schedule 'Adam'; did you mean 'Noam'?"},
      {"SGD(nesterov=1)", "parse_optimizer: column 14: nesterov must be True or False (got 1)"},
      {"Muon(ns_steps=2.5)",
       "parse_optimizer: column 15: ns_steps must be a whole number (got 2.5)"},
      {"SGD(learning_rate_multipliers=[\"a\", 2])",
       "parse_optimizer: column 31: learning_rate_multipliers must be a list, each element a list "
       "of a text and a number (got [\"a\", 2])"},
      {"SGD(exclude_from_weight_decay=[1])",
       "parse_optimizer: column 31: exclude_from_weight_decay must be a list, each element a text "
       "(got [1])"},
      {"SGD(-1)", "SGD: learning_rate must be finite and >= 0 (got -1)"},
      {"SGD(0.1, nesterov=True)", "SGD: nesterov must come with momentum > 0 (got momentum 0)"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.first);
    CHECK(refusal(row.first) == row.second);
  }
}

TEST_CASE("brackets in an optimizer's text are nested at most 1000 deep") {
  const auto nested = [](int depth) {
    std::string text = "0.1";
    for (int i = 0; i < depth; ++i) text = "warmup(" + text + ", 1)";
    return "SGD(" + text + ")";
  };
  CHECK(value(parse_optimizer(nested(999)).learning_rate()) == doctest::Approx(0.1));
  CHECK(refusal(nested(1000)) ==
        "parse_optimizer: column 6998: brackets must be nested at most 1000 deep");
}
