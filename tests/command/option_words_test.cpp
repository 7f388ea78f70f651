#include "terminal/option_words.h"

#include <doctest/doctest.h>

#include "problem/data.h"
#include "terminal/text.h"

namespace {

using Names = std::vector<std::string>;

TEST_CASE("a comma separates names unless a blank follows it or quotes hold it") {
  CHECK(split_list("a,b") == Names{"a", "b"});
  CHECK(split_list("City, State") == Names{"City, State"});
  CHECK(split_list("City, State,b") == Names{"City, State", "b"});
  CHECK(split_list("\"a,b\",c") == Names{"a,b", "c"});
  CHECK(split_list("\"an \"\"old\"\" one\"") == Names{"an \"old\" one"});
  CHECK(split_list("5\" nails,b") == Names{"5\" nails", "b"});
  CHECK(split_list("a,,b") == Names{"a", "", "b"});
  CHECK(split_list("\"open") == Names{"open"});
}

TEST_CASE("a list of names reads back") {
  const Names names[] = {{"a", "b"},      {"City, State", "b"}, {"a,b", "c"},     {"\"q\"", "x\"y"},
                         {" first", "b"}, {"ends,", "b"},       {",", "\"", ", "}};
  for (const Names& list : names) {
    CAPTURE(join_list(list));
    CHECK(split_list(join_list(list)) == list);
  }
  CHECK(join_list({"City, State", "b"}) == "City, State,b");
}

TEST_CASE("words of options give lists with commas") {
  DataOptions options;
  options.ignore = {"City, State", "a,b"};
  CHECK(words_of(options) == Names{"--ignore", "City, State,\"a,b\""});
  options.ignore = {"-"};
  CHECK(words_of(options) == Names{"--ignore=-"});
}

TEST_CASE("advice of the library becomes options that can be pasted") {
  const auto becomes = [](const char* from, const char* to) { CHECK(as_options(from) == to); };
  becomes("x (set .one_hot = {\"a\", \"City, State\"} or .ignore = {\"b\"})",
          "x (give --one-hot \"a,City, State\" or --ignore b)");
  becomes("set .drop_missing = true to", "give --drop-missing to");
  becomes("set .header = false if", "give --no-header if");
  becomes("set .header = true if", "leave out --no-header if");
  becomes("set .one_hot_auto = true.", "give --one-hot auto.");
  becomes("set .task = Task::regression for", "give --task regression for");
  becomes("set .separator = ';', .decimal = ','", "give --separator \";\", --decimal ,");
  becomes("set .separator = '\\t'", "give --separator '\\t'");
  becomes("set .ignore = {\"it's \\\"x\\\"\"}", "give --ignore 'it'\\''s \"x\"'");
  becomes("set .ignore = {\"5\\\" pipe, {a}\", \"b\\\\c\"}.",
          "give --ignore '5\" pipe, {a},b\\c'.");
  becomes("t.csv:2: '.5 = x' is not a number", "t.csv:2: '.5 = x' is not a number");
  becomes("set .ignore = {\"a\", \"b\" and 7 more})", "give --ignore a,b and 7 more)");
  becomes("ends .ignore = {\"a\", ", "ends --ignore a, ");
}

}  // namespace
