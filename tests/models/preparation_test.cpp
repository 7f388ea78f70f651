/// From tables to tensors: words, classes and scales of training rows for other rows.

#include <gradus/models/preparation.h>

#include <gradus/models/read_csv.h>

#include "data_files.h"

using namespace gradus;
using data_files::Folder, data_files::numbers;
using Names = std::vector<std::string>;
using Doubles = std::vector<double>;

namespace {

Table table(const std::string& text, const CsvOptions& options = {}) {
  return read_table(Folder().write("t.csv", text), options);
}

const std::string towns = "town,size,y\nB,1,10\nA,2,20\nB,6,30\n";

Preparation prepared() { return prepare(table(towns, {.one_hot = {"town"}})); }

Table other(const std::string& text, bool labelled = true) {
  return read_table(Folder().write("new.csv", text), prepared(), labelled);
}

}  // namespace

TEST_CASE("a preparation scales inputs and targets by the training rows") {
  const Preparation p = prepared();
  CHECK(p.columns() == Names{"town=A", "town=B", "size"});
  CHECK(p.inputs->mean.exact(2) == 3);
  CHECK(p.targets->mean.exact(0) == 20);
  CHECK(p.target_deviation() == doctest::Approx(std::sqrt(200.0 / 3)));
  const Dataset data = p(other("y,size,more,town\n40,3,x,A\n"));
  CHECK(data.columns == p.columns());
  CHECK(data.x.shape() == Shape{1, 3});
  CHECK(value(data.x(0, 0)) == doctest::Approx((1 - 1.0 / 3) / std::sqrt(2.0 / 9)));
  CHECK(data.x(0, 2) == 0);
  CHECK(value(data.y(0, 0)) == doctest::Approx(20 / std::sqrt(200.0 / 3)));
  CHECK(p.undo(data.y).exact(0) == doctest::Approx(40));
  CHECK(p(other("town,size\nB,1\n", false)).y.size() == 0);

  const Preparation plain =
      prepare(table(towns, {.one_hot = {"town"}}), {.scale = false, .scale_target = false});
  CHECK(plain.target_deviation() == 1);
  CHECK(numbers(plain(table(towns, {.one_hot = {"town"}})).x) ==
        Doubles{0, 1, 1, 1, 0, 2, 0, 1, 6});
  CHECK(plain.undo(Tensor{{7}}).item() == 7);
  CHECK_THROWS_WITH_AS(plain(table("a,y\n1,2\n")),
                       "Preparation: the table must have the same features", ShapeError);
}

TEST_CASE("a preparation refuses a table of other kinds, where a cell would mean something else") {
  const Table towns_as_numbers = table("town,size,y\n7,1,10\n8,2,20\n");
  const Table words = table(towns, {.one_hot = {"town"}});
  CHECK_THROWS_AS(prepared()(towns_as_numbers), ShapeError);
  CHECK_THROWS_AS(prepare(towns_as_numbers)(words), ShapeError);
  const Preparation kinds = prepare(table("a,k\n1,x\n2,y\n3,z\n"));
  for (const char* text : {"a,k\n1,y\n2,z\n", "a,k\n1,5\n", "a,j\n1,x\n2,y\n3,z\n"})
    CHECK_THROWS_WITH_AS(kinds(table(text)),
                         "Preparation: the table must have the same target and classes, as from "
                         "read_table(path, prepared)",
                         ShapeError);
  Table none = words;
  none.cells.clear();
  CHECK(prepared()(none).x.shape() == Shape{0, 3});
  CHECK_THROWS_WITH_AS(prepare(none), "prepare: the table must have rows", ValueError);
}

TEST_CASE("words are those of the training rows and other words are zeros") {
  const Table whole = table("w,y\na,1\nb,2\nc,3\nb,4\n", {.one_hot = {"w"}});
  const auto [rows, held_out] = split(whole, 0.5, {.last = true});
  const Preparation p = prepare(rows, {.scale = false, .scale_target = false});
  CHECK(p.columns() == Names{"w=a", "w=b"});
  const Dataset test = p(held_out);
  CHECK(numbers(test.x) == Doubles{0, 0, 0, 1});
  CHECK(test.notes == Names{"column 'w': 1 of 2 rows have a word that the training rows lack (c); "
                            "it becomes zeros"});
  CHECK(p(rows).notes.empty());
  // A number in a column of words is a word; other spellings of the number are the same one.
  const Preparation mixed = prepare(table("w;y\n1,5;1\nx;2\n2,5;3\n", {.one_hot_auto = true}), {});
  CHECK(mixed.columns() == Names{"w=1.5", "w=2.5", "w=x"});
  const Table spelled = read_table(Folder().write("n.csv", "w;y\n1,50;5\n2,5;5\n"), mixed);
  CHECK(mixed(spelled).notes.empty());
}

TEST_CASE("new rows have the known classes") {
  const Preparation p = prepare(table("x,y\n1,10\n2,9\n3,10\n", {.task = Task::classification}));
  CHECK(p.target.classes == Names{"9", "10"});
  CHECK_FALSE(p.targets);
  const Folder folder;
  const auto read = [&](const std::string& text) {
    return p(read_table(folder.write("n.csv", text), p));
  };
  CHECK(numbers(read("x,y\n1,10.0\n2,9\n").y) == Doubles{1, 0});
  CHECK(read("x,y\n1,9\n").y.shape() == Shape{1});
  CHECK_THROWS_WITH_AS(read("x,y\n1,11\n"),
                       (folder.path("n.csv:2: unknown class '11' (known are 9, 10)")).c_str(),
                       FormatError);
  // One that stands only in rows that are left out is not looked at, as in training.
  const std::string text = "a,k\n1,x\n2,y\n,z\n";
  const Preparation xy = prepare(table(text, {.drop_missing = true}));
  CHECK(numbers(xy(read_table(folder.write("n.csv", text), xy)).y) == Doubles{0, 1});
  CHECK_THROWS_WITH_AS(read_table(folder.write("n.csv", text + "5,w\n"), xy),
                       (folder.path("n.csv:5: unknown class 'w' (known are x, y)")).c_str(),
                       FormatError);
}

TEST_CASE("truth values of new rows are 1 and 0 where those of training were") {
  const Preparation p = prepare(table("a,y\nTRUE,1\nFALSE,2\n"));
  const Folder folder;
  CHECK(read_table(folder.write("n.csv", "a,y\ntrue,1\n0,2\n"), p).cells == Doubles{1, 1, 0, 2});
  CHECK_THROWS_WITH_AS(read_table(folder.write("n.csv", "a,y\nTRUE,1\nmaybe,2\n"), p),
                       folder.path("n.csv:3: 'maybe' is not a number (column 'a')").c_str(),
                       FormatError);
}

TEST_CASE("rows with gaps are only listed where predictions are wanted") {
  const Table rows = other("town,size\nA,1\n,2\nB,?\nB,3\n", false);
  CHECK(rows.dropped == std::vector<std::int64_t>{1, 2});
  CHECK(rows.notes == Names{"2 of 4 rows are left; gaps: town 1, size 1"});
  CHECK_THROWS_AS(other("town,size,y\nA,,1\n"), FormatError);
}

TEST_CASE("the dialect of the training file decides where a file leaves it open") {
  const Preparation p = prepare(table("a;b;y\n1,5;2;3\n2,5;3;4\n"));
  CHECK(p.dialect.separator == ';');
  CHECK(p.dialect.decimal == ',');
  const auto read = [&](const std::string& text) {
    return read_table(Folder().write("n.csv", text), p).cells;
  };
  CHECK(read("a;b;y\n1,5;2;3\n") == Doubles{1.5, 2, 3});
  CHECK(read("a,b,y\n1.5,2,3\n") == Doubles{1.5, 2, 3});
  // Dates beside decimal commas are numbers with a point.
  const std::string dates = "a;day;y\n1,5;24.12;3\n2,5;25.12;4\n";
  const Preparation without = prepare(table(dates, {.decimal = ',', .ignore = {"day"}}));
  const Table again = read_table(Folder().write("n.csv", dates), without);
  CHECK(again.cells == Doubles{1.5, 3, 2.5, 4});
}

TEST_CASE("a preparation comes back from its text bit for bit") {
  const Preparation p = prepare(
      table("t,w,y\n1700000000.125,\"a, b\",0.1\n1700000001,\xc3\xa4,0.2\n", {.one_hot = {"w"}}));
  const std::string text = serialize(p);
  const Preparation back = parse_preparation(text);
  CHECK(serialize(back) == text);
  CHECK(back.inputs->mean.exact(0) == p.inputs->mean.exact(0));
  CHECK(back.features[1].words == p.features[1].words);
  CHECK(parse_preparation(serialize(Preparation{})).features.empty());
  CHECK(to_string(p) ==
        "t: mean 1.7e+09, deviation 0.4375\nw: 2 (a, b, \xc3\xa4)\ntarget y: mean 0.15, deviation "
        "0.05\n");
}

TEST_CASE("a forged text of a preparation is refused") {
  const std::string text = serialize(prepared());
  const auto refuse = [](const std::string& forged) {
    CAPTURE(forged.substr(0, 400));
    CHECK_THROWS_AS(parse_preparation(forged), FormatError);
  };
  for (std::size_t n = 0; n < text.size(); n += 3) refuse(text.substr(0, n));
  for (const std::string& junk :
       {std::string("null"), std::string("[]"), std::string("{}"), std::string(500'000, '[')})
    refuse(junk);
  const std::pair<const char*, const char*> pieces[] = {
      {"\"features\":[", "\"features\":[7,"}, {"\"deviation\":[", "\"deviation\":[0,"},
      {"\"header\":true", "\"header\":1"},    {"\"drop\":false", "\"drop\":false,\"more\":1"},
      {"\"words\":[\"A\",", "\"words\":["},   {"\"separator\":44", "\"separator\":300"},
      {"\"mean\":[", "\"mean\":[null,"},      {"\"name\":\"size\"", "\"name\":3"},
      {"\"mean\":[", "\"mean\":[1e999,"},     {"\"separator\":44", "\"separator\":461.5"},
      {"\"comment\":0", "\"comment\":34"},    {"\"decimal\":46", "\"decimal\":1e99"}};
  for (const auto& [from, to] : pieces) {
    const std::size_t at = text.find(from);
    REQUIRE(at != text.npos);
    if (std::string_view(from) != to)
      refuse(std::string(text).replace(at, std::string_view(from).size(), to));
  }
}

TEST_CASE("read_csv() is a preparation without scales") {
  const Folder folder;
  const std::string path = folder.write("t.csv", towns);
  const Dataset a = read_csv(path, {.one_hot = {"town"}});
  const Dataset b =
      prepare(table(towns, {.one_hot = {"town"}}),
              {.scale = false, .scale_target = false})(table(towns, {.one_hot = {"town"}}));
  CHECK(numbers(a.x) == numbers(b.x));
  CHECK(numbers(a.y) == numbers(b.y));
  CHECK(a.columns == b.columns);
}
