#include <gradus/models/csv_records.h>

#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <limits>
#include <set>
#include <tuple>

#include "data_files.h"

namespace {

using namespace gradus;
using namespace gradus::detail;
using data_files::Folder;
using namespace std::string_literals;
using Rows = std::vector<std::vector<std::string>>;

struct File {
  Dialect dialect;
  bool starts_with_data = false;
  Rows rows = {};
  std::vector<std::int64_t> lines = {};
};

File read_file(const std::string& path, const Dialect& given = {}, const Dialect& hint = {}) {
  Records records(path, given, hint);
  File file{records.dialect(), records.starts_with_data()};
  for (Records::Fields fields; records.next(fields);) {
    file.rows.emplace_back(fields.begin(), fields.end());
    file.lines.push_back(records.line());
  }
  return file;
}
File read(const std::string& bytes, const Dialect& given = {}, const Dialect& hint = {}) {
  return read_file(Folder().write("data.csv", bytes), given, hint);
}

void expect_refused(const std::string& bytes, const std::string& expected,
                    const Dialect& given = {}) {
  const Folder folder;
  const std::string path = folder.write("t", bytes);
  CAPTURE(bytes.substr(0, 100));
  CHECK_THROWS_WITH_AS(read_file(path, given), fmt::format(fmt::runtime(expected), path).c_str(),
                       FormatError);
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string text_of(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) text += fmt::format("[{}]", fmt::join(row, "|"));
  return text;
}

}  // namespace

TEST_CASE("the first lines show the separator and the decimal mark") {
  const std::tuple<std::string, char, char> cases[] = {
      {"a,b,y\n1,2,3\n", ',', '.'},
      {"a;b;y\n1;2;3\n", ';', '.'},
      {"a;b;y", ';', '.'},
      {"a\tb\ty\n1\t2.5\t3\n", '\t', '.'},
      {"a|b|y\n1|2|3\n", '|', '.'},
      {"a b y\n1 2 3\n", ' ', '.'},
      {"  a   b\ty  \n 1\t  2  3\n", ' ', '.'},
      {"18.0   8   307.0\t\"chevrolet chevelle\"\n15.0   8   350.0\t\"buick\"\n", ' ', '.'},
      {"a;b\n1,5;2,25\n", ';', ','},
      {"1,5;2,5;3,5\n2,5;1,5;4,5\n", ';', ','},
      {"a\tb\n1,5\t2\n", '\t', ','},
      {"a b\n-1,5e-3 2\n", ' ', ','},
      {"\"a\",\"b\"\n\"1,5\",\"2,25\"\n", ',', ','},
      {"a;b\n1,5;2.5\n", ';', '.'},
      {"a;b\n1,500;2,250\n", ';', '.'},  // perhaps 1500 and 2250
      {"a;b\n1,500;0,250\n", ';', ','},
      {"a;b\n1,500;2,25\n", ';', ','},
      {"a, b, y\n\"p, q\", 1, 2\n", ',', '.'},
      {"1,\t2,\t3\n4,\t5,\t6\n", ',', '.'},
      {"red, big, round\ngreen, small, flat\n", ',', '.'},
      {"2020-01-01 10:00,1,2\n2020-01-01 11:00,2,3\n", ',', '.'},
      {"city\tpeople\nNew York\t8\nLos Angeles\t4\n", '\t', '.'},
      {"height\tweight\n" + repeated("5 ft 11\t80\n6 ft 1\t85\n", 20), '\t', '.'},
      {"size;note\n1;a, b\n2;c, d\n", ';', '.'},
      {"\"a;b\",c\n\"1;2\",3\n", ',', '.'},
      {"a;b;y\n1,5;2;3\n1,5;2\n1,5;2;3\n1,5;2;4\n", ';', ','},  // a damaged row
      {"# made by hand, 2020\na b\n1 2\n3 4\n", ' ', '.'},
      {"y\n1\n2\n", ',', '.'},
      {"words of a text\nmore words here\nthe end\n", ',', '.'},
      {"", ',', '.'},
  };
  for (const auto& [text, separator, decimal] : cases) {
    const std::string& bytes = text;
    CAPTURE(bytes);
    const Dialect found = Records(Folder().write("t", bytes), {}).dialect();
    CHECK(std::string(1, found.separator) == std::string(1, separator));
    CHECK(std::string(1, found.decimal) == std::string(1, decimal));
  }
}

TEST_CASE("a hint decides where the first lines leave a choice and what is given always does") {
  CHECK(read("x,y;z\nu,v;w\n").dialect.separator == ',');
  CHECK(read("x,y;z\nu,v;w\n", {}, {.separator = ';'}).dialect.separator == ';');
  CHECK(read("x,y\n1,2\n", {}, {.separator = ';'}).dialect.separator == ',');
  CHECK(read("x,y\n1,2\n", {.separator = ';'}).rows == Rows{{"x,y"}, {"1,2"}});
  CHECK(read("a;b\n1;2\n", {}, {.decimal = ','}).dialect.decimal == ',');
  CHECK(read("a;b\n1;2.5\n", {}, {.decimal = ','}).dialect.decimal == '.');
  CHECK(read("a;b\n1;2,5\n", {.decimal = '.'}).dialect.decimal == '.');
  CHECK(read("#\na;b\n1;2\n", {}, {.comment = '#'}).rows == Rows{{"a", "b"}, {"1", "2"}});
  for (const Dialect& given : {Dialect{.separator = '"'},
                               {.separator = '\n'},
                               {.separator = '\xe4'},
                               {.decimal = ';'},
                               {.comment = ' '},
                               {.comment = '"'}})
    CHECK_THROWS_AS(read("a,b\n1,2\n", given), ValueError);
}

TEST_CASE("a dialect says in words how fields are separated") {
  CHECK(describe({.separator = ','}) == "fields are separated by commas");
  CHECK(describe({.separator = ';', .decimal = ','}) ==
        "fields are separated by semicolons, decimal comma");
  CHECK(describe({.separator = '\t'}) == "fields are separated by tabs");
  CHECK(describe({.separator = ' '}) == "fields are separated by blanks");
  CHECK(describe({.separator = '|'}) == "fields are separated by '|'");
}

TEST_CASE("lines end with LF or CRLF or CR and are counted") {
  const Rows rows = {{"a", "b"}, {"1", "x\ny"}, {"2", ""}, {"3", "4"}};
  for (const std::string& end : {"\n"s, "\r\n"s, "\r"s}) {
    CAPTURE(end);
    const std::string text = "a,b" + end + end + "1,\"x\ny\"" + end + "2,\"\" " + end + "3,4";
    for (const std::string& last : {""s, end, end + " " + end}) {
      const File file = read(text + last);
      CHECK(file.rows == rows);
      CHECK(file.lines == std::vector<std::int64_t>{1, 3, 5, 6});
    }
  }
  CHECK(read("a,b\r1,2\n3,4\r\n5,6\r\r\n7,8").lines == std::vector<std::int64_t>{1, 2, 3, 4, 6});
  CHECK(read("a,b\n\"1\r2\r\n3\",4\r5,6").lines == std::vector<std::int64_t>{1, 2, 5});
}

TEST_CASE("a comment ends a line outside of quotes") {
  const Dialect comments{.comment = '#'};
  const std::string text = "# a note, with \"quotes\n  # more\na,b # names\n1,\"#2\"\n#\n3#5,4\n";
  expect_refused("a,b\n3#5,4\n#\n", "{}:3: 1 fields, expected 2");
  CHECK(text_of(read("# n\na,b # names\n1,\"#2\"\n  #3\n\n4,5#", comments).rows) ==
        "[a|b][1|#2][4|5]");
  CHECK(read("# \xe4\na b # x\n1 2#\n", comments).rows == Rows{{"a", "b"}, {"1", "2"}});
  expect_refused(text, "{}:6: 1 fields, expected 2", comments);
  expect_refused("# made by hand\na,b\n1,2\n",
                 "{}:2: 2 fields, expected 1 (set .comment = '#' if such lines are comments)");
}

TEST_CASE("a separator at the end of all lines is followed by no field") {
  const std::pair<std::string, bool> cases[] = {
      {"a,b,y,\n1,2,3,\n2,3,4,\n", true}, {"a,b,y\n1,2,3,\n2,3,4,\n", true},
      {"1,2,3,\n4,5,6,\n", false},        {"a;b;y;\n1;2;3; \n4;5;;\n", true},
      {"a\tb\ty\t\n1\t2\t3\t\n", true},
  };
  for (const auto& [text, header] : cases) {
    const std::string& bytes = text;
    CAPTURE(bytes);
    for (const auto& row : read(bytes, {.header = header}).rows) CHECK(row.size() == 3);
  }
  CHECK(read("a,b,\n1,2,3\n4,5,\n").rows[2] == std::vector<std::string>{"4", "5", ""});
  CHECK(read("a,b,y\n1,2,\n4,5,\n").rows[2] == std::vector<std::string>{"4", "5", ""});
  std::string late = "a,b,\n";
  for (int i = 0; i < 300; ++i) late += "1,2,\n";
  expect_refused(late + "1,2,3\n", "{}:302: 3 fields, expected 2");
}

TEST_CASE("a first record of data is not taken for names") {
  const std::pair<std::string, bool> cases[] = {
      {"M,0.4,15\nF,0.5,9\nM,0.3,7\n", true},
      {"5.1,1.4,setosa\n7,4.7,versicolor\n4.9,1.4,setosa\n", true},
      {"18.0 8 \"chevrolet chevelle\"\n15.0 8 \"buick skylark\"\n", true},
      {"1;2;3\n4;5;6\n", true},
      {"1,5;2\n2,5;3\n", true},
      {"republican,n,y\ndemocrat,y,n\ndemocrat,n,y\nrepublican,y,n\n", true},
      {"NA,1.5\n2,2.5\nNA,3.5\n4,1\n5,2\n", true},
      {"a,b,y\n1,2,3\n", false},
      {"F,M\n1,2\n", false},
      {"sex,size\nF,1\nM,2\n", false},
      {"country,1990,2000\nFrance,1,2\nSpain,3,4\n", false},
      {"0,1,label\n0.5,0.25,cat\n1,2,dog\n", false},
      {"a,b\nx,y\nx,z\n", false},
      {"a,b\n", false},
      {"", false},
  };
  for (const auto& [text, data] : cases) {
    const std::string& bytes = text;
    CAPTURE(bytes);
    CHECK(read(bytes).starts_with_data == data);
    CHECK_FALSE(read(bytes, {.header = false}).starts_with_data);
  }
}

TEST_CASE("text in another encoding is refused with its name and the command that converts it") {
  const std::string utf16 =
      "{0}:1: UTF-16{1} text, not UTF-8 (convert it: iconv -f UTF-16{1} -t "
      "UTF-8 '{0}' > utf8.csv)";
  for (const bool low : {true, false}) {
    std::string text;
    for (const char c : "a,b\n1,2\n"s) text += low ? std::string{c, '\0'} : std::string{'\0', c};
    for (const std::string& mark : {""s, low ? "\xff\xfe"s : "\xfe\xff"s}) {
      const Folder folder;
      const std::string path = folder.write("t", mark + text);
      CHECK_THROWS_WITH_AS(read_file(path),
                           fmt::format(fmt::runtime(utf16), path, low ? "LE" : "BE").c_str(),
                           FormatError);
    }
  }
  const auto latin = [](const std::string& name) {
    return "{0}:2: " + name + " text, not UTF-8 (convert it: iconv -f " + name +
           " -t UTF-8 '{0}' > utf8.csv)";
  };
  expect_refused("a,b\n1,K\xf6ln\n", latin("LATIN1"));
  expect_refused("a,b\n1,\"\xe4\"\n", latin("LATIN1"));
  expect_refused("a,b\n1,5 \x80\n2,\xf6\n", latin("WINDOWS-1252"));
  expect_refused("name;size\n\"M\xfcller\";3\n", latin("LATIN1"));
  for (const std::string& bad :
       {"\xc0\x80"s, "\xe0\x80\x80"s, "\xed\xa0\x80"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s})
    expect_refused("a,b\n1," + bad, latin("WINDOWS-1252"));
  expect_refused("a,b\n\xc3\xa4,2\n1,\xe4\n", "{}:3: not UTF-8 text");  // it was UTF-8 before
  expect_refused("a,b\n1,\xe4\n\x01\x02", "{}:2: not UTF-8 text");      // no text at all
  const Folder folder;
  const std::string path = folder.write_gz("t", "a,b\n1,\xe4\n");
  CHECK_THROWS_WITH_AS(
      read_file(path),
      doctest::Contains(("gzip -dc '" + path + "' | iconv -f LATIN1 -t UTF-8 > utf8.csv").c_str()),
      FormatError);
}

TEST_CASE("records of different lengths are refused with the dialect that was found") {
  expect_refused("a,b\n1,2\n1,2,3\n", "{}:3: 3 fields, expected 2");
  expect_refused("a;b\n1;2\n1\n",
                 "{}:3: 1 fields, expected 2 (fields are separated by semicolons)");
  expect_refused("a b\n1 2\n1 New York\n3 4\n",
                 "{}:3: 3 fields, expected 2 (fields are separated by blanks)");
  for (const bool header : {false, true})
    expect_refused("a b\n\"1\" 2 3\n\"2\" 3 4\n",  // as R's write.table
                   "{}:2: 3 fields, expected 2 (the first line is unlike the others: name each "
                   "column there, or delete it)",
                   {.header = header});
  expect_refused("a b\n\"1\"x 2\n", "{}:2: text after a closing quote", {.separator = ' '});
}

TEST_CASE("a record has at most 16 MiB") {
  const std::string ones((1 << 24) + (1 << 18), '1');
  expect_refused("a,b\n1," + ones + ones, "{}:2: longer than 16 MiB");
  expect_refused("a,b\n1,\"\n" + ones + ones, "{}:2: longer than 16 MiB (a quote without an end?)");
  CHECK(read("a,b\n1," + ones.substr(0, (1 << 24) - 9)).rows.size() == 2);
  std::string wide = "-1.2345678901234567e-308";
  for (int i = 1; i < 65536; ++i) wide += ",-1.2345678901234567e-308";
  const File file = read(wide + "\n" + wide + "\n", {.header = false});
  REQUIRE(file.rows.size() == 2);
  CHECK(file.rows[1] == std::vector(65536, "-1.2345678901234567e-308"s));
}

TEST_CASE("a record may begin and end anywhere in the pieces that are read") {
  std::string text = "a,b,c\r\n";
  Rows rows = {{"a", "b", "c"}};
  unsigned state = 1;
  while (text.size() < 300'000) {
    state = state * 1664525 + 1013904223;
    const std::string word(state >> 24, 'w'), number = std::to_string(state);
    text += number + ",\"\xe2\x82\xac \"\"" + word + "\"\"\r\n\xe2\x82\xac\"," + word +
            "\xf0\x9f\x98\x80\r\n";
    rows.push_back(
        {number, "\xe2\x82\xac \"" + word + "\"\r\n\xe2\x82\xac", word + "\xf0\x9f\x98\x80"});
  }
  // The end of the first piece, 256 KiB, falls on each byte of a record.
  const std::size_t end = text.find("\x80\r\n", (1 << 18) - 400) + 3;
  const std::size_t length = text.find("\x80\r\n", end) + 3 - end;
  const Folder folder;
  for (std::size_t shift = (1 << 18) - end; shift <= (1 << 18) - end + length; ++shift) {
    const File file = read_file(folder.write("t", std::string(shift, ' ') + text));
    CAPTURE(shift);
    CHECK((file.rows == rows));
    CHECK(file.lines.back() == 2 * std::ssize(rows) - 2);
  }
  CHECK((read_file(folder.write_gz("t.gz", text)).rows == rows));
}

TEST_CASE("standard input is read plain or compressed and the share of a file grows to 1") {
  const Folder folder;
  const std::string text = "a;b\n1;2\n";
  folder.write_gz("t.gz", text);
  std::ifstream packed(folder.path("t.gz"), std::ios::binary);
  for (const std::string& bytes : {text, std::string{std::istreambuf_iterator<char>(packed), {}}}) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    REQUIRE(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    close(ends[1]);
    const int kept = dup(0);
    dup2(ends[0], 0);
    CHECK(read_file("-").rows == Rows{{"a", "b"}, {"1", "2"}});
    dup2(kept, 0);
    close(ends[0]);
    close(kept);
  }
  std::string rows = "a,b\n";
  while (rows.size() < 2'000'000) rows += "1234.5,6789.25\n";
  for (const std::string& path : {folder.write("t", rows), folder.write_gz("t.gz", rows)}) {
    std::vector<double> shares;
    Records records(path, {});
    for (Records::Fields fields; records.next(fields);) shares.push_back(records.share());
    CHECK(shares[shares.size() / 2] == doctest::Approx(0.5).epsilon(0.3));
    CHECK(std::ranges::is_sorted(shares));
    CHECK(shares.front() > 0);
    CHECK(shares.back() == 1);
  }
}

TEST_CASE("a number has the decimal mark of its file and no marks of thousands") {
  CHECK(read_number("1,5", ',').first == 1.5);
  CHECK(read_number("-1,5e-3", ',').first == -1.5e-3);
  CHECK(read_number("12", ',').first == 12);
  for (const char* text : {"1.5", "1.234,5", "1,234,5", ","})
    CHECK(read_number(text, ',').second == not_a_number);
  for (const char* text : {"1,5", "1,234.5", "1.234,5"})
    CHECK(read_number(text).second == not_a_number);
  CHECK(number_advice("1,5", '.') == "set .decimal = ',' if the comma is the decimal mark");
  CHECK(number_advice("1,500", '.').ends_with("; marks of thousands are not read"));
  CHECK(number_advice("1.5", ',') == "the decimal mark is a comma");
  for (const char* text : {"1.234,5", "1,234,567"})
    for (const char decimal : {'.', ','})
      CHECK(number_advice(text, decimal) == "marks of thousands are not read");
  for (const char* text : {"x", "", "a,b", "1,", "2020-01-01", "1 2"})
    CHECK(number_advice(text, '.') == "");
}

TEST_CASE("a table gives the same bits in each dialect") {
  constexpr double tenth = 0.1, tiny = 1e-300, most = std::numeric_limits<Scalar>::max();
  const std::vector<std::vector<double>> numbers = {
      {tenth, -tenth / 3, 1}, {tiny, 2, -most}, {1e15 / 7, -0.0, 12345.678}, {3, 1.5, -2.25}};
  const std::vector<std::string> words = {"red", "dark blue", "red", "say \"hi\""};
  std::set<std::string> dialects;
  for (const char separator : {',', ';', '\t', ' ', '|'})
    for (const char decimal : {'.', ','})
      for (const std::string& end : {"\n"s, "\r\n"s, "\r"s})
        for (const bool quotes : {false, true})
          for (const bool header : {false, true})
            for (const bool packed : {false, true}) {
              if (separator == ',' && decimal == ',' && !quotes) continue;
              const std::string blank = separator == ' ' ? "  " : quotes ? " " : "";
              const auto quoted = [&](std::string text, bool needed) {
                for (std::size_t at = 0; needed && (at = text.find('"', at)) != text.npos; at += 2)
                  text.insert(at, "\"");
                return needed ? '"' + text + '"' : text;
              };
              std::string text = packed ? "\xef\xbb\xbf" : "";
              if (header) text += fmt::format("# n{0}{0}a{1}b{1}c{1}w{0}", end, separator);
              for (std::size_t i = 0; i < numbers.size(); ++i) {
                for (const double x : numbers[i]) {
                  std::string field = fmt::format("{}", x);
                  if (decimal == ',') std::ranges::replace(field, '.', ',');
                  text += blank + quoted(field, quotes) + blank + separator;
                }
                text += quoted(words[i], quotes || separator == ' ' || i == 3) + blank +
                        (header ? " #" : "") + (i < 3 || quotes ? end : "");
              }
              CAPTURE(text);
              const Folder folder;
              const std::string path =
                  packed ? folder.write_gz("t.txt", text) : folder.write("t", text);
              const char comment = header ? '#' : '\0';
              const File file = read_file(path, {.comment = comment, .header = header});
              CHECK(file.dialect == Dialect{separator, decimal, comment, header});
              REQUIRE(file.rows.size() == numbers.size() + header);
              for (std::size_t i = 0; i < numbers.size(); ++i) {
                const std::vector<std::string>& row = file.rows[i + header];
                REQUIRE(row.size() == 4);
                CHECK(row[3] == words[i]);
                for (std::size_t j = 0; j < 3; ++j) {
                  const double x = read_number(row[j], file.dialect.decimal).first;
                  CHECK(std::bit_cast<std::uint64_t>(x) ==
                        std::bit_cast<std::uint64_t>(numbers[i][j]));
                }
              }
              dialects.insert(text);
            }
  CHECK(dialects.size() == 228);
}
