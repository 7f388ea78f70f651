#include "terminal/config_file.h"

#include <fmt/format.h>
#include <gradus/core/nearest.h>
#include <gradus/models/file.h>
#include <gradus/models/utf8.h>

#include <string_view>

#include "terminal/command.h"
#include "terminal/text.h"

namespace {

constexpr std::int64_t longest_file = 1 << 20;
constexpr std::string_view bare =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+.";

/// Reads one line from left to right.
class LineReader {
 public:
  LineReader(std::string place, std::string_view text) : place_(std::move(place)), text_(text) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError(fmt::format("{}: {}", place_, clean(what)));
  }
  /// The next character after blanks; 0 at the end of the line or at a comment.
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
    return at_ == text_.size() || text_[at_] == '#' ? '\0' : text_[at_];
  }
  bool accept(char c) {
    const bool there = peek() == c;
    if (there) ++at_;
    return there;
  }
  void expect_end() {
    if (peek()) fail(fmt::format("expected the end of the line (got '{}')", text_.substr(at_)));
  }
  std::string word() {
    peek();
    const std::size_t end = std::min(text_.find_first_not_of(bare, at_), text_.size());
    const std::string found(text_.substr(at_, end - at_));
    if (found.empty()) fail(fmt::format("expected a word (got '{}')", text_.substr(at_)));
    at_ = end;
    return found;
  }
  std::vector<std::string> values() {
    if (!accept('[')) return {value()};
    std::vector<std::string> list;
    while (!accept(']')) {
      if (!list.empty() && !accept(',')) fail("expected ',' or ']'");
      if (accept(']')) break;
      list.push_back(value());
    }
    return list;
  }

 private:
  std::string value() {
    if (peek() == '"' || peek() == '\'') return quoted();
    return word();
  }
  std::string quoted() {
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (quote == '"' && text_[at_] == '\\') {
        constexpr std::string_view escapes = "\"\\tn", meant = "\"\\\t\n";
        const std::size_t which = at_ + 1 < text_.size() ? escapes.find(text_[++at_]) : 0;
        if (which == escapes.npos) fail("expected \\\", \\\\, \\t or \\n");
        out += meant[which];
      } else {
        out += text_[at_];
      }
    }
    if (at_ == text_.size()) fail("the closing quote is missing");
    ++at_;
    if (out.empty()) fail("a value must not be empty");
    return out;
  }

  std::string place_;
  std::string_view text_;
  std::size_t at_ = 0;
};

[[noreturn]] void refuse(const ConfigEntry& entry, const char* rule) {
  const std::string all = clean(fmt::format("{}", fmt::join(entry.values, ", ")));
  throw UsageError(fmt::format("{}: {} must {} (got {})", entry.place, entry.key, rule,
                               entry.list ? fmt::format("[{}]", all) : all));
}

}  // namespace

std::vector<ConfigEntry> read_config(const std::string& path, const std::string& command,
                                     const std::vector<std::string>& commands) {
  const std::string text = gradus::detail::read_file(path, longest_file);
  std::vector<ConfigEntry> entries;
  std::string section;
  std::int64_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string place = fmt::format("{}:{}", clean(path), ++line);
    LineReader reader(place, std::string_view(text).substr(begin, end - begin));
    if (!gradus::detail::is_utf8(text.substr(begin, end - begin)))
      reader.fail("must be UTF-8 text");
    begin = end + 1;
    if (!reader.peek()) continue;
    if (reader.peek() == '{') reader.fail("must be TOML, key = value (got JSON?)");
    if (reader.accept('[')) {
      section = reader.word();
      if (!reader.accept(']')) reader.fail("expected ']'");
      if (std::ranges::count(commands, section) == 0)
        reader.fail(fmt::format("unknown command '{}'; did you mean {}?", section,
                                gradus::detail::nearest(section, commands)));
    } else {
      const std::string key = reader.word();
      if (!reader.accept('=')) reader.fail("expected key = value");
      const bool list = reader.peek() == '[';
      const std::vector<std::string> values = reader.values();
      if (section.empty() || section == command) {
        if (std::ranges::count(entries, key, &ConfigEntry::key) > 0)
          reader.fail(fmt::format("the key '{}' is repeated", key));
        entries.push_back({key, values, list, place});
      }
    }
    reader.expect_end();
  }
  return entries;
}

void check_keys(const std::vector<ConfigEntry>& entries, const std::vector<std::string>& options) {
  for (const ConfigEntry& entry : entries)
    check<UsageError>(std::ranges::count(options, entry.key) > 0,
                      "{}: unknown key '{}'; did you mean {}?", entry.place, entry.key,
                      gradus::detail::nearest(entry.key, options));
}

bool ConfigEntry::flag() const {
  const std::string word = list ? "" : values[0];
  if (word != "true" && word != "false") refuse(*this, "be true or false");
  return word == "true";
}

std::string ConfigEntry::text(const std::string& kind) const {
  if (list && !kind.ends_with(",...")) refuse(*this, "be one value");
  if (values.empty()) refuse(*this, "not be empty");
  return fmt::format("{}", fmt::join(values, ","));
}
