#include "page/text_numbers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <gradus/optim/optimizers.h>
#include <gradus/schedules/known.h>

#include "problem/expression.h"
#include "terminal/command.h"

using namespace gradus;

namespace {

const RunLengths lengths{.all = 210, .epoch = 50};

/// `0.3 initial_learning_rate, 210 decay_steps`: what is written, and which number it is.
std::string found(const std::string& text) {
  std::string out;
  for (const TextNumber& n : numbers_in(text, lengths))
    out += (out.empty() ? "" : ", ") + text.substr(n.from, n.length) + ' ' + n.path;
  return out;
}

std::string in_full(const Schedule& s);

std::string in_full(const detail::Value& v) {
  if (const auto* s = std::get_if<Schedule>(&v.content)) return in_full(*s);
  const auto* list = std::get_if<std::vector<detail::Value>>(&v.content);
  if (list == nullptr) return detail::text_of(v);
  std::string out;
  for (const detail::Value& item : *list) out += (out.empty() ? "" : ", ") + in_full(item);
  return "[" + out + "]";
}

/// The text with all options, defaults too, by name.
std::string in_full(const Schedule& s) {
  if (s.constant()) return to_string(s);
  const detail::Config config = s.config();
  std::string out;
  for (const auto& [name, content, at_default] : config.fields)
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, in_full(content));
  if (config.op.binding == 0) return fmt::format("{}({})", config.text_name, out);
  return fmt::format("({}){}({})", in_full(config.fields[0].value), config.op.symbol,
                     in_full(config.fields[1].value));
}

/// No other value near it is valid: a warm-up without its target, a power of 2.
bool stands_alone(const OptionNumber& n) {
  return (n.path.ends_with("warmup_steps") && n.value == 0) || (n.path == "steps" && n.value == 64);
}

}  // namespace

TEST_CASE("each number in a text is found with its place") {
  struct Row {
    std::string text, expected;
  };
  const Row rows[] = {
      {"0.3", "0.3 value"},
      {" .5 ", ".5 value"},
      {"1e-3", "1e-3 value"},
      {"+1E+2", "1E+2 value"},
      {"100_000", "100_000 value"},
      {"CosineDecay(0.3, 210)", "0.3 initial_learning_rate, 210 decay_steps"},
      {"CosineDecay(decay_steps=210, initial_learning_rate = 0.3)",
       "210 decay_steps, 0.3 initial_learning_rate"},
      {"keras.optimizers.schedules.CosineDecay(0.3,\n  100_000)  # 7 of 9",
       "0.3 initial_learning_rate, 100_000 decay_steps"},
      {"CosineDecay(0.3, 1_0, name=\"run 2, (3\")", "0.3 initial_learning_rate, 1_0 decay_steps"},
      {"CosineDecay(0.3, all)", "0.3 initial_learning_rate"},
      {"CosineDecay(0.3, 0.9 * all)", "0.3 initial_learning_rate, 0.9 decay_steps"},
      {"CosineDecay(0.3, 3 * epoch - 20)",
       "0.3 initial_learning_rate, 3 decay_steps, 20 decay_steps"},
      {"CosineDecay(0.3, 60000 // 32 * 10)",
       "0.3 initial_learning_rate, 60000 decay_steps, 32 decay_steps, 10 decay_steps"},
      {"PiecewiseConstantDecay([100, 200], [0.1, 1e-2, 0.001])",
       "100 boundaries[0], 200 boundaries[1], 0.1 values[0], 1e-2 values[1], 0.001 values[2]"},
      {"PiecewiseConstantDecay((100,), (0.1, 0.01))",
       "100 boundaries[0], 0.1 values[0], 0.01 values[1]"},
      {"linear(0, 0.1, 100) >> 0.5 * hold(0.1, 50)",
       "0 first.from, 0.1 first.to, 100 first.steps, 0.5 second.first, 0.1 second.second.rate, "
       "50 second.second.steps"},
      {"0.1 - linear(0.1, 0.05, 9) + 2 * 0.3",
       "0.1 first.first, 0.1 first.second.from, 0.05 first.second.to, 9 first.second.steps, "
       "2 second, 0.3 second"},
      {"hold(0.1, 5).take(3)", "0.1 schedule.rate, 5 schedule.steps, 3 steps"},
      {"ExponentialDecay(0.1, 2, 0.5, staircase=True)",
       "0.1 initial_learning_rate, 2 decay_steps, 0.5 decay_rate"},
      {"fast 2=0.3", "0.3 value"},
      {"rate 1.0 = CosineDecay(0.3, 9)", "0.3 initial_learning_rate, 9 decay_steps"},
      {"-0.1 + hold(0.3, 4)", "0.1 first, 0.3 second.rate, 4 second.steps"},
      {"sgd(0.1, momentum=0.9)", "0.1 value, 0.9 momentum"},
      {"sgd(0.1, momentum=0)", "0.1 value, 0 momentum"},
      {"slow = adam(CosineDecay(0.01, all, 1e-3), beta_1=0.8)",
       "0.01 initial_learning_rate, 1e-3 alpha, 0.8 beta_1"},
      {"momentum(linear(0.1, 0, 9) >> 0.01)",
       "0.1 first.from, 0 first.to, 9 first.steps, 0.01 second"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(found(row.text) == row.expected);
  }
}

TEST_CASE("a number has the value of its option, and the slope of that value") {
  struct Row {
    std::string text;
    double value, written, slope;
    bool counts_steps;
  };
  const Row rows[] = {{"0.3", 0.3, 0.3, 1, false},
                      {"-0.3", -0.3, 0.3, -1, false},
                      {"hold(0.1, 0.9 * all)", 189, 0.9, 210, true},
                      {"hold(0.1, all / 4)", 52.5, 4, -13.125, true},
                      {"hold(0.1, 7 + all)", 217, 7, 1, true},
                      {"CosineDecay(0.1, 9, 1)", 1, 1, 1, false},  // at the edge
                      {"CosineDecay(0.1, 9, 0)", 0, 0, 1, false},
                      {"hold(0.1, all // 4)", 52, 4, NAN, true}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const TextNumber n = numbers_in(row.text, lengths).back();
    CHECK(n.value == row.value);
    CHECK(n.written == row.written);
    CHECK(n.counts_steps == row.counts_steps);
    if (std::isnan(row.slope))
      CHECK(std::isnan(n.slope));
    else
      CHECK(n.slope == doctest::Approx(row.slope).epsilon(1e-4));
  }
}

TEST_CASE("every number of every known schedule is found in its text, in order") {
  std::size_t count = 0;
  for (const KnownSchedule& known : known_schedules()) {
    const std::string text = in_full(known.example);
    CAPTURE(text);
    std::string expected, all;
    for (const OptionNumber& n : numbers_of(parse_schedule(text)))
      if (!stands_alone(n)) expected += fmt::format("{} {}\n", n.path, value(n.value));
    for (const TextNumber& n : numbers_in(text, lengths)) {
      all += fmt::format("{} {}\n", n.path, n.value);
      CHECK(std::stod(text.substr(n.from, n.length)) == n.written);
    }
    CHECK(all == expected);
    count += static_cast<std::size_t>(std::ranges::count(all, '\n'));
  }
  CHECK(count > 100);
}

TEST_CASE("places count UTF-16 units, as JavaScript does") {
  const auto place = [](const std::string& text) { return numbers_in(text, lengths)[0].from; };
  CHECK(place("a=0.3") == 2);
  CHECK(place("\u00fc=0.3") == 2);        // 2 bytes
  CHECK(place("\u20ac=0.3") == 2);        // 3 bytes
  CHECK(place("\U0001F600 = 0.3") == 5);  // 4 bytes, 2 units
}

TEST_CASE("a long list gives its first numbers, and a wrong text its error") {
  std::string list = "PiecewiseConstantDecay([1, 2";
  for (int i = 3; i < 40; ++i) list += fmt::format(", {}", i);
  list += "], [0.1";
  for (int i = 1; i < 40; ++i) list += ", 0.1";
  CHECK(numbers_in(list + "])", lengths).size() == 32);
  CHECK_THROWS_AS(numbers_in("CosinDecay(0.3, 9)", lengths), UsageError);
  CHECK_THROWS_AS(numbers_in("sgd(0.1, momentun=0.9)", lengths), UsageError);
}
