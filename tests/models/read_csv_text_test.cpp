/// Blanks, quotes, names and bytes of CSV files.

#include <gradus/models/read_csv.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "data_files.h"

using namespace gradus;
using namespace std::string_literals;
using data_files::Folder, data_files::numbers;
using Names = std::vector<std::string>;

namespace {

Dataset read_text(const std::string& text, const CsvOptions& options = {}) {
  return read_csv(Folder().write("data.csv", text), options);
}

void expect_text_refused(const std::string& text, const std::string& expected,
                         const CsvOptions& options = {}) {
  const Folder folder;
  const std::string path = folder.write("data.csv", text);
  CHECK_THROWS_WITH_AS(read_csv(path, options), (path + expected).c_str(), FormatError);
}

}  // namespace

TEST_CASE("blanks beside the quotes of a CSV field do not count") {
  const std::string blanks[] = {"", " ", "\t", "  \t "};
  const std::string in_quotes[] = {"", " "};
  for (const char separator : {',', ';', '\t', ' ', '|'})
    for (const std::string& before : blanks)
      for (const std::string& after : blanks)
        for (const std::string& inside : in_quotes)
          for (const char* end : {"\n", "\r\n", " \r\n"}) {
            if ((before + after + end).find(separator) != std::string::npos) continue;
            const auto field = [&](const std::string& text) {
              return before + '"' + inside + text + inside + '"' + after;
            };
            std::string text;
            for (const auto& [a, b, y] :
                 {std::tuple("a, b;", "say \"\"hi\"\"", "y"), {"1", "2", "3"}, {"4", "5", "6"}})
              text += field(a) + separator + field(b) + separator + field(y) + end;
            CAPTURE(text);
            const Dataset data = read_text(text, {.separator = separator});
            CHECK(numbers(data.x) == std::vector<double>{1, 2, 4, 5});
            CHECK(numbers(data.y) == std::vector<double>{3, 6});
            CHECK(data.columns == Names{"a, b;", "say \"hi\""});
            CHECK(data.label == "y");
          }
  const Dataset plain_beside = read_text(" \"a\" ,b, \"y\" \n 1 , \"2\",3\n");
  CHECK(plain_beside.columns == Names{"a", "b"});
  expect_text_refused("a,b\n1, \"2\" 3\n", ":2: text after a closing quote");
  expect_text_refused("a,b\n1, \"2\n", ":2: the quote opened here is never closed");
}

TEST_CASE("a name that stands twice in the header is refused with both columns") {
  for (std::size_t width = 2; width < 8; ++width)
    for (std::size_t first = 0; first < width; ++first)
      for (std::size_t second = first + 1; second < width; ++second)
        for (const auto& [name, again] :
             {std::pair("twice"s, "twice"s), {"a b", "\"a b\""}, {"y", " y "}}) {
          std::string names, row;
          for (std::size_t i = 0; i < width; ++i) {
            const std::string& text = i == first    ? name
                                      : i == second ? again
                                                    : fmt::format("c{}", i);
            names += (i ? "," : "") + text;
            row += i ? ",1" : "1";
          }
          const std::string said = fmt::format(":1: the name '{}' stands in columns {} and {}",
                                               name, first + 1, second + 1);
          expect_text_refused(names + "\n" + row + "\n", said);
          expect_text_refused(names + "\n" + row + "\n", said, {.label = name});
          expect_text_refused(names + "\n" + row + "\n", said, {.ignore = {name}});
          expect_text_refused(names + "\n" + row + "\n", said, {.columns = {name}});
        }
  expect_text_refused(
      "5.1,5.1,setosa\n4.9,3.0,setosa\n",
      ":1: the name '5.1' stands in columns 1 and 2 (set .header = false if this line is "
      "data)");
  CHECK(read_text("5.1,5.1,setosa\n", {.header = false}).x.shape() == Shape{1, 2});
}

TEST_CASE("a long CSV file is refused where it first is no text") {
  const Folder folder;
  const std::string path = folder.write("a.csv", "a,b\n1,2\n\xff");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 38);  // would not fit into memory
  CHECK_THROWS_WITH_AS(read_csv(path), (path + ":3: not UTF-8 text").c_str(), FormatError);
  // A character of three bytes at each place around the end of a piece that is read.
  for (std::size_t before = (1 << 16) - 5; before < (1 << 16) + 2; ++before) {
    std::string text = "x,y\n";
    while (text.size() + 6 <= before) text += "1,\xe2\x82\xac\n";
    text += std::string(before - text.size(), ' ') + "2,\xe2\x82\xac";
    CHECK(read_text(text).classes == Names{"\xe2\x82\xac"});
    expect_text_refused(text.substr(0, text.size() - 1),
                        fmt::format(":{}: not UTF-8 text", std::ranges::count(text, '\n') + 1));
  }
}
