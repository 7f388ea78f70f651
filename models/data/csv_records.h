#pragma once
/// The records of a CSV file, for read_csv().

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/models/file.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

using Names = std::vector<std::string>;

/// Reads a CSV file, plain or compressed with gzip, record by record, quoted as in RFC 4180: a
/// quoted field may contain line ends. Blanks around a field, and around its quotes, do not count.
/// Each line is checked when it is read, so that a large file of another kind, or a small one that
/// decompresses to much, is refused early. IoError; FormatError for text that is not UTF-8, a line
/// over 1 MiB, more than 1 GiB, a quote that is not closed or is followed by text.
class Records {
 public:
  Records(const std::string& path, char separator)
      : path_(path), separator_(separator), file_(path) {
    next_line();
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // a byte order mark
  }

  /// Reads the next record that is not blank; false at the end.
  bool next(Names& fields) {
    do {
      if (rest_.empty()) return false;
      fields.clear();
      first_line_ = line_;
      do {
        skip_blanks();
        fields.push_back(take('"') ? quoted_field() : plain_field());
      } while (take(separator_));
      check<FormatError>(rest_.empty() || take('\n'), "{}:{}: text after a closing quote", path_,
                         line_);
      next_line();
    } while (fields.size() == 1 && fields[0].empty());
    return true;
  }
  /// The line on which the last record began.
  std::int64_t line() const { return first_line_; }

 private:
  static constexpr std::string_view blanks = " \t\r";

  /// Sets rest_ to the next line, with its line end; to nothing at the end of the file.
  void next_line() {
    constexpr std::size_t piece = 1 << 16, longest_line = 1 << 20, longest_text = 1 << 30;
    ++line_;
    std::size_t end = text_.find('\n', next_);
    for (bool more = true; more && end == text_.npos; end = text_.find('\n')) {
      text_.erase(0, std::exchange(next_, 0));
      const std::size_t before = text_.size();
      text_.resize(before + piece);
      const std::size_t got = file_.read(text_.data() + before, piece);
      text_.resize(before + got);
      total_ += got;
      check<FormatError>(total_ <= longest_text, "{}: longer than 1 GiB", path_);
      more = got > 0 && before <= longest_line;
    }
    rest_ = std::string_view(text_).substr(next_, end == text_.npos ? end : end + 1 - next_);
    next_ += rest_.size();
    std::size_t valid = 0;  // bytes of the line; it may be cut after longest_line
    for (std::size_t length = 1; length > 0 && valid < rest_.size(); valid += length)
      length = utf8_length(rest_.substr(valid));
    check<FormatError>(valid == rest_.size() || valid > longest_line, "{}:{}: not UTF-8 text",
                       path_, line_);
    check<FormatError>(rest_.size() <= longest_line, "{}:{}: longer than 1 MiB", path_, line_);
  }

  std::string plain_field() {
    const char ends[] = {separator_, '\n'};
    const std::string_view field = rest_.substr(0, rest_.find_first_of({ends, 2}));
    rest_.remove_prefix(field.size());
    return trimmed(field);
  }

  std::string quoted_field() {
    const std::int64_t opened = line_;
    std::string field;
    do {
      std::size_t quote = rest_.find('"');
      for (; quote == rest_.npos; quote = rest_.find('"')) {
        field += rest_;
        next_line();
        check<FormatError>(!rest_.empty(), "{}:{}: the quote opened here is never closed", path_,
                           opened);
      }
      field += rest_.substr(0, quote + 1);  // with the quote, which stays if it is doubled
      rest_.remove_prefix(quote + 1);
    } while (take('"'));
    field.pop_back();
    skip_blanks();
    return trimmed(field);
  }

  void skip_blanks() {
    while (!rest_.empty() && rest_[0] != separator_ && blanks.find(rest_[0]) != blanks.npos)
      rest_.remove_prefix(1);
  }

  /// The text without blanks at both ends.
  static std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
  }

  bool take(char c) {
    const bool there = rest_.starts_with(c);
    if (there) rest_.remove_prefix(1);
    return there;
  }

  const std::string& path_;
  char separator_;
  InputFile file_;
  std::string text_;       ///< a part of the file
  std::size_t next_ = 0;   ///< where the next line begins in it
  std::string_view rest_;  ///< of the line that is read now
  std::size_t total_ = 0;
  std::int64_t line_ = 0, first_line_ = 0;
};

}}}  // namespace gradus::detail
