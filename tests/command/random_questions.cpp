/// random_questions COUNT SEED: damaged questions of the page. Each must have an answer, on one
/// line, within seconds.

#include <fmt/core.h>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "page/run_json.h"

namespace {

using nlohmann::json;

const char* const whole[] = {
    R"q({"ask": "compare", "options": {"data": "line", "layers": "none", "batch-size": 4},
         "steps": 60, "expressions": ["0.3", "a=CosineDecay(0.3, all)", "sgd(0.1, momentum=0.9)"],
         "every": 2})q",
    R"q({"ask": "compare", "options": {"layers": "4", "activation": "tanh", "optimizer": "adam",
         "initializer": "constant(-0.6)", "bias-initializer": "constant(0.9)", "seed": 3},
         "steps": 20, "expressions": ["linear(0, 0.1, 5) >> 0.1"], "curvature": true})q",
    R"q({"ask": "expect", "options": {"batch-size": 4, "noise": "0.2"}, "steps": 40,
         "expressions": ["0.3", "1 / 3"]})q",
    R"q({"ask": "sensitivity", "options": {"layers": "none"}, "steps": 9,
         "expression": "StepDecay(0.1, 3, 0.5)", "seeds": 2})q",
    R"q({"ask": "read", "options": {"loss": "auto"}, "steps": 30,
         "expression": "repeat(warmup(0.1, 5), decay=0.7)"})q",
    R"q({"ask": "finals", "options": {"data": "ravine", "layers": "none", "loss": "huber"},
         "steps": 20, "expressions": ["0.1", "0.2", "OneCycle(0.2, 20)"], "seeds": 2})q",
    R"q({"ask": "surface", "options": {"data": "line", "layers": "none", "loss": "mae"}})q",
    R"q({"ask": "map", "options": {"data": "blobs", "layers": "5", "activation": "relu"},
         "steps": 10, "expression": "0.1", "updates": 4})q",
    R"q({"ask": "program", "options": {"epochs": "3"},
         "expression": "CosineDecay(0.1, all) * 2"})q",
    R"q({"ask": "list"})q"};

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  std::string question() {
    std::string text = whole[below(std::size(whole))];
    json parsed = json::parse(text);
    for (std::size_t n = below(3); n > 0; --n) damage(parsed);
    text = parsed.dump(-1, ' ', false, json::error_handler_t::replace);
    if (below(3) == 0) damage(text);
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  json junk() {
    const json all[] = {nullptr,
                        true,
                        0,
                        -1,
                        1e300,
                        3.5,
                        1 << 30,
                        "",
                        "nan",
                        "-1",
                        "1e999",
                        "x",
                        json::array(),
                        json::object(),
                        {1, "2"},
                        {{"a", 1}},
                        std::string(6000, '('),
                        std::string(50, '\x01'),
                        "9999999999999999999",
                        "none",
                        "1,1,1",
                        "sgd(",
                        "adam(0.1)",
                        "all",
                        "epoch",
                        "4096,4096",
                        "1e-300",
                        "0.1 >> 0.2",
                        "\xc3\xa4",
                        "digits",
                        "xor",
                        "full",
                        "-",
                        "./x"};
    return all[below(std::size(all))];
  }
  void damage(json& value) {
    if (value.empty() || !value.is_structured()) return void(value = junk());
    auto at = std::next(value.begin(), static_cast<std::ptrdiff_t>(below(value.size())));
    if (at->is_string() && below(3) == 0) {
      std::string text = *at;
      damage(text);
      *at = text;
    } else if (at->is_structured() && below(4) > 0) {
      damage(*at);
    } else if (below(8) == 0) {
      value.erase(at);
    } else {
      *at = junk();
    }
  }
  void damage(std::string& text) {
    const std::size_t at = below(text.size() + 1), kind = below(4);
    const char letters[] = "{}[]\":,.0123456789eE+-*/()=>ab \n\\\xff";
    if (kind == 0) text.insert(at, 1, letters[below(std::size(letters) - 1)]);
    if (kind == 1 && at < text.size()) text[at] = letters[below(std::size(letters) - 1)];
    if (kind == 2) text.erase(at, 1 + below(4));
    if (kind == 3) text.insert(at, text.substr(below(text.size() + 1), below(12)));
  }

  std::mt19937_64 random_;
};

}  // namespace

int main(int, char** argv) {
  using Clock = std::chrono::steady_clock;
  const long count = std::atol(argv[1]), seed = std::atol(argv[2]);
  Damage damage(static_cast<std::uint64_t>(seed));
  long errors = 0;
  double longest = 0;
  for (long i = 0; i < count; ++i) {
    const std::string question = damage.question();
    const Clock::time_point begin = Clock::now();
    const std::string answer = run_json(question);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (seconds > longest) {
      longest = seconds;
      if (longest > 1) fmt::print("{:.1f} s: {:.300}\n", longest, question);
    }
    const json read = json::parse(answer, nullptr, false);
    if (read.is_object() && answer.find('\n') == answer.npos && seconds < 60) {
      errors += read.contains("error");
      continue;
    }
    fmt::print("question {} of seed {}: {}\nanswer in {:.1f} s: {}\n", i, seed, question, seconds,
               answer);
    return 1;
  }
  fmt::print("{} questions, {} errors, the longest {:.2f} s\n", count, errors, longest);
  return errors == 0 || errors == count;
}
