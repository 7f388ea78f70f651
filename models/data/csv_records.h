#pragma once
/// From the bytes of a CSV file to the fields of its records, and from a field to a number.

#include <gradus/models/dialect.h>
#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The records of a CSV file. Each line is checked when it is read, so that a large file of another
/// kind, or a small one that decompresses to much, is refused early.
class Records {
 public:
  using Fields = std::vector<std::string_view>;

  Records(std::string path, const Dialect& dialect);

  /// Reads the next record that is not blank; false at the end. The fields last until the next
  /// call.
  bool next(Fields& fields);
  /// The line on which the last record began.
  std::int64_t line() const { return first_line_; }
  /// As given, with what the first lines decided.
  const Dialect& dialect() const { return dialect_; }

 private:
  void next_line();
  std::string field();
  void skip_blanks();
  bool take(char c);

  std::string path_;
  Dialect dialect_;
  InputFile file_;
  std::string text_;       ///< a part of the file
  std::size_t next_ = 0;   ///< where the next line begins in it
  std::string_view rest_;  ///< of the line that is read now
  std::size_t total_ = 0;
  std::int64_t line_ = 0, first_line_ = 0;
  std::vector<std::string> fields_;
};

/// What read_number() may find wrong.
inline constexpr std::string_view not_a_number = "is not a number",
                                  number_out_of_range = "is out of range";

/// Reads a number that is the whole text. Returns it, and what is wrong with it or "".
std::pair<double, std::string_view> read_number(std::string_view text);

}}}  // namespace gradus::detail
