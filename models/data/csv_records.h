#pragma once
/// The text of a CSV file and its lines, beneath read_csv.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

using Names = std::vector<std::string>;

/// The text without blanks at both ends.
std::string_view trim(std::string_view text);

/// The text of a file, decompressed if it is gzip, without a byte order mark. IoError; FormatError
/// for text that is not UTF-8, a line over 1 MiB, or more than 1 GiB.
std::string read_text(const std::string& path);

/// The records of a text as lists of fields, quoted as in RFC 4180: a quoted field may contain line
/// ends.
class Records {
 public:
  Records(const std::string& path, std::string_view text, char separator)
      : path_(path), text_(text), separator_(separator) {}

  /// Reads the next record that is not blank; false at the end. FormatError for a quote that is not
  /// closed or is followed by text.
  bool next(Names& fields);
  /// The line on which the last record began.
  std::int64_t line() const { return line_; }

 private:
  void read(Names& fields);
  std::string plain_field();
  std::string quoted_field();
  bool take(char c);

  const std::string& path_;
  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::int64_t line_ = 0, next_line_ = 1;
};

}}}  // namespace gradus::detail
