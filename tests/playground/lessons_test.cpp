#include "page/run_json.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

using Json = nlohmann::json;

namespace {

constexpr int seeds = 20;  // the first is the lesson's; each has other data, weights and batches

const Json& all_lessons() {
  static const Json lessons =
      Json::parse(std::ifstream(GRADUS_SOURCE_DIR "/apps/playground/lessons.json"));
  return lessons;
}

/// The options of a question, as options() of state.js makes them.
Json to_options(const Json& settings, int seed) {
  Json out = settings;
  for (const char* other : {"steps", "start", "schedules"}) out.erase(other);
  out["seed"] = settings.value("seed", 0) + seed;
  if (settings.contains("start")) {
    out["initializer"] = "constant(" + settings["start"][0].dump() + ")";
    out["bias-initializer"] = "constant(" + settings["start"][1].dump() + ")";
  }
  return out;
}

/// The runs of a lesson with all seeds, found by their number on the page or by an expression.
class Runs {
 public:
  explicit Runs(const Json& lesson) : settings_(lesson["settings"]) {}

  const std::vector<Json>& operator()(const Json& which) {
    const std::string text =
        which.is_number() ? settings_["schedules"].at(which.get<std::size_t>()) : which;
    std::vector<Json>& runs = runs_[text];
    for (int seed = static_cast<int>(runs.size()); seed < seeds; ++seed) {
      const Json answer = Json::parse(run_json(Json{
          {"ask", "compare"},
          {"options", to_options(settings_, seed)},
          {"steps", settings_["steps"]},
          {"every", 1},
          {"expressions", {text}}}.dump()));
      INFO(text << ": " << answer.value("error", ""));
      runs.push_back(answer.at("schedules").at(0));
      INFO(runs.back().value("error", ""));
      runs.back().at("losses");  // it could be trained
      const Json& least = answer.at("least_loss");
      runs.back()["least"] = least.is_null() ? Json(0) : least;
    }
    return runs;
  }
  std::size_t on_page() const { return settings_["schedules"].size(); }

 private:
  const Json& settings_;
  std::map<std::string, std::vector<Json>> runs_;
};

bool diverged(const Json& run) { return !run["diverged_at"].is_null(); }

/// A number of a run: above_least, after `at` updates if given, top (the greatest loss), budget or
/// stable.
double number(const Json& run, const Json& claim) {
  const std::string of = claim.value("of", "above_least");
  if (of == "budget") return run.at("budget");
  if (of == "stable") return run.at("stable_rates").at(0);
  if (of == "top") return std::ranges::max(run.at("losses").get<std::vector<double>>());
  REQUIRE(of == "above_least");
  if (!claim.contains("at"))
    return diverged(run) ? INFINITY
                         : run["losses"].back().get<double>() - run["least"].get<double>();
  return run["losses"].at(claim["at"].get<std::size_t>()).get<double>() -
         run["least"].get<double>();
}

double median(const std::vector<Json>& runs, const Json& claim) {
  std::vector<double> all;
  for (const Json& run : runs) all.push_back(number(run, claim));
  std::ranges::sort(all);
  return (all[(all.size() - 1) / 2] + all[all.size() / 2]) / 2;
}

/// Whether run after run ends higher.
bool rises(const Json& claim, Runs& runs, std::size_t seed) {
  double before = -INFINITY;
  for (const Json& which : claim["lower"]) {
    const double loss = number(runs(which)[seed], claim);
    if (!(before < loss)) return false;
    before = loss;
  }
  return true;
}

/// The seeds for which something holds. The page shows the first one.
struct Held {
  int seeds = 0;
  bool on_page = false;
};
Held count(auto&& holds) {
  Held out;
  for (std::size_t seed = 0; seed < seeds; ++seed)
    if (holds(seed)) ++out.seeds, out.on_page = out.on_page || seed == 0;
  return out;
}

void check(const Json& claim, Runs& runs) {
  CAPTURE(claim.dump());
  if (claim.contains("lower") || claim.contains("diverges")) {
    const Held held = count([&](std::size_t seed) {
      return claim.contains("lower") ? rises(claim, runs, seed)
                                     : diverged(runs(claim["diverges"])[seed]);
    });
    CHECK(held.seeds >= claim["seeds"].get<int>());
    CHECK(held.on_page);
    return;
  }
  const Json& between = claim.at("between");
  double seen = 0;
  if (claim.contains("here"))
    seen = number(runs(claim["here"])[0], claim);
  else if (claim.contains("median"))
    seen = median(runs(claim["median"]), claim);
  else
    seen = median(runs(claim.at("ratio")[0]), claim) / median(runs(claim["ratio"][1]), claim);
  CAPTURE(seen);
  CHECK(between[0].get<double>() <= seen);
  CHECK(seen <= between[1].get<double>());
}

/// The right answer for a seed: the runs in order, the lowest loss first, or the number of a
/// choice; empty if two losses are equal.
std::vector<std::size_t> right_answer(const Json& question, Runs& runs, std::size_t seed) {
  std::vector<double> losses;
  const bool choice = question.contains("choices");
  for (std::size_t i = 0; i < (choice ? question["choices"].size() : runs.on_page()); ++i)
    losses.push_back(
        number(runs(choice ? question["choices"][i]["run"] : Json(i))[seed], Json::object()));
  std::vector<std::size_t> order(losses.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return losses[i]; });
  REQUIRE(order.size() > 1);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (losses[order[i - 1]] == losses[order[i]]) return {};
  if (choice) order.resize(1);
  return order;
}

std::size_t words(const Json& text) {
  std::istringstream in(text.get<std::string>());
  std::size_t count = 0;
  for (std::string word; in >> word;) ++count;
  return count;
}

std::vector<double> numbers(const std::string& text) {
  static const std::regex number(R"((\d+(\.\d+)?))");
  std::vector<double> out;
  for (std::sregex_iterator i(text.begin(), text.end(), number), end; i != end; ++i)
    out.push_back(std::stod(i->str()));
  return out;
}

}  // namespace

TEST_CASE("each claim of a lesson holds on the page and for as many of 20 seeds as it says") {
  for (const Json& lesson : all_lessons()) {
    CAPTURE(lesson["id"].dump());
    Runs runs(lesson);
    CHECK(lesson["claims"].size() >= 2);
    for (const Json& claim : lesson["claims"]) check(claim, runs);
  }
}

TEST_CASE("each question has one right answer, the same one for 15 of 20 seeds or more") {
  for (const Json& lesson : all_lessons()) {
    CAPTURE(lesson["id"].dump());
    Runs runs(lesson);
    const Json& question = lesson["question"];
    CHECK(question.contains("choices") != question.contains("order"));
    const auto shown = right_answer(question, runs, 0);
    REQUIRE(!shown.empty());
    const auto alike = [&](std::size_t seed) {
      return right_answer(question, runs, seed) == shown;
    };
    CHECK(count(alike).seeds >= 15);
  }
}

TEST_CASE("there are nine lessons, each with short texts") {
  std::vector<std::string> ids;
  for (const Json& lesson : all_lessons()) {
    CAPTURE(lesson["id"].dump());
    ids.push_back(lesson["id"]);
    CHECK(words(lesson["title"]) <= 6);
    CHECK(words(lesson["text"]) <= 80);
    CHECK(words(lesson["question"]["ask"]) <= 25);
    CHECK(words(lesson["explanation"]) <= 80);
  }
  CHECK(ids == std::vector<std::string>{"too-large", "decay", "too-soon", "equal-budget",
                                        "restarts", "ravine", "knobs", "curved", "warm-up"});
}

TEST_CASE("each number of an explanation is in the settings or the claims of its lesson") {
  for (const Json& lesson : all_lessons()) {
    const std::string known = lesson["settings"].dump() + lesson["claims"].dump();
    for (const double value : numbers(lesson["explanation"])) {
      CAPTURE(lesson["id"].dump());
      CAPTURE(value);
      const auto lies_between = [&](const Json& claim) {
        return claim.contains("between") && claim["between"][0] <= value &&
               value <= claim["between"][1];
      };
      const bool free = value == 1 || value == 2 || value == seeds;  // of formulas
      CHECK((free || std::ranges::count(numbers(known), value) > 0 ||
             std::ranges::any_of(lesson["claims"], lies_between)));
    }
  }
}
