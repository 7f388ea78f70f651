#pragma once
/// The lines of a CSV file, for read_csv.cpp.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/models/file.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

using Names = std::vector<std::string>;

/// The records of a CSV file as lists of fields, quoted as in RFC 4180: a quoted field may contain
/// line ends. Blanks around a field, and around its quotes, do not count.
class Records {
 public:
  /// Reads the file, decompressed if it is gzip, without a byte order mark. IoError; FormatError
  /// for text that is not UTF-8, a line over 1 MiB, or more than 1 GiB.
  Records(const std::string& path, char separator) : path_(path), separator_(separator) {
    InputFile file(path);
    constexpr std::size_t piece = 1 << 16;
    Checked checked;
    for (std::size_t got = 1; got > 0;) {
      const std::size_t before = text_.size();
      text_.resize(before + piece);
      got = file.read(text_.data() + before, piece);
      text_.resize(before + got);
      check<FormatError>(text_.size() <= longest_text, "{}: longer than 1 GiB", path);
      check_text(checked, got == 0);
    }
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark
  }

  /// Reads the next record that is not blank; false at the end. FormatError for a quote that is not
  /// closed or is followed by text.
  bool next(Names& fields) {
    do {
      if (at_ == text_.size()) return false;
      fields.clear();
      line_ = next_line_;
      do {
        skip_blanks();
        fields.push_back(take('"') ? quoted_field() : plain_field());
      } while (take(separator_));
      const bool ended = at_ == text_.size() || take('\n');
      check<FormatError>(ended, "{}:{}: text after a closing quote", path_, next_line_);
      ++next_line_;
    } while (fields.size() == 1 && fields[0].empty());
    return true;
  }
  /// The line on which the last record began.
  std::int64_t line() const { return line_; }

 private:
  static constexpr std::string_view blanks = " \t\r";
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  static constexpr std::size_t longest_text = std::size_t{1} << 30;

  /// How far the text is checked.
  struct Checked {
    std::size_t at = 0, line_start = 0, line = 1;
  };

  /// Checks the text that was read since: as it grows, so that a large file of another kind, or a
  /// small one that decompresses to much, is refused early.
  void check_text(Checked& checked, bool whole) const {
    auto& [at, line_start, line] = checked;
    while (at < text_.size()) {
      const std::size_t length = utf8_length(std::string_view(text_).substr(at));
      if (length == 0 && !whole && text_.size() - at < 4) return;  // a character's beginning
      check<FormatError>(length > 0, "{}:{}: not UTF-8 text", path_, line);
      check<FormatError>(at - line_start < longest_line, "{}:{}: longer than 1 MiB", path_, line);
      if (text_[at] == '\n') {
        ++line;
        line_start = at + 1;
      }
      at += length;
    }
  }

  std::string plain_field() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') ++at_;
    return trimmed(std::string_view(text_).substr(begin, at_ - begin));
  }

  std::string quoted_field() {
    std::string field;
    for (bool doubled = true; doubled;) {
      const std::size_t quote = text_.find('"', at_);
      check<FormatError>(quote != text_.npos, "{}:{}: the quote opened here is never closed", path_,
                         next_line_);
      field.append(text_, at_, quote - at_);
      at_ = quote + 1;
      doubled = take('"');
      if (doubled) field += '"';
    }
    next_line_ += std::ranges::count(field, '\n');
    skip_blanks();
    return trimmed(field);
  }

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] != separator_ && blanks.find(text_[at_]) != blanks.npos)
      ++at_;
  }

  /// The text without blanks at both ends.
  static std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
  }

  bool take(char c) {
    const bool there = at_ < text_.size() && text_[at_] == c;
    if (there) ++at_;
    return there;
  }

  const std::string& path_;
  std::string text_;
  char separator_;
  std::size_t at_ = 0;
  std::int64_t line_ = 0, next_line_ = 1;
};

}}}  // namespace gradus::detail
