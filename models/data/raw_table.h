#pragma once
/// Tables while they are read: the kinds of columns are known only after the last row.

#include <bit>
#include <map>

#include <gradus/models/table.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

// A cell that is not a number is a NaN that holds the place of its word in the column's list, from
// 1; 0 is a gap.
inline double boxed(std::size_t place) {
  return std::bit_cast<double>(0x7ff8'0000'0000'0000 + std::uint64_t{place});
}
inline std::size_t unboxed(double cell) {
  return static_cast<std::size_t>(std::bit_cast<std::uint64_t>(cell) - 0x7ff8'0000'0000'0000);
}

inline bool is_gap(double cell) { return std::isnan(cell) && unboxed(cell) == 0; }

/// A column to read.
struct Reading {
  std::size_t field;       ///< its place in a record
  bool has_words = false;  ///< every value is a word, also one that looks like a number
  bool is_target = false;
  std::map<std::string, std::size_t, std::less<>> places = {};   ///< of its words, from 1
  std::vector<std::pair<std::string, std::int64_t>> words = {};  ///< with the line of the first one
  std::int64_t word_rows = 0, gap_rows = 0, first_gap = 0 /* a line */;

  double add_gap(std::int64_t line) {
    if (gap_rows++ == 0) first_gap = line;
    return boxed(0);
  }
  double add(std::string_view word, std::int64_t line) {
    ++word_rows;
    auto place = places.find(word);
    if (place == places.end()) {
      words.emplace_back(word, line);
      place = places.emplace(word, words.size()).first;
    }
    return boxed(place->second);
  }
  /// The first word of the column, with its line.
  const std::pair<std::string, std::int64_t>& first_word() const {
    return words[words.size() > places.size() && words[0].first == "-" ? 1 : 0];
  }
};

struct RawTable {
  std::string path;  ///< for errors
  const CsvOptions& options;
  std::vector<TableColumn> known;       ///< the features to read; none for all that are not ignored
  std::vector<std::string> names = {};  ///< of all columns
  std::vector<Reading> readings = {};   ///< the target last
  std::int64_t first_line = 0, rows = 0;
  Table table = {};

  std::size_t column_of(const Reading& reading) const {
    return static_cast<std::size_t>(&reading - readings.data());
  }
  /// Calls each(cell) for the cells of a column.
  void for_each_cell(const Reading& reading, auto each) {
    for (std::size_t i = column_of(reading); i < table.cells.size(); i += readings.size())
      each(table.cells[i]);
  }
};

/// Decides the kinds of columns and the classes, and leaves out rows with gaps.
Table settle(RawTable raw);
/// The order of classes: numbers by value before words by their bytes.
bool class_before(const std::string& a, const std::string& b);

}}}  // namespace gradus::detail
