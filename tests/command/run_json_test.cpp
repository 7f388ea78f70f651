#include "page/run_json.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "command/in_process.h"
#include "training/exact.h"

namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

json ask(const json& question) {
  const std::string answer = run_json(question.dump());
  CHECK(answer.find('\n') == answer.npos);
  return json::parse(answer);
}

/// A question with these options of the command, all of them `--name value`.
json question(const char* kind, const Words& options, const json& more) {
  json out{{"ask", kind}, {"options", json::object()}};
  for (std::size_t i = 0; i + 1 < options.size(); i += 2)
    out["options"][options[i].substr(2)] = options[i + 1];
  out.update(more);
  return out;
}

json command_prints(Words words, const Words& options) {
  words.insert(words.end(), options.begin(), options.end());
  words.push_back("--json");
  const in_process::Outcome got = in_process::call(words);
  CAPTURE(got.err);
  REQUIRE(got.code == 0);
  return json::parse(got.out);
}

/// What `gradus: error: ` says.
std::string command_refuses(Words words, const Words& options) {
  words.insert(words.end(), options.begin(), options.end());
  const in_process::Outcome got = in_process::call(words);
  CHECK(got.code == 2);
  const std::string start = "gradus: error: ";
  REQUIRE(got.err.starts_with(start));
  return got.err.substr(start.size(), got.err.size() - start.size() - 1);
}

json without(json object, const Words& keys) {
  for (const std::string& key : keys) object.erase(key);
  return object;
}

const Words line = {"--data", "line",       "--layers", "none",    "--batch-size",
                    "4",      "--sampling", "fresh",    "--steps", "60"};
const Words moons = {"--layers", "8", "--activation", "tanh", "--steps", "40", "--seed", "3"};
const Words texts = {"0.3", "fall=CosineDecay(0.3, all)", "sgd(0.05, momentum=0.9)"};

}  // namespace

TEST_CASE("compare is what gradus compare --json prints for one seed") {
  for (const Words& options : {line, moons}) {
    Words words = texts;
    words.insert(words.begin(), "compare");
    words.insert(words.end(), {"--seeds", "1"});
    const json printed = command_prints(words, options);
    const json answer =
        ask(question("compare", options, {{"expressions", texts}, {"curvature", true}}));
    CHECK(without(answer, {"least"}) == without(printed, {"least"}));
    CHECK(answer.contains("least") == false);  // the page asks for the surface by itself
    const json& first = answer["schedules"][0];
    CHECK(first.contains("path") == (options == line));
    CHECK(answer["least_loss"].is_number() == (options == line));
    CHECK(first["losses"].size() == first["measured"].size());
  }
}

TEST_CASE("compare measures the loss after each `every` updates and at the end") {
  const json answer = ask(question("compare", line, {{"expressions", {"0.3"}}, {"every", 25}}));
  CHECK(answer["schedules"][0]["measured"] == json{0, 25, 50, 60});
  CHECK(ask(question("compare", line,
                     {{"expressions", {"0.3"}}, {"steps", 1}}))["schedules"][0]["measured"] ==
        json{0, 1});
}

TEST_CASE("a diverged run is an answer with its update") {
  const json one =
      ask(question("compare", line, {{"expressions", {"0.3", "5"}}, {"every", 1}}))["schedules"][1];
  CHECK(one["diverged"] == 1);
  CHECK(one["diverged_at"].get<int>() < 60);
  CHECK(one["loss"].is_null());
  CHECK(ask(question("compare", line, {{"expressions", {"5"}}}))["schedules"][0]["diverged"] == 1);
}

TEST_CASE("the start of the options is the first point of the path") {
  Words options = line;
  options.insert(options.end(),
                 {"--initializer", "constant(-0.6)", "--bias-initializer", "constant(-0.9)"});
  const json path =
      ask(question("compare", options, {{"expressions", {"0.3"}}}))["schedules"][0]["path"];
  CHECK(path[0][0].get<double>() == doctest::Approx(-0.6));
  CHECK(path[0][1].get<double>() == doctest::Approx(-0.9));
}

TEST_CASE("expect is what gradus expect --json prints") {
  const json printed = command_prints({"expect", "0.3", "CosineDecay(0.3, all)"}, line);
  const json answer =
      ask(question("expect", line, {{"expressions", {"0.3", "CosineDecay(0.3, all)"}}}));
  CHECK(without(answer, {"command"}) == without(printed, {"command"}));
  CHECK(answer["schedules"][1]["noise"].size() == 61);
}

TEST_CASE("sensitivity is what gradus sensitivity --json prints") {
  const Words same = {"--data", "line", "--layers", "none", "--batch-size", "8"};
  Words options = same;
  options.insert(options.end(), {"--epochs", "2"});
  const json asked = question(
      "sensitivity", same, {{"expression", "CosineDecay(0.3, 50)"}, {"seeds", 2}, {"steps", 50}});
  const json answer = ask(asked);
  if (answer.contains("error")) {  // a build without exact derivatives
    CHECK(answer["error"] == command_refuses({"sensitivity", "CosineDecay(0.3, 50)"}, options));
    return;
  }
  CHECK(answer == command_prints({"sensitivity", "CosineDecay(0.3, 50)", "--seeds", "2"}, options));
  json quicker = asked;
  quicker["windows"] = 0;
  CHECK(ask(quicker)["windows"].empty());
  CHECK(ask(quicker)["numbers"] == answer["numbers"]);
  json shorter = asked;
  shorter["steps"] = 30;  // in the middle of an epoch
  const json cut = ask(shorter);
  CHECK(cut["updates"] == 30);
  const json run = ask(question(
      "compare", same, {{"expressions", {"CosineDecay(0.3, 50)"}}, {"steps", 30}}))["schedules"][0];
  CHECK(cut["losses"][0].get<double>() == doctest::Approx(run["loss"].get<double>()).epsilon(1e-3));
}

TEST_CASE("read gives rates, notes and numbers, or the column of the mistake") {
  const json read = ask(question("read", line, {{"expression", "CosineDecay(0.3, all / 2)"}}));
  CHECK(read["text"] == "CosineDecay(0.3, 30)");
  CHECK(read["rates"].size() == 60);
  CHECK(read["notes"].size() > 0);
  CHECK(read["numbers"][0] == json::parse(R"({"number": "initial_learning_rate", "value": 0.3,
      "written": 0.3, "counts_steps": false, "from": 12, "length": 3, "slope": )" +
                                          read["numbers"][0]["slope"].dump() + "}"));
  for (const auto& row : {std::pair("CosinDecay(0.3, 60)", 1),
                          {"a = CosinDecay(1, 2)", 5},
                          {"\xc3\xa4=CosinDecay(1, 2)", 3},
                          {"a\": column b", 0},
                          {"0.3 +", 6},
                          {"CosineDecay(0.3, -5)", 0}}) {
    const std::string text = row.first;
    CAPTURE(text);
    const json wrong = ask(question("read", line, {{"expression", text}}));
    CHECK(wrong["label"] == text);
    CHECK(wrong["error"] == command_refuses({"compare", text}, line));
    CHECK(wrong.value("column", 0) == row.second);
  }
}

TEST_CASE("a wrong expression has its error in its place, and the others run") {
  for (const char* kind : {"compare", "expect"}) {
    const json list =
        ask(question(kind, line, {{"expressions", {"0.1", "0.", "1 +", "0.3"}}}))["schedules"];
    REQUIRE(list.size() == 4);
    CHECK(list[1]["label"] == "0.");
    CHECK(list[2]["error"] == "\"1 +\": column 4: expected a schedule or a number (got the end)");
    for (const std::size_t i : {0U, 3U}) {
      const json alone = ask(question(kind, line, {{"expressions", {i == 0 ? "0.1" : "0.3"}}}));
      CHECK(list[i]["losses"] == alone["schedules"][0]["losses"]);
    }
  }
  CHECK(ask(question("compare", line, {{"expressions", {"nothing"}}}))["schedules"].size() == 1);
}

TEST_CASE("finals are the means of the final losses over seeds") {
  const json finals =
      ask(question("finals", line, {{"expressions", {"0.3", "5", "wrong("}}, {"seeds", 3}}));
  Words words = {"compare", "0.3", "--seeds", "3"};
  const json printed = command_prints(words, line);
  CHECK(finals["losses"][0].get<double>() ==
        doctest::Approx(printed["schedules"][0]["loss"].get<double>()).epsilon(1e-12));
  CHECK(finals["losses"][1].is_null());
  CHECK(finals["losses"][2].is_null());
}

TEST_CASE("the surface has its goal at the least loss, and room on its far side") {
  Words options = line;
  options.insert(options.end(), {"--initializer", "constant(-3)"});
  const json answer = ask(question("surface", options, json::object()));
  const json compared = ask(question("compare", options, {{"expressions", {"0.3"}}}));
  const std::vector<double> box = answer["box"], heights = answer["heights"], goal = answer["goal"];
  REQUIRE(heights.size() ==
          answer["columns"].get<std::size_t>() * answer["rows"].get<std::size_t>());
  const double least = *std::min_element(heights.begin(), heights.end());
  CHECK(least >= compared["least_loss"].get<double>() - 1e-6);
  CHECK(least < 0.2);
  CHECK(box[0] < -3);
  CHECK(box[1] > goal[0] + 0.8 * (goal[0] + 3));
  CHECK(answer["levels"].size() > 4);
  CHECK(ask(question("surface", moons, json::object()))["error"] ==
        "surface: the model must have two weights (got 33)");
}

TEST_CASE("the map has the predictions of the model after the given updates") {
  const json more = {{"expression", "0.5"}, {"steps", 300}};
  json asked = question("map", moons, more);
  asked["updates"] = 0;
  const json before = ask(asked);
  asked["updates"] = 300;
  const json after = ask(asked);
  REQUIRE(after["values"].size() == 33 * 33);
  CHECK(before["points"] == after["points"]);
  const auto right =
      [](const json& map) {  // the share of rows whose nearest value fits their label
        const std::vector<double> box = map["box"], values = map["values"], labels = map["labels"];
        double n = 0;
        for (std::size_t i = 0; i < labels.size(); ++i) {
          const double x = map["points"][i][0], y = map["points"][i][1];
          const auto column = static_cast<std::size_t>(
                         std::lround(32 * (x - box[0]) / (box[1] - box[0]))),
                     row = static_cast<std::size_t>(
                         std::lround(32 * (y - box[2]) / (box[3] - box[2])));
          n += (values[33 * row + column] > 0.5) == (labels[i] == 1);
        }
        return n / static_cast<double>(labels.size());
      };
  CHECK(right(after) > 0.8);
  CHECK(right(after) > right(before));
  CHECK(ask(question("map", line, more))["error"] == "map: the data must have two inputs (got 1)");
}

TEST_CASE("program and list") {
  const json program = ask(question("program", line, {{"expression", "CosineDecay(0.3, all)"}}));
  CHECK(program["code"].get<std::string>().find("CosineDecay{.initial_learning_rate = 0.3, "
                                                ".decay_steps = 60}") != std::string::npos);
  const json list = ask({{"ask", "list"}});
  CHECK(list["data"][0] == "line");
  CHECK(list["schedules"].size() > 20);
  CHECK(list["optimizers"][0] == "sgd");
}

TEST_CASE("wrong options have the error messages of the command") {
  for (const auto& row : {std::pair("--layers", "0"),
                          {"--batch-size", "1e3"},
                          {"--optimizer", "sdg"},
                          {"--optimizer", "sgd(1"},
                          {"--loss", "huber"},
                          {"--activation", "rleu"},
                          {"--seed", "-1"},
                          {"--sampling", "fresher"},
                          {"--bias-initializer", "constt"},
                          {"--noise", "-3"},
                          {"--label", "x"}}) {
    const std::string option = row.first, value = row.second;
    CAPTURE(option);
    CAPTURE(value);
    const std::string sentence =
        command_refuses({"compare", "0.3"}, {fmt::format("{}={}", option, value)});
    for (const char* kind : {"compare", "read", "map", "program", "sensitivity"}) {
      const json more = {{"expressions", {"0.3"}}, {"expression", "0.3"}};
      const json answer = ask(question(kind, {option, value}, more));
      if (kind != std::string("read"))
        CHECK(answer == json{{"error", sentence}});
      else
        CHECK(answer["error"] == sentence);
    }
  }
  CHECK(ask(question("expect", {"--layers", "4"}, {{"expressions", {"0.3"}}}))["error"] ==
        command_refuses({"expect", "0.3", "--layers", "4"}, {}));
}

TEST_CASE("a wrong question has an error message") {
  const auto error = [](const std::string& text) {
    return json::parse(run_json(text))["error"].get<std::string>();
  };
  CHECK(error("") == "the question: must be a JSON object");
  CHECK(error("[]") == "the question: must be a JSON object");
  CHECK(error("{\"ask\":\"list\"") == "the question: must be a JSON object");
  CHECK(error("{}") == "ask: must be given");
  CHECK(error(R"({"ask": ["list"]})") == "ask: must be a text or a number (got array)");
  CHECK(error(R"({"ask": "compar"})").ends_with("did you mean compare?"));
  CHECK(error(R"({"ask": "compare"})") == "expressions: must be a list of texts");
  CHECK(error(R"({"ask": "compare", "expressions": [[]]})") ==
        "expressions: must be a text or a number (got array)");
  CHECK(error(R"({"ask": "read"})") == "expression: must be given");
  CHECK(error(R"({"ask": "surface", "options": {"bath-size": 3}})") ==
        "options: unknown key 'bath-size'; did you mean batch-size?");
  CHECK(error(R"({"ask": "surface", "options": 3})") == "options: must be an object (got number)");
  CHECK(error(R"({"ask": "surface", "options": {"no-header": 3}})") ==
        "--no-header: must be true or false (got number)");
  CHECK(error(R"({"ask": "surface", "options": {"data": "/etc/passwd"}})")
            .starts_with("--data: must be one of"));
  CHECK(error(std::string(2'000'000, ' ')) ==
        "the question: must have at most 1000000 bytes (got 2000000)");
  CHECK(error(std::string(500'000, '[')) == "the question: must be a JSON object");
  CHECK(error(R"({"ask": "surface", "options": )" + std::string(100'000, '[') +
              std::string(100'000, ']') + "}") == "options: must be an object (got array)");
}

TEST_CASE("a question that takes minutes is refused") {
  for (const json& asked :
       {question("compare", {"--layers", "4096,4096"}, {{"expressions", {"0.1"}}}),
        question("finals", {"--layers", "1024"}, {{"expressions", {"0.1"}}, {"seeds", 1000}}),
        question("map", {"--layers", "4096,4096"}, {{"expression", "0.1"}}),
        question("compare", {"--steps", "100001"}, {{"expressions", {"0.1"}}}),
        question("compare", {"--epochs", "100000"}, {{"expressions", {"0.1"}}}),
        question("compare",
                 {"--sampling", "replacement", "--batch-size", "100000", "--steps", "300"},
                 {{"expressions", {"0.1"}}}),
        question("sensitivity", {"--layers", "512,512"}, {{"expression", "0.1"}})}) {
    CAPTURE(asked);
    CHECK(ask(asked).contains("error"));
  }
}
