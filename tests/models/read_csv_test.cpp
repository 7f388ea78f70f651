#include <gradus/models/read_csv.h>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include <gradus/core/ops.h>
#include <gradus/models/dataset.h>
#include <gradus/models/read_idx.h>

#include "data_files.h"

namespace {

using namespace gradus;
using namespace data_files;
using namespace std::string_literals;
using Names = std::vector<std::string>;

Dataset csv(const std::string& text, const CsvOptions& options = {}) {
  return read_csv(Folder().write("data.csv", text), options);
}

/// Reads "text" with read_csv, expecting a FormatError that says `path` + `expected`.
void expect_refused(const std::string& text, const std::string& expected,
                    const CsvOptions& options = {}) {
  const Folder folder;
  const std::string path = folder.write("data.csv", text);
  CAPTURE(text.substr(0, 100));
  CHECK_THROWS_WITH_AS(read_csv(path, options), (path + expected).c_str(), FormatError);
}

/// What `call` throws as an E, or "" if nothing.
template <class E>
std::string text_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

const std::string plain = "a,b,y\n1,2,3\n4,5,6\n";

void check_plain(const Dataset& data) {
  CHECK(data.x.shape() == Shape{2, 2});
  CHECK(numbers(data.x) == std::vector<double>{1, 2, 4, 5});
  CHECK(data.y.shape() == Shape{2, 1});
  CHECK(numbers(data.y) == std::vector<double>{3, 6});
  CHECK(data.columns == Names{"a", "b"});
  CHECK(data.classes.empty());
}

}  // namespace

TEST_CASE("a CSV file is read the same in each of its spellings") {
  const std::string spellings[] = {
      plain,
      "\xef\xbb\xbf" + plain,                                 // byte order mark
      "a,b,y\r\n1,2,3\r\n4,5,6\r\n",                          // CRLF
      "a,b,y\n1,2,3\n4,5,6",                                  // no last newline
      plain + "\n",                                           // blank last line
      "a,b,y\r\n1,2,3\r\n4,5,6\r\n\r\n",                      // the same with CRLF
      "\n" + plain + "  \n\n",                                // more blank lines
      "\"a\",\"b\",\"y\"\n\"1\",\"2\",\"3\"\n4,5,\"6\"\r\n",  // quoted
      " a ,\tb,y \n +1, 2 ,3\n4,\"+5 \",6\n",                 // blanks and plus signs
      "a,b,y\n1e0,20E-1,3.\n.4e+1,0005,6.0\n",                // forms of a number
  };
  for (const std::string& text : spellings) {
    CAPTURE(text);
    check_plain(csv(text));
  }
  check_plain(csv("a;b;y\n1;2;3\n4;5;6\n", {.separator = ';'}));
  check_plain(csv("a\tb\ty\n1\t2\t3\n4\t5\t6\n", {.separator = '\t'}));
  const Folder folder;
  check_plain(read_csv(folder.write_gz("data.csv.gz", plain)));
}

TEST_CASE("quotes in a CSV file follow RFC 4180") {
  const Dataset data =
      csv("\"one, two\",\"say \"\"hi\"\"\",\"two\nlines\"\n"
          "1,2,\"a,\r\nb\"\n"
          "3,4,\"\"\"\"\n");
  CHECK(data.columns == Names{"one, two", "say \"hi\""});
  CHECK(data.classes == Names{"\"", "a,\r\nb"});
  CHECK(numbers(data.y) == std::vector<double>{1, 0});
  expect_refused("a,b\n1,\"2\n3,4\n", ":2: the quote opened here is never closed");
  expect_refused("a,b\n1,\"x\n\n\"\n3,\"4\n", ":5: the quote opened here is never closed");
  expect_refused("a,b\n1,\"2\"3\n", ":2: text after a closing quote");
}

TEST_CASE("a CSV file that is no table of numbers is refused with file and line") {
  const std::string rows = "1,2,3,4,5\n1,2,3,4,5\n1,2,3,4,5\n1,2,3,4,5\n1,2,3,4,5\n";
  expect_refused("a,b,c,d,e\n" + rows + rows + rows + "1,2,3,4\n", ":17: 4 fields, expected 5");
  expect_refused("a,b\n1,2,3\n", ":2: 3 fields, expected 2");
  expect_refused("", ": no data rows");
  expect_refused("\xef\xbb\xbf", ": no data rows");
  expect_refused("\n\r\n \n", ": no data rows");
  expect_refused("a,b,y\n", ": no data rows");
  expect_refused("a,b\n?,1\nNA,2\n", ": no data rows without a missing value: a 2 of 2 rows",
                 {.drop_missing = true});
}

TEST_CASE("a CSV file that is not UTF-8 text is refused") {
  expect_refused("a,b\n1,2\0\n"s, ":2: not UTF-8 text");
  expect_refused(
      "\x7f"
      "ELF\x02\x01\x01\0\0"s,
      ":1: not UTF-8 text");
  CHECK(csv("x,y\n1,\xc3\xa4\n2,\xe2\x82\xac\n3,\xf0\x9f\x98\x80").classes ==
        Names{"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"});
}

TEST_CASE("a CSV field that is not wholly a number is refused") {
  for (const std::string field :
       {"x,5", "0x10", "1_0", "1.5abc", "1e", "1 2", "++1", "+-1", "+", "0x1p3", "truth"}) {
    expect_refused("a;b\n1;2\n" + field + ";4\n",
                   fmt::format(":3: '{}' is not a number (column 'a'; set .one_hot = {{\"a\"}} or "
                               ".ignore = {{\"a\"}})",
                               field),
                   {.separator = ';'});
    CHECK(csv("a;b\n1;2\n3;" + field + "\n", {.separator = ';'}).classes == Names{"2", field});
  }
  struct Case {
    std::string field, problem;
  };
  for (const auto& [field, problem] : {Case{"-inf", "is not finite"},
                                       {"Infinity", "is not finite"},
                                       {"+inf", "is not finite"},
                                       {"1e400", "is out of range"},
                                       {"-1e400", "is out of range"},
                                       {"0.001e999", "is out of range"}}) {
    const std::string said = fmt::format(":3: '{}' {}", field, problem);
    expect_refused("a,b\n1,2\n" + field + ",4\n", said + " (column 'a')");
    expect_refused("a,b\n1,2\n3," + field + "\n", said + " (column 'b')");
  }
  expect_refused("a,b\n1e1" + std::string(400, '0') + ",2\n",
                 ":2: '1e1" + std::string(57, '0') + "' is out of range (column 'a')");
  const std::string huge = "1" + std::string(400, '0') + "e-5";
  expect_refused("a,b\n" + huge + ",2\n",
                 ":2: '" + huge.substr(0, 60) + "' is out of range (column 'a')");
}

TEST_CASE("a CSV number too small for a double is 0 and the largest ones are kept") {
  const std::string tiny = "0." + std::string(400, '0') + "1";
  for (const std::string& text :
       {"1e-400"s, "-1e-400"s, tiny, tiny + "e3", "1234e-4000"s, "1e-99999999999999999999"s,
        "1" + std::string(400, '0') + "e-900"}) {
    CAPTURE(text);
    CHECK(csv("a,b\n" + text + ",1\n").x.item() == 0);
  }
  constexpr double most = std::numeric_limits<Scalar>::max();
  CHECK(csv(fmt::format("a,b\n{},1\n", most)).x.item() == std::numeric_limits<Scalar>::max());
  if (most < 1e300) expect_refused("a,b\n1e39,2\n", ":2: '1e39' is out of range (column 'a')");
}

TEST_CASE("a header read as data is refused and so is data read as a header") {
  const std::string text = "sepal,petal,kind\n5.1,1.4,setosa\n";
  const std::string data = "5.1,1.4,setosa\n7,4.7,versicolor\n";
  expect_refused(
      text, ":1: 'sepal' is not a number (set .header = true if line 1 holds the column names)",
      {.header = false});
  expect_refused(data,
                 ":1: the features' names are numbers (set .header = false if line 1 is data, else "
                 ".label = \"setosa\")");
  const Dataset headless = csv(data, {.header = false});
  CHECK(headless.x.shape() == Shape{2, 2});
  CHECK(headless.columns == Names{"0", "1"});
  CHECK(csv(data, {.label = "0", .header = false, .ignore = {"2"}}).columns == Names{"1"});
  expect_refused(
      "1,2\nx4,3\n",
      ":2: 'x4' is not a number (column '0'; set .one_hot = {\"0\"} or .ignore = {\"0\"})",
      {.header = false});
  CHECK(csv("1990,1991\n5,6\n", {.label = "1991"}).columns == Names{"1990"});
}

TEST_CASE("a missing CSV value is refused with line and column or its row dropped") {
  for (const std::string missing :
       {"", " ", "?", "NA", "\"\"", "N/A", "NaN", "nan", "null", "None", "-"}) {
    const std::string x = "a,b,y\n1,2,3\n4," + missing + ",6\n";
    const std::string y = "a,b,y\n1,2,3\n4,5," + missing + "\n";
    expect_refused(x,
                   ":3: no value in column 'b'; 1 of 2 rows have gaps: b 1 (set .drop_missing = "
                   "true to leave such rows out, or .ignore = {\"b\"} to keep 2)");
    expect_refused(y,
                   ":3: no value in column 'y'; 1 of 2 rows have gaps: y 1 (set .drop_missing = "
                   "true to leave such rows out)");
    for (const std::string& text : {x, y}) {
      const Dataset kept = csv(text, {.drop_missing = true});
      CHECK(numbers(kept.x) == std::vector<double>{1, 2});
      CHECK(numbers(kept.y) == std::vector<double>{3});
      CHECK(kept.dropped == std::vector<std::int64_t>{1});
    }
    CHECK(csv(x, {.ignore = {"b"}}).x.shape() == Shape{2, 1});  // not read, so not missed
  }
  const std::string gaps = "?,1\n\n2,3\n?,4\n5,?\n6,7\n?,8\n";
  CHECK(csv(gaps, {.header = false, .drop_missing = true}).dropped ==
        std::vector<std::int64_t>{0, 2, 3, 5});
}

TEST_CASE("a CSV file has at most 65536 columns") {
  std::string wide = "1";
  for (int i = 1; i < 65536; ++i) wide += ",1";
  CHECK(csv(wide, {.header = false}).x.shape() == Shape{1, 65535});
  expect_refused(wide + ",1", ":1: 65537 columns, at most 65536 are read", {.header = false});
}

TEST_CASE("a CSV column that is not there is a ValueError naming those that are") {
  CHECK_THROWS_WITH_AS(csv(plain, {.label = "z"}),
                       "read_csv: label must be the name of one column of a, b, y (got 'z')",
                       ValueError);
  CHECK_THROWS_WITH_AS(csv(plain, {.ignore = {"a", "z"}}),
                       "read_csv: ignore must hold names of columns of a, b, y (got 'z')",
                       ValueError);
  CHECK_THROWS_WITH_AS(csv(plain, {.ignore = {"a, b"}}),
                       "read_csv: ignore must hold names of columns of a, b, y (got 'a, b'); did "
                       "you mean .ignore = {\"a\", \"b\"}?",
                       ValueError);
  CHECK_THROWS_WITH_AS(csv("\"a,b\",c,y\n1,2,3\n", {.one_hot = {"a", "b"}}),
                       "read_csv: one_hot must hold names of columns of a,b, c, y (got 'a'); did "
                       "you mean .one_hot = {\"a,b\"}?",
                       ValueError);
  CHECK_THROWS_WITH_AS(csv(plain, {.ignore = {"y"}}),
                       "read_csv: ignore must not hold the label (got 'y')", ValueError);
  CHECK_THROWS_WITH_AS(csv(plain, {.ignore = {"a", "b"}}),
                       "read_csv: ignore must leave a column besides the label 'y'", ValueError);
  expect_refused("a:b\n1:2\n",
                 ":1: one column, 'a:b', where a label and a feature are needed (set .separator = "
                 "CHAR if another character separates fields)");
  expect_refused("# by hand\na;b\n1;2\n",
                 ":1: one column, '# by hand', where a label and a feature are needed (set "
                 ".comment = '#' if such lines are comments)");
  for (const char separator : {'"', '\n', '\xe4'})
    CHECK_THROWS_AS(csv(plain, {.separator = separator}), ValueError);
}

TEST_CASE("CSV labels are classes when they are text and values when they are numbers") {
  const std::string text = "kind,x\nb,1\na,2\nc,3\nb,4\n";
  const Dataset data = csv(text, {.label = "kind"});
  CHECK(data.y.shape() == Shape{4});
  CHECK(numbers(data.y) == std::vector<double>{1, 0, 2, 1});
  CHECK(data.classes == Names{"a", "b", "c"});
  CHECK(data.columns == Names{"x"});
  CHECK(csv("x,y\n1,+\n2,-\n").classes == Names{"+", "-"});
  CHECK(csv("x,y\n1,compact\n2,2seater\n").classes == Names{"2seater", "compact"});
  CHECK(csv("x,y\n1,a\n2,7\n").classes == Names{"7", "a"});
  CHECK(csv("x,y\n1,7\n2,a\n").classes == Names{"7", "a"});
}

TEST_CASE("a column of words becomes one column for each word") {
  const std::string text = "size,colour,y\n1,red,5\n2,green,6\n3,red,7\n4,blue,8\n";
  const Dataset data = csv(text, {.one_hot = {"colour"}});
  CHECK(data.columns == Names{"size", "colour=blue", "colour=green", "colour=red"});
  CHECK(data.x.shape() == Shape{4, 4});
  CHECK(numbers(data.x) == std::vector<double>{1, 0, 0, 1, 2, 0, 1, 0, 3, 0, 0, 1, 4, 1, 0, 0});
  CHECK(numbers(data.y) == std::vector<double>{5, 6, 7, 8});

  // Words first, numbers as words, two such columns, nothing but words.
  CHECK(numbers(csv("w,x,y\nb,3,1\na,4,2\n", {.one_hot = {"w"}}).x) ==
        std::vector<double>{0, 1, 3, 1, 0, 4});
  const Dataset words = csv("w,k,y\nb,10,1\na,9,2\nb,9,2\n", {.one_hot = {"k", "w"}});
  CHECK(words.columns == Names{"w=a", "w=b", "k=10", "k=9"});
  CHECK(numbers(words.x) == std::vector<double>{0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1});

  // A gap is no word; a word that only a dropped row has is none.
  expect_refused("w,y\na,1\n,2\n",
                 ":3: no value in column 'w'; 1 of 2 rows have gaps: w 1 (set .drop_missing = "
                 "true to leave such rows out)",
                 {.one_hot = {"w"}});
  const Dataset whole =
      csv("w,x,y\na,1,1\nb,?,2\n,3,2\n", {.drop_missing = true, .one_hot = {"w"}});
  CHECK(whole.columns == Names{"w=a", "x"});
  CHECK(numbers(whole.x) == std::vector<double>{1, 1});
}

TEST_CASE("columns of words that cannot be are refused") {
  const auto refusal = [](const CsvOptions& options) {
    return text_of<ValueError>([&] { csv(plain, options); });
  };
  CHECK(refusal({.one_hot = {"c"}}) ==
        "read_csv: one_hot must hold names of columns of a, b, y (got 'c')");
  CHECK(refusal({.one_hot = {"y"}}) == "read_csv: one_hot must not hold the label (got 'y')");
  CHECK(refusal({.ignore = {"a"}, .one_hot = {"a"}}) ==
        "read_csv: one_hot must not hold a column to ignore (got 'a')");

  std::string text = "w,y\n";
  for (int i = 0; i < 1024; ++i) text += fmt::format("w{},1\n", i);
  CHECK(csv(text, {.one_hot = {"w"}}).x.shape() == Shape{1024, 1024});
  expect_refused(text + "more,1\n",
                 ": 1025 different words in column 'w', at most 1024 are read (ignore it?)",
                 {.one_hot = {"w"}});
}

TEST_CASE("a file that cannot be read is an IoError at once") {
  const Folder folder;
  const std::string none = folder.path("x.csv"), fifo = folder.path("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const auto& read : std::vector<std::function<void(const std::string&)>>{
           [](const std::string& path) { (void)read_csv(path); },
           [](const std::string& path) { (void)read_idx(path); }}) {
    CHECK(text_of<IoError>([&] { read(none); }) ==
          "cannot open '" + none + "': No such file or directory");
    for (const std::string& path : {folder.path(""), fifo, "/dev/zero"s})
      CHECK(text_of<IoError>([&] { read(path); }) ==
            "cannot read '" + path + "': not a regular file");
  }
}

TEST_CASE("iris has 150 rows of 4 features in 3 classes") {
  const std::string path = shared("iris.csv");
  if (path.empty()) return;
  const Dataset iris = read_csv(path);
  CHECK(iris.x.shape() == Shape{150, 4});
  CHECK(iris.y.shape() == Shape{150});
  CHECK(iris.classes == Names{"setosa", "versicolor", "virginica"});
  CHECK(iris.columns == Names{"sepal_length", "sepal_width", "petal_length", "petal_width"});
  CHECK(iris.x(149, 0) == doctest::Approx(5.9));
  CHECK(iris.y(149) == 2);
  CHECK(standardization(iris.x).mean(0) == doctest::Approx(5.843333));
}

TEST_CASE("mpg has 392 rows without missing values") {
  const std::string path = shared("mpg.csv");
  if (path.empty()) return;
  CsvOptions options{.label = "mpg", .ignore = {"origin", "name"}};
  CHECK_THROWS_WITH_AS(read_csv(path, options),
                       doctest::Contains("mpg.csv:34: no value in column 'horsepower'"),
                       FormatError);
  options.drop_missing = true;
  const Dataset cars = read_csv(path, options);
  CHECK(cars.x.shape() == Shape{392, 6});
  CHECK(cars.y.shape() == Shape{392, 1});
  CHECK(cars.y(0, 0) == 18);
  CHECK(cars.x(0, 1) == 307);
  const Dataset with_origin = read_csv(
      path, {.label = "mpg", .drop_missing = true, .ignore = {"name"}, .one_hot = {"origin"}});
  CHECK(with_origin.x.shape() == Shape{392, 9});
  CHECK(with_origin.columns.back() == "origin=usa");
  CHECK(with_origin.x(0, 8) == 1);
  CHECK(sum(slice(with_origin.x, 1, 6, 9)).item() == 392);
}

TEST_CASE("penguins has 342 rows of 4 measurements in 3 species") {
  const std::string path = shared("penguins.csv");
  if (path.empty()) return;
  const Dataset birds =
      read_csv(path, {.label = "species", .drop_missing = true, .ignore = {"island", "sex"}});
  CHECK(birds.x.shape() == Shape{342, 4});
  CHECK(birds.classes == Names{"Adelie", "Chinstrap", "Gentoo"});
}
