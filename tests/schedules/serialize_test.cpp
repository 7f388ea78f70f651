#include <gradus/schedules/serialize.h>

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>

#include "golden/golden_support.h"

using namespace gradus;
using doctest::Contains;

namespace {

using golden::GoldenFile;
using golden::Json;

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [key, _] : json.items()) names.push_back(key);
  return names;
}

/// Equal values, and the same keys in the same order.
bool same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (!a.is_object()) return a == b;
  if (keys(a) != keys(b)) return false;
  for (const auto& [key, value] : a.items())
    if (!same(value, b.at(key))) return false;
  return true;
}

struct Listed {
  Real height;
  Real operator()(double) const { return height; }
  static void fields(auto& self, auto&& field) {
    using namespace rules;
    field("height", self.height, not_negative);
  }
};
struct Unlisted {
  Real operator()(double) const { return 1; }
};

/// Empty if the schedule is written as `want`.
std::string compare(const Schedule& s, const Json& want) {
  const std::string got = serialize(s);
  return same(Json::parse(got), want) ? "" : "got " + got;
}

template <class E = FormatError>
std::string error_of(const std::string& json) {
  try {
    deserialize(json);
  } catch (const E& error) {
    return error.what();
  }
  FAIL("no error from " << json);
  return {};
}

}  // namespace

TEST_CASE("serialize gives Keras's dicts, and deserialize reads them") {
  GoldenFile file("keras/serialize.json");
  for (const Json& c : file.cases("schedules")) {
    const Json& want = c.at("serialized");
    file.finish("serialized " + want.dump(), compare(deserialize(want.dump()), want));
    const Json call = {{"class_name", c.at("class_name")}, {"config", c.at("arguments")}};
    file.finish("made " + call.dump(), compare(deserialize(call.dump()), want));
  }
  for (const Json& c : file.cases("accepted_by_deserialize")) {
    const std::string input = c.at("input").dump();
    if (c.contains("error"))
      file.refuse(input, error_of(input));
    else
      file.finish(input, compare(deserialize(input), c.at("result")));
  }
  for (const Json& c : file.cases("faulty_inputs")) {
    const std::string name = c.at("case").get<std::string>(), input = c.at("input").dump();
    if (name == "wrong module")  // Keras reads it too
      file.finish(name, compare(deserialize(input), Json::parse(serialize(deserialize(input)))));
    else if (name == "invalid value")
      file.refuse(name, error_of<ValueError>(input));
    else
      file.refuse(name, error_of(input));
  }
}

TEST_CASE("every known schedule is written and read back, in both forms") {
  for (const KnownSchedule& known : known_schedules()) {
    const Schedule& s = known.example;
    const std::string json = serialize(s);
    const Schedule back = deserialize(json);
    CHECK(serialize(back) == json);
    CHECK(to_string(back) == to_string(s));
    CHECK(to_string(parse_schedule(to_string(s))) == to_string(s));
    CHECK(Json::parse(json).at("class_name") == known.type);
    CHECK(Json::parse(json).at("module") == known.module);
    for (int step = 0; step < 150; ++step) CHECK(back(step) == s(step));
  }
}

TEST_CASE("expressions are objects in objects, constants are numbers") {
  const Schedule s = 0.5 * linear(0, 0.1, 10) >> 0.1;
  CHECK(serialize(s) ==
        R"({"module": "gradus.schedules", "class_name": "Join", "config": {"first": )"
        R"({"module": "gradus.schedules", "class_name": "Product", "config": {"first": 0.5, )"
        R"("second": {"module": "gradus.schedules", "class_name": "Linear", "config": )"
        R"({"from": 0.0, "to": 0.1, "steps": 10}, "registered_name": null}}, )"
        R"("registered_name": null}, "second": 0.1}, "registered_name": null})");
  CHECK(to_string(deserialize(serialize(s))) == to_string(s));
  CHECK(serialize(Schedule(0.1)) == "0.1");
  CHECK(deserialize(" 3 ")(5) == 3);
  CHECK(deserialize("18446744073709551615")(0) == 0x1p64);
}

TEST_CASE("entries other than class_name and config are ignored") {
  const Schedule s = deserialize(
      R"({"build_config": {"input_shape": [1, {"x": [2]}], "class_name": "No"}, "config":
         {"decay_steps": 5, "initial_learning_rate": 0.1}, "class_name": "CosineDecay", "x": {}})");
  CHECK(to_string(s) == to_string(CosineDecay{0.1, 5}));
}

TEST_CASE("doubles come back bit for bit") {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const Schedule s =
        Linear{std::exp(20 * random.normal()), random.normal(), std::exp(20 * random.normal())};
    CHECK(serialize(deserialize(serialize(s))) == serialize(s));
    CHECK(to_string(deserialize(serialize(s))) == to_string(s));
  }
}

TEST_CASE("schedules and lists are at most 1000 deep in JSON") {
  Schedule s = 0.1;
  for (int i = 0; i < 1000; ++i) s = clamp(s, 0, 1);
  CHECK(to_string(deserialize(serialize(s))) == to_string(s));
  const auto clamped = [](const std::string& inside) {
    return R"({"class_name": "Clamp", "config": {"low": 0, "high": 1, "schedule": )" + inside +
           "}}";
  };
  CHECK(error_of(clamped(serialize(s))) ==
        "deserialize: schedules and lists must be nested at most 1000 deep");
  Schedule cyclic = Cyclic{0, 1, 1};  // a name for an expression that is deeper
  while (cyclic.depth() < 1000) cyclic = clamp(cyclic, 0, 1);
  CHECK(error_of(clamped(serialize(cyclic))) ==
        "deserialize: an expression must be at most 1000 deep");
  for (const std::size_t many : {std::size_t{1001}, std::size_t{1000000}}) {
    const std::string brackets = std::string(many, '[') + std::string(many, ']');
    CHECK(error_of(brackets).find("must be nested at most 1000 deep") != std::string::npos);
    CHECK(deserialize(R"({"class_name": "Linear", "x": )" + brackets +
                      R"(, "config": {"from": 1, "to": 1, "steps": 1}})")(0) == 1);
  }
}

TEST_CASE("a schedule without fields is not serialised, and the error says why") {
  CHECK_THROWS_WITH_AS(serialize(Schedule([](double) { return 0.1; }) >> 0.1),
                       Contains("must have an end"), ValueError);
  CHECK_THROWS_WITH_AS(
      serialize(Schedule([](double) { return 0.1; }).take(5)),
      "serialize: a schedule must be a struct with fields (got 'custom', a function in a program, "
      "which a text cannot hold)",
      ValueError);
  CHECK_THROWS_WITH_AS(serialize(Unlisted{}), Contains("got 'Unlisted'"), ValueError);
  CHECK_THROWS_WITH_AS(serialize(Schedule(std::nan(""))), Contains("finite (got nan)"), ValueError);
  CHECK_THROWS_WITH_AS(serialize(CosineDecay{0.1, 10, 0, "\xff"}), Contains("UTF-8"), ValueError);
  CHECK(serialize(CosineDecay{0.1, 10, 0, "\xc3\xa9\"\n"}).find(R"("\u00e9\"\n")") !=
        std::string::npos);
}

TEST_CASE("a user's struct is written as Keras writes a custom class") {
  const std::string json = serialize(Listed{0.5});
  CHECK(json == R"({"module": null, "class_name": "Listed", "config": {"height": 0.5}, )"
                R"("registered_name": "Listed"})");
  CHECK(error_of(json).find("Listed is of no module: a custom class") != std::string::npos);
}

TEST_CASE("faulty JSON is refused, and the error says what is wrong") {
  const std::pair<const char*, const char*> table[] = {
      {"", "line 1, column 1: not JSON"},
      {"{", "not JSON"},
      {"{\n  \"class_name\": oops}", "line 2, column 17: not JSON"},
      {"[1, 2] 3", "not JSON"},
      {"1e999", "line 1, column 5: not JSON at '1e999'"},
      {"[1,\n 1e999]", "line 2, column 6: not JSON at '1e999'"},
      {"NaN", "not JSON"},
      {"[0.1]", "expected a schedule or a number"},
      {"\"CosineDecay\"", "expected a schedule or a number"},
      {"null", "expected a schedule or a number"},
      {"{}", "expected a schedule: an object with \"class_name\""},
      {R"({"class_name": 3, "config": {}})", "an object with \"class_name\""},
      {R"({"class_name": "CosinDecay", "config": {}})", "did you mean 'CosineDecay'?"},
      {R"({"class_name": "clamp", "config": {}})", "did you mean 'Clamp'?"},
      {R"({"class_name": "CosineDecay"})", "CosineDecay needs \"config\""},
      {R"({"class_name": "CosineDecay", "config": 3})", "CosineDecay needs \"config\""},
      {R"({"class_name": "CosineDecay", "config": {"decay_step": 3}})",
       "no argument 'decay_step'; did you mean 'decay_steps'?"},
      {R"({"class_name": "CosineDecay", "config": {"decay_steps": 3}})",
       "CosineDecay needs 'initial_learning_rate'"},
      {R"({"class_name": "CosineDecay", "config": {"alpha": "x", "decay_steps": 1,
         "initial_learning_rate": 1}})",
       "alpha must be a number (got \"x\")"},
      {R"({"class_name": "Linear", "config": {"from": 1, "from": 2}})", "'from' is given twice"},
      {R"({"class_name": "Linear", "class_name": "Linear"})", "'class_name' is given twice"},
      {R"({"class_name": "Clamp", "config": {"schedule": {"low": 1}}})", "expected a schedule"}};
  for (const auto& row : table) {
    const std::string error = error_of(row.first);
    CHECK_MESSAGE(error.find(row.second) != std::string::npos, row.first, ": ", error);
  }
  CHECK(error_of(std::string(100000, '[')).find("not JSON") != std::string::npos);
  CHECK(error_of("{\"a\":" + std::string(100000, '[')).find("not JSON") != std::string::npos);
}
