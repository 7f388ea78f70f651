/// Calls train, evaluate and predict with damaged tables: a result, or one short line and exit code
/// 2. A table that trains can be evaluated and predicted. Usage: mutated_tables COUNT SEED

#include <fmt/ranges.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "in_process.h"

namespace {

namespace fs = std::filesystem;
using in_process::call, in_process::as_it_should;
using Words = std::vector<std::string>;

/// A correct table and the options that it needs.
struct Kind {
  std::string text;
  Words options;
};

/// 12 rows between a header and nothing, from a function of the row's number.
template <class Row>
std::string table(const std::string& header, const Row& row) {
  std::string text = header;
  for (int i = 0; i < 12; ++i) text += row(i) + "\n";
  return text;
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {table("size,age,price\n",
             [](int i) { return fmt::format("{},{:.1f},{}", i % 5, 0.3 * i, 1000 + 170 * i); }),
       {}},
      {table("kind,size,class\n",
             [](int i) { return fmt::format("{},{},{}", i % 3 ? "new" : "old", i, i % 2); }),
       {"--one-hot", "auto"}},
      {table("a;b;c\n", [](int i) { return fmt::format("{},5;\"{}\";{},25", i, i % 4, 3 * i); }),
       {"--decimal", ","}},
      {table("", [](int i) { return fmt::format("  {:5.2f}   {}  {:>4}", i / 7.0, i % 3, i * i); }),
       {"--no-header"}},
      {table("a,b,c,label\r\n",
             [](int i) {
               const char* gap = i % 3 == 0 ? "?" : i % 3 == 1 ? "" : "NA";
               return fmt::format("{},{},{},{}\r", i, i % 4 ? "2" : gap, i % 5, i % 2 ? 1 : -1);
             }),
       {"--drop-missing"}},
      {table("\xEF\xBB\xBFtime\tvalue\twhen\n",
             [](int i) { return fmt::format("{}\t{}\t{}", 1700000000 + 60 * i, i % 7, 3 * i); }),
       {}},
      {table("# weather of a week\nday,wind,weather\n",
             [](int i) {
               return fmt::format("\"mon, tue\",{},{}", i, i % 3 ? "rain" : "say \"\"sun\"\"");
             }),
       {"--comment", "#", "--one-hot", "day"}},
      {table("flag,x,range\r",
             [](int i) {
               return fmt::format("{},{},{}\r", i % 2 ? "TRUE" : "FALSE", i,
                                  i % 2 ? "10-20" : "20-30");
             }),
       {}},
  };
  return all;
}

/// Fields and pieces of files that readers stumble over.
const Words pieces = {"",
                      " ",
                      ",",
                      ";",
                      "\t",
                      "\"",
                      "\"\"",
                      "\r",
                      "\n",
                      "\r\n",
                      "\xFF",
                      "\xE9",
                      "1e308",
                      "-1e308",
                      "1e-320",
                      "1e400",
                      "0x10",
                      "1,5",
                      "1.5.2",
                      "-",
                      "?",
                      "NA",
                      "none",
                      "TRUE",
                      "words",
                      "#",
                      "1e",
                      "+",
                      "007",
                      "--drop",
                      "a=b",
                      "\x1b[2J",
                      "-0",
                      "123456789012345678901234567890",
                      "\xEF\xBB\xBF",
                      "%s{}",
                      "\xFF\xFE",
                      "=\"1\"",
                      "2024-02-30",
                      "1 000",
                      "\\",
                      "'x'"};
const std::vector<Words> options = {{"--one-hot", "auto"},
                                    {"--drop-missing"},
                                    {"--no-header"},
                                    {"--decimal", ","},
                                    {"--comment", "#"},
                                    {"--separator", ";"},
                                    {"--separator", "tab"},
                                    {"--task", "classification"},
                                    {"--task", "regression"},
                                    {"--label", "size"},
                                    {"--label", "0"},
                                    {"--ignore", "a,kind"},
                                    {"--missing", "NA,2"},
                                    {"--no-target-scale"},
                                    {"--validation-split", "0.3"},
                                    {"--loss", "huber"},
                                    {"--validation-split-last", "0.3"},
                                    {"--validation", "new.csv"}};

class RandomTables {
 public:
  explicit RandomTables(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  const auto& pick(const auto& list) { return list[below(list.size())]; }

  std::string damaged(std::string text) {
    for (std::size_t n = below(4); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size()), end = next_line(text, at);
      switch (below(9)) {
        case 0:
          text.erase(at, 1 + below(3));
          break;
        case 1:
          text.insert(at, pick(pieces));
          break;
        case 2:
          replace_field(text, at, pick(pieces));
          break;
        case 3:
          text.erase(at, end - at);
          break;
        case 4:
          text.insert(end, text.substr(at, end - at));
          break;
        case 5:
          text.resize(at);
          break;
        case 6:
          std::ranges::replace(text, pick(std::string(",;\t\n \".")),
                               pick(std::string(",;\t |'\n")));
          break;
        case 7:
          replace_field(text, at, std::string(1 + below(2000), pick(std::string("x9 ,\"\xC3"))));
          break;
        default:
          text[at] = static_cast<char>(random_());
      }
    }
    return text;
  }

  Words words(const Kind& kind) {
    Words all = {"train", "--data", "t.csv", "--epochs", "1", "--quiet", "--layers"};
    all.push_back(below(2) ? "none" : "3");
    if (below(8) != 0) all.insert(all.end(), kind.options.begin(), kind.options.end());
    for (std::size_t n = below(3); n > 0; --n) {
      const Words& more = pick(options);
      if (std::ranges::find(all, more[0]) == all.end())
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

 private:
  /// The end of the line at this place, with its line break.
  static std::size_t next_line(const std::string& text, std::size_t at) {
    const std::size_t end = text.find_first_of("\r\n", at);
    return end == text.npos ? text.size() : end + 1;
  }
  static void replace_field(std::string& text, std::size_t at, const std::string& field) {
    constexpr const char* ends = ",;\t\r\n";
    const std::size_t before = text.find_last_of(ends, at);
    const std::size_t begin = before == text.npos ? 0 : before + 1;
    text.replace(begin, std::min(text.find_first_of(ends, begin), text.size()) - begin, field);
  }

  std::mt19937_64 random_;
};

/// The characters of a line of UTF-8 text, or -1 if it has others or one that a terminal acts on.
long characters(std::string_view line) {
  long count = 0;
  for (std::size_t i = 0; i < line.size(); ++count) {
    const auto c = static_cast<unsigned char>(line[i]);
    const std::size_t length = c < 0x80       ? 1
                               : c >> 5 == 6  ? 2
                               : c >> 4 == 14 ? 3
                               : c >> 3 == 30 ? 4
                                              : 0;
    if (length == 0 || c < 0x20 || c == 0x7f || i + length > line.size()) return -1;
    for (std::size_t k = 1; k < length; ++k)
      if ((line[i + k] & 0xC0) != 0x80) return -1;
    i += length;
  }
  return count;
}

/// Whether the text has a number that is not finite: "nan" or "inf" after a blank, comma or sign.
bool has_nan(const std::string& text) {
  for (const char* name : {"nan", "inf"})
    for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; ++at) {
      const char before = at == 0 ? '\n' : text[at - 1],
                 after = at + 3 < text.size() ? text[at + 3] : '\n';
      if (std::string_view(" ,:-\n").find(before) != std::string_view::npos && !std::isalpha(after))
        return true;
    }
  return false;
}

Words trained_by;  ///< the last call of train
int counts[4] = {}, wrong = 0, kept = 0;
long longest = 0;

/// Calls the command; its exit code. What no call may do is printed, with the table kept.
int checked(const Words& words, const std::string& text, bool must_work = false) {
  const auto outcome = call(words);
  std::string fault;
  // Numbers of any size may make training diverge if the user turns the target's scale off.
  const bool may_diverge = std::ranges::find(words, "--no-target-scale") != words.end();
  if (outcome.code == 3 && may_diverge) return 3;
  if (outcome.code != 0 && outcome.code != 2) fault = fmt::format("exit code {}", outcome.code);
  // A class that stands only in rows with gaps is not known to the model.
  const bool unknown = outcome.err.find(": unknown class ") != outcome.err.npos;
  if (outcome.code == 2 && must_work && !unknown)
    fault = "refuses the table that it was trained on";
  if (!as_it_should(outcome)) fault = "not one line of an error";
  if (has_nan(outcome.out) || has_nan(outcome.err)) fault = "a number that is not finite";
  std::string_view rest = outcome.err;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const long length = characters(rest.substr(0, end));
    longest = std::max(longest, length);
    if (length < 0) fault = "bytes that are no text";
    if (length > 300 + 15) fault = "a line above 300 characters";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (outcome.code >= 0 && outcome.code < 4) ++counts[outcome.code];
  if (fault.empty()) return outcome.code;
  ++wrong;
  const std::string name = fmt::format("wrong{}.csv", kept < 50 ? ++kept : kept);
  std::ofstream(name, std::ios::binary) << text;
  fmt::print("WRONG: {} ({}): exit code {}, stderr '{:.400}'\n  gradus '{}'\n  trained by '{}'\n",
             fault, name, outcome.code, outcome.err, fmt::join(words, "' '"),
             fmt::join(trained_by, "' '"));
  return outcome.code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  std::string name = (fs::temp_directory_path() / "gradus-tables-XXXXXX").string();
  if (!mkdtemp(name.data())) return 1;
  fs::current_path(name);
  RandomTables random(std::stoull(argv[2]));
  const auto write = [](const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  };
  const int count = std::stoi(argv[1]);
  for (int i = 0; i < count; ++i) {
    const Kind& kind = random.pick(kinds());
    const std::string text = random.damaged(kind.text), other = random.damaged(kind.text);
    write("t.csv", text);
    write("new.csv", other);
    Words words = random.words(kind);
    const bool save = random.below(2) == 0;
    if (save) words.insert(words.end(), {"--save", "m.st"});
    trained_by = words;
    if (checked(words, text) != 0 || !save) continue;
    checked({"predict", "m.st", "t.csv"}, text, true);
    checked({"evaluate", "m.st", "t.csv"}, text, true);
    checked({random.below(2) ? "predict" : "evaluate", "m.st", "new.csv"}, other);
  }
  fs::current_path("/");
  if (wrong == 0) fs::remove_all(name);
  fmt::print("exit code 0: {}, 2: {}, others: {}; the longest line has {} characters; {} wrong{}\n",
             counts[0], counts[2], counts[1] + counts[3], longest, wrong,
             wrong == 0 ? "" : " in " + name);
  return wrong == 0 && counts[0] > count / 10 && counts[2] > count / 10 ? 0 : 1;
}
