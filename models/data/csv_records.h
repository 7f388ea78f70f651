#pragma once
/// From the bytes of a CSV file to the fields of its records, and from a field to a number.

#include <array>
#include <deque>

#include <gradus/models/dialect.h>
#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The fields of the first records, as one separator splits them.
struct FirstRecords : std::vector<std::vector<std::string>> {
  /// High for as many fields in each record, many of them numbers. 0: it does not split them.
  double rate() const;
  /// The decimal mark of its numbers, where they have one; `undecided` where they have both.
  char decimal(char undecided) const;
  /// Whether a separator ends each record, and no field follows it.
  bool ends_with_separators(bool header) const;
  /// Whether the first record is like the others: numbers where they have numbers, and words that
  /// come again in their column.
  bool starts_with_data() const;
};

/// The records of a CSV file. Each is checked when it is read, so that a large file of another
/// kind, or a small one that decompresses to much, is refused early, by a FormatError with file and
/// line.
class Records {
 public:
  using Fields = std::vector<std::string_view>;

  /// `hint` decides what is neither given nor shown by the first lines: for example, the dialect of
  /// the file that a model was trained on.
  Records(const std::string& path, const Dialect& given, const Dialect& hint = {});

  /// Reads the next record that is not blank; false at the end. The fields, without quotes and
  /// blanks around them, last until the next call. FormatError if there are more or fewer than in
  /// the first record. Where a separator ends all records, no field follows it.
  bool next(Fields& fields);
  /// The line on which the last record began.
  std::int64_t line() const { return first_line_; }
  /// As given, and as found where it was 0.
  const Dialect& dialect() const { return dialect_; }
  /// Whether the first record looks like data although dialect().header.
  bool starts_with_data() const { return starts_with_data_; }
  /// Advice on records of unequal length, such as ` (fields are separated by tabs)`, or "".
  const std::string& advice() const { return advice_; }
  /// The share of the file that has been read, in [0, 1]; 0 if its size is not known.
  double share() const { return file_.share(); }

 private:
  void find_dialect(const Dialect& hint);
  FirstRecords sample(char separator);
  void set_separator(char separator);
  void refill();
  bool read(Fields& fields);
  bool split(Fields& fields);
  std::string_view plain(), quoted();
  void skip_blanks(), skip_character();
  unsigned char kind() const { return kinds_[static_cast<unsigned char>(*cursor_)]; }
  [[noreturn]] void fail(std::int64_t line, const std::string& what) const;
  [[noreturn]] void refuse_encoding(std::string_view name) const;

  std::string path_, advice_;
  Dialect dialect_;
  InputFile file_;
  std::string text_;    ///< a part of the file; the 0 behind it ends each scan
  std::size_t at_ = 0;  ///< where the next record begins in it
  const char *cursor_ = nullptr, *end_ = nullptr;  ///< in that record; of text_
  bool ended_ = false, sampling_ = false;          ///< the file; text_ keeps what was read
  bool trailing_ = false, starts_with_data_ = false, misencoded_ = false, wide_ = false;
  std::size_t total_ = 0, width_ = 0;                    ///< bytes; fields of the first record
  std::int64_t line_ = 1, first_line_ = 1, breaks_ = 0;  ///< breaks_: inside the record's quotes
  std::array<unsigned char, 256> kinds_{};
  std::deque<std::string> unescaped_;  ///< fields with doubled quotes
};

/// What read_number() may find wrong.
inline constexpr std::string_view not_a_number = "is not a number",
                                  number_out_of_range = "is out of range";

/// Reads a number that is the whole text. Returns it, and what is wrong with it or "".
std::pair<double, std::string_view> read_number(std::string_view text, char decimal = '.');
/// Advice on a field that is not a number, such as "set .decimal = ',' if ...", or "".
std::string_view number_advice(std::string_view field, char decimal);

}}}  // namespace gradus::detail
