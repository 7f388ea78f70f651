#include <gradus/models/csv_records.h>

#include <algorithm>

#include <gradus/core/error.h>
#include <gradus/models/input_file.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

namespace {

constexpr std::size_t longest_line = std::size_t{1} << 20;
constexpr std::size_t longest_text = std::size_t{1} << 30;

void check_text(const std::string& path, std::string_view text) {
  std::size_t line = 1, line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    check<FormatError>(length > 0, "{}:{}: not UTF-8 text", path, line);
    check<FormatError>(at - line_start < longest_line, "{}:{}: longer than 1 MiB", path, line);
    if (text[at] == '\n') {
      ++line;
      line_start = at + 1;
    }
    at += length;
  }
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string read_text(const std::string& path) {
  InputFile file(path);
  std::string text;
  constexpr std::size_t piece = 1 << 16;
  // Stops at a line that is far too long, to save memory; check_text refuses it.
  const auto unfinished = [&] { return text.size() - (text.rfind('\n') + 1); };
  for (std::size_t got = 1; got > 0 && unfinished() < 2 * longest_line;) {
    const std::size_t before = text.size();
    text.resize(before + piece);
    got = file.read(text.data() + before, piece);
    text.resize(before + got);
    check<FormatError>(text.size() <= longest_text, "{}: longer than 1 GiB", path);
  }
  check_text(path, text);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // a byte order mark
  return text;
}

bool Records::next(Names& fields) {
  do {
    if (at_ == text_.size()) return false;
    read(fields);
  } while (fields.size() == 1 && trim(fields[0]).empty());
  return true;
}

void Records::read(Names& fields) {
  fields.clear();
  line_ = next_line_;
  do fields.push_back(take('"') ? quoted_field() : plain_field());
  while (take(separator_));
  take('\r');
  const bool ended = at_ == text_.size() || take('\n');
  check<FormatError>(ended, "{}:{}: text after a closing quote", path_, next_line_);
  ++next_line_;
}

std::string Records::plain_field() {
  std::size_t end = at_;
  while (end < text_.size() && text_[end] != separator_ && text_[end] != '\n') ++end;
  const std::string_view field = text_.substr(at_, end - at_);
  at_ = end;
  return std::string(trim(field));
}

std::string Records::quoted_field() {
  std::string field;
  for (bool doubled = true; doubled;) {
    const std::size_t quote = text_.find('"', at_);
    check<FormatError>(quote != std::string_view::npos,
                       "{}:{}: the quote opened here is never closed", path_, next_line_);
    field += text_.substr(at_, quote - at_);
    at_ = quote + 1;
    doubled = take('"');
    if (doubled) field += '"';
  }
  next_line_ += std::count(field.begin(), field.end(), '\n');
  return std::string(trim(field));
}

bool Records::take(char c) {
  const bool there = at_ < text_.size() && text_[at_] == c;
  if (there) ++at_;
  return there;
}

}}}  // namespace gradus::detail
