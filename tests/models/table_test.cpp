/// Tables: the kind of the target, gaps, columns of words, and splits.

#include <gradus/models/table.h>

#include <algorithm>
#include <set>

#include "data_files.h"

using namespace gradus;
using data_files::Folder;
using Names = std::vector<std::string>;
using Rows = std::vector<std::int64_t>;

namespace {

Table table(const std::string& text, const CsvOptions& options = {}) {
  return read_table(Folder().write("t.csv", text), options);
}

/// The error without the folder of the file, or "read".
std::string refusal(const std::string& text, const CsvOptions& options = {}) {
  const Folder folder;
  try {
    read_table(folder.write("t.csv", text), options);
    return "read";
  } catch (const Error& error) {
    CHECK(std::string_view(error.what()).size() <= 300 + folder.path("").size());
    const std::string what = error.what();
    return what.starts_with(folder.path("")) ? what.substr(folder.path("").size()) : what;
  }
}

/// A table with x = 0, 1, ... and these labels, each `times` times.
std::string labelled(const Names& labels, int times) {
  std::string text = "x,y\n";
  int x = 0;
  for (int n = 0; n < times; ++n)
    for (const std::string& label : labels) text += fmt::format("{},{}\n", x++, label);
  return text;
}

Names classes(const Names& labels, int times, Task task) {
  return table(labelled(labels, times), {.task = task}).target.classes;
}

const std::string towns = "town,size,y\nB,1,2\nA,2,3\nB,3,4\n";

}  // namespace

TEST_CASE("classes are the distinct labels in order, whatever the order of the rows") {
  struct Case {
    Names labels, classes;
  };
  for (auto [labels, expected] : {Case{{"4", "2"}, {"2", "4"}},
                                  {{"1", "-1"}, {"-1", "1"}},
                                  {{"3", "1", "2"}, {"1", "2", "3"}},
                                  {{"10", "9"}, {"9", "10"}},
                                  {{"2.0", "2", "+2", "-0", "0"}, {"0", "2"}},
                                  {{"10-20", "<10", "20-30"}, {"10-20", "20-30", "<10"}},
                                  {{"10+", "9", "10"}, {"9", "10", "10+"}},
                                  {{"TRUE", "FALSE"}, {"FALSE", "TRUE"}},
                                  {{"-", "+"}, {"+", "-"}}}) {
    std::ranges::sort(labels);
    do CHECK(classes(labels, 10, Task::automatic) == expected);
    while (std::ranges::next_permutation(labels).found);
    CHECK(classes(labels, 1, Task::classification) == expected);
  }
  CHECK(table(labelled({"b", "a", "b"}, 1)).cells == std::vector<double>{0, 1, 1, 0, 2, 1});
}

TEST_CASE("a class is listed once, also if a word is written as a number of another decimal mark") {
  const Table rows =
      table("a;y\n1;1,5\n2;1.5\n3;2,5\n", {.task = Task::classification, .decimal = ','});
  CHECK(rows.target.classes == Names{"1.5", "2.5"});
  CHECK(rows.cells == std::vector<double>{1, 0, 2, 0, 3, 1});
}

TEST_CASE("whole numbers are classes if few of them come often") {
  Names twenty, half{"0.5", "1"};
  for (int i = 0; i < 20; ++i) twenty.push_back(fmt::format("{}", i));
  CHECK(classes(twenty, 10, Task::automatic) == twenty);
  CHECK(classes(twenty, 9, Task::automatic).empty());
  CHECK(classes(twenty, 10, Task::words).empty());
  CHECK(classes(twenty, 10, Task::regression).empty());
  CHECK(classes(half, 10, Task::automatic).empty());
  CHECK(classes(half, 1, Task::classification) == half);
  twenty.push_back("20");
  CHECK(classes(twenty, 10, Task::automatic).empty());
  CHECK(classes({"7"}, 30, Task::automatic).empty());  // nothing to tell apart
  CHECK(table(labelled({"4", "2"}, 10), {.task = Task::automatic}).notes ==
        Names{"target 'y': 2 whole numbers, taken as classes (set .task = Task::regression for "
              "numbers)"});
  CHECK(table(labelled({"4", "2"}, 9), {.task = Task::automatic}).notes ==
        Names{"target 'y': numbers (set .task = Task::classification for classes)"});
}

TEST_CASE("advice holds names as literals of C++, whole to 100 characters") {
  const std::string name(99, 'n'),
      said = refusal("\"5\"\" a\\b\"," + name + ",y\nred,blue,1\nred,blue,2\n");
  CHECK(said.ends_with("set .one_hot_auto = true or .ignore = {\"5\\\" a\\\\b\" and 1 more})"));
  const std::string fits(50, 'f'), gaps = ",1,1\n,1,1\n1,,1\n1,1,1\n";
  CHECK(refusal(fits + "," + name + ",y\n" + gaps)
            .ends_with("or .ignore = {\"" + fits + "\"} to keep 3)"));
  CHECK(refusal(name + "," + fits + ",y\n" + gaps)
            .ends_with("(set .drop_missing = true to leave such rows out)"));
  CHECK(refusal(name + ",y\nred,1\nred,2\n").ends_with("or .ignore = {\"" + name + "\"})"));
  const std::string quotes(198, '"');  // 99 in a field
  CHECK(refusal('"' + quotes + "\",x,y\nred,1,1\nred,1,2\n").size() < 250);
  CHECK(refusal("\"a," + quotes + "\",x,y\n1,1,1\n", {.ignore = {"a"}}).size() < 250);
}

TEST_CASE("a word in a target of numbers is refused with its line") {
  Names labels;
  for (int i = 0; i < 21; ++i) labels.push_back(fmt::format("{}", i));
  labels[5] = "lost";
  const std::string said =
      "t.csv:7: 'lost' is not a number (column 'y'; set .missing = {\"lost\"} if that is a missing "
      "value)";
  labels.push_back("21");
  for (const Task task : {Task::words, Task::automatic, Task::regression})
    CHECK(refusal(labelled(labels, 1), {.task = task}) == said);
  CHECK(classes(labels, 1, Task::classification).back() == "lost");
  CHECK(table(labelled(labels, 1), {.drop_missing = true, .missing = {"lost"}}).rows() == 21);
  CHECK(refusal(labelled({"a", "b"}, 2), {.task = Task::regression}) ==
        "t.csv:2: 'a' is not a number (column 'y'; set .task = Task::classification for classes)");
  CHECK(refusal(labelled({"1.5", "2.5", "odd"}, 1)).starts_with("t.csv:4: 'odd' is not a number"));
  CHECK(refusal("x;y\n1;1,234,567\n2;2,345,678\n").starts_with("t.csv:2: '1,234,567' is not a"));
}

TEST_CASE("rows with gaps are counted, with the columns that cost most") {
  const std::string text =
      "a,b,c,y\n1,,1,1\n2,NA,?,2\n3,3,3,3\n4,null,4,4\n5,5,5,None\n6,N/A,6,6\n";
  CHECK(refusal(text) ==
        "t.csv:2: no value in column 'b'; 5 of 6 rows have gaps: b 4, c 1, y 1 (set .drop_missing "
        "= true to leave such rows out, or .ignore = {\"b\", \"c\"} to keep 5)");
  CHECK(refusal(text, {.ignore = {"b"}}) ==
        "t.csv:3: no value in column 'c'; 2 of 6 rows have gaps: c 1, y 1 (set .drop_missing = "
        "true to leave such rows out, or .ignore = {\"b\", \"c\"} to keep 5)");
  const Table kept = table(text, {.drop_missing = true});
  CHECK(kept.dropped == Rows{0, 1, 3, 4, 5});
  CHECK(kept.cells == std::vector<double>{3, 3, 3, 3});
  CHECK(
      kept.notes ==
      Names{"1 of 6 rows are left; gaps: b 4, c 1, y 1 (set .ignore = {\"b\", \"c\"} to keep 5)"});
  CHECK(refusal("a,b,y\n1,,2\n,2,3\n", {.drop_missing = true}) ==
        "t.csv: no data rows without a missing value: a 1, b 1 of 2 rows (set .ignore = {\"a\"} to "
        "keep 1)");
  CHECK(refusal("a,b,y\n1,1,\n2,2,\n,3,3\n4,4,4\n")  // the target cannot be ignored
            .ends_with("y 2, a 1 (set .drop_missing = true to leave such rows out, or .ignore = "
                       "{\"a\"} to keep 2)"));
  const Table words = table("x,y\n1,a\n2,\n3,b\n4,a\n", {.drop_missing = true});
  CHECK(words.dropped == Rows{1});
  CHECK(words.cells == std::vector<double>{1, 0, 3, 1, 4, 0});
  CHECK(refusal("a,b,y\n1,,2\n2,,3\n") ==  // dropping rows would leave none
        "t.csv:2: no value in column 'b'; 2 of 2 rows have gaps: b 2 (set .ignore = {\"b\"} to "
        "keep 2)");
  CHECK(refusal("a,b,c,y\n1,,,1\n2,,,2\n3,3,3,3\n")
            .ends_with("or .ignore = {\"b\", \"c\"} to keep 3)"));  // both, as one is not enough
}

TEST_CASE("other spellings of a gap join the usual ones") {
  const CsvOptions options{.drop_missing = true, .missing = {"-999", "none"}};
  CHECK(table("a,y\n-999,1\nnone,2\nNA,3\n4,4\n-9,5\n", options).dropped == Rows{0, 1, 2});
  CHECK(table("a,y\n-,1\n2,2\n", options).dropped == Rows{0});
  const CsvOptions words{.drop_missing = true, .one_hot = {"w"}};
  CHECK(table("w,y\n-,1\nb,2\n", words).dropped == Rows{0});
  CHECK(table("w,y\n-,1\n+,2\n", words).features[0].words == Names{"+", "-"});
}

TEST_CASE("columns of words are named with the options that read them or leave them out") {
  CHECK(refusal(towns) ==
        "t.csv:2: 'B' is not a number (column 'town'; set .one_hot = {\"town\"} or .ignore = "
        "{\"town\"})");
  std::string text = "id,kind,size,town,y\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("n{},k{},{},t{},1\n", i, i % 50, i, i % 3);
  CHECK(refusal(text) ==
        "t.csv:2: 'n0' is not a number (column 'id'; set .one_hot = {\"kind\", \"town\"} and "
        ".ignore = {\"id\"})");
  CHECK(refusal(text, {.one_hot = {"kind"}}) ==
        "t.csv:2: 'n0' is not a number (column 'id'; set .one_hot = {\"kind\", \"town\"} and "
        ".ignore = {\"id\"})");
  CHECK(refusal(text, {.one_hot_auto = true}) ==
        "t.csv:2: 'n0' is not a number (column 'id'; set .ignore = {\"id\"})");
  const Table found = table(text, {.ignore = {"id"}, .one_hot_auto = true});
  CHECK(found.features[0].words.size() == 50);
  CHECK(found.features[1].words.empty());
  CHECK(found.features[2].words == Names{"t0", "t1", "t2"});
  CHECK(found.notes == Names{"columns of words: kind, town"});

  std::string names, row;
  for (int i = 0; i < 30; ++i) names += fmt::format("category_{},", i), row += "w,";
  CHECK(refusal(names + "y\n" + row + "1\n").find("set .one_hot_auto = true or .ignore = {") !=
        std::string::npos);
}

TEST_CASE("one word among many numbers may be a gap") {
  std::string text = "x,y\n";
  for (int i = 0; i < 60; ++i) text += i == 7 ? "x4,1\n" : fmt::format("{},1\n", i);
  for (const bool automatic : {false, true})
    CHECK(refusal(text, {.one_hot_auto = automatic}) ==
          "t.csv:9: 'x4' is not a number (column 'x'; set .missing = {\"x4\"} if that is a missing "
          "value, or .ignore = {\"x\"})");
  text.replace(text.find("x4"), 2, std::string(90, 'x'));  // too long to spell a gap
  CHECK(refusal(text).ends_with("(column 'x'; set .ignore = {\"x\"})"));
  // A column with another word in each row names the rows, unless it is the only feature.
  std::string named = "car,x,y\n", only = "car,y\n";
  for (int i = 0; i < 12; ++i)
    named += fmt::format("c{},1,1\n", i), only += fmt::format("c{},1\n", i);
  CHECK(refusal(named).ends_with("(column 'car'; set .ignore = {\"car\"})"));
  CHECK(refusal(only).ends_with("; set .one_hot = {\"car\"} or .ignore = {\"car\"})"));
}

TEST_CASE("truth values are 1 and 0 among features") {
  const Table t = table("a,b,y\nTRUE,True,1\nFALSE,false,2\n3,true,3\n");
  CHECK(t.cells == std::vector<double>{1, 1, 1, 0, 0, 2, 3, 1, 3});
  CHECK(table("a,y\nTRUE,1\nx,2\n", {.one_hot_auto = true}).features[0].words ==
        Names{"TRUE", "x"});
  CHECK(table("a,y\nTRUE,1\nFALSE,2\n", {.one_hot = {"a"}}).features[0].words ==
        Names{"FALSE", "TRUE"});
}

TEST_CASE("names: unknown, empty, or data") {
  CHECK(refusal(towns, {.ignore = {"twon"}}) ==
        "read_csv: ignore must hold names of columns of town, size, y (got 'twon'); did you mean "
        "'town'?");
  CHECK(refusal("M,0.4,15\nF,0.5,9\nM,0.3,7\n", {.label = "2"}) ==
        "read_csv: label must be the name of one column of M, 0.4, 15 (got '2'); set .header = "
        "false if line 1 is data");
  CHECK(table(",a,y\n0,1,2\n", {}).features[0].name == "0");
  CHECK(table("a,y,\n1,2,3\n").target.name == "y");
  CHECK(refusal("1,,y\n1,2,3\n") ==
        "t.csv:1: the name '1' stands in columns 1 and 2 (set .header "
        "= false if this line is data)");
  CHECK(refusal("M,0.4,15\nF,0.5,9\nM,0.3,7\n") ==
        "t.csv:1: the features' names look like data (set .header = false if line 1 is data, else "
        ".label = \"15\")");
}

TEST_CASE("a split takes rows of each class by the seed and keeps their order") {
  std::string text = "x,y\n";
  for (int i = 0; i < 100; ++i)
    text += fmt::format("{},{}\n", i, i % 10 < 7 ? "a" : i % 10 < 9 ? "b" : "c");
  const Table whole = table(text);
  const auto [train, test] = split(whole, 0.2, {.seed = 3});
  CHECK(train.rows() == 80);
  std::vector<int> counts(3);
  std::set<double> seen;
  for (const Table* part : {&train, &test})
    for (std::size_t i = 0; i < part->rows(); ++i) {
      CHECK((i == 0 || part->row(i)[0] > part->row(i - 1)[0]));
      seen.insert(part->row(i)[0]);
      counts[static_cast<std::size_t>(part->row(i)[1])] += part == &test;
    }
  CHECK(seen.size() == 100);
  CHECK(counts == std::vector<int>{14, 4, 2});
  CHECK(split(whole, 0.2, {.seed = 3}).test.cells == test.cells);
  CHECK(split(whole, 0.2, {.seed = 4}).test.cells != test.cells);
  const auto [first, last] = split(whole, 0.3, {.last = true});
  CHECK(last.row(0)[0] == 70);
  CHECK(first.rows() == 70);
  for (const double share : {0.0, 1.0, 0.999, std::nan("")})
    CHECK_THROWS_AS(split(whole, share), ValueError);
}

TEST_CASE("progress is reported for pieces of a file, not for each row") {
  std::string text = "x,y\n";
  for (int i = 0; i < 200'000; ++i) text += fmt::format("{},1\n", i);
  std::vector<double> shares;
  table(text, {.progress = [&](double share) { shares.push_back(share); }});
  CHECK(std::ranges::is_sorted(shares));
  CHECK(shares.size() > 2);
  CHECK(shares.size() < 100);
  CHECK(shares.back() == 1);
}
