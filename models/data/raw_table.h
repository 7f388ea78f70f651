#pragma once
/// Tables while they are read: the kinds of columns are known only after the last row.

#include <map>

#include <gradus/models/table.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

// A cell that is not a number is a NaN that holds the place of its word; 0 is a gap.
inline double boxed(std::size_t place) {
  return std::bit_cast<double>(0x7ff8'0000'0000'0000 + std::uint64_t{place});
}
inline std::size_t unboxed(double cell) {
  return static_cast<std::size_t>(std::bit_cast<std::uint64_t>(cell) - 0x7ff8'0000'0000'0000);
}

inline bool is_gap(double cell) { return std::isnan(cell) && unboxed(cell) == 0; }

/// The spellings of a gap that always count.
inline constexpr std::string_view gaps[] = {"",     "NA",   "N/A", "NaN", "nan",
                                            "null", "None", "?",   "-"};

inline bool has(const auto& texts, std::string_view text) {
  return std::ranges::find(texts, text) != std::ranges::end(texts);
}

/// A column to read. What is not a number is a word, also the spelling of a gap.
struct Reading {
  struct Word {
    std::int64_t line;  ///< of the first one
    std::int64_t rows = 0;
    double cell = 0;
  };
  using Words = std::map<std::string, Word, std::less<>>;

  std::size_t field;       ///< its place in a record
  bool has_words = false;  ///< every value is a word, also one that looks like a number
  bool is_target = false;
  Words words = {};
  std::vector<Words::const_iterator> places = {};  ///< of all words, in the order of appearance
  std::int64_t gap_rows = 0, first_gap = 0 /* a line */;

  double add(std::string_view text, std::int64_t line) {
    auto word = words.find(text);
    if (word == words.end()) {
      word = words.emplace(text, Word{line}).first;
      places.push_back(word);
      word->second.cell = boxed(places.size());
    }
    ++word->second.rows;
    return word->second.cell;
  }
  Words::const_iterator word_of(double cell) const { return places[unboxed(cell) - 1]; }
  Words::const_iterator first_word() const {
    return std::ranges::min_element(words, {}, [](const auto& word) { return word.second.line; });
  }
  std::int64_t word_rows() const {
    std::int64_t rows = 0;
    for (const auto& [text, word] : words) rows += word.rows;
    return rows;
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

/// Leaves the rows for which keep(i) holds.
void keep_rows(Table& table, auto keep) {
  auto to = table.cells.begin();
  for (std::size_t i = 0, rows = table.rows(); i < rows; ++i)
    if (keep(i)) to = std::ranges::copy(table.row(i), to).out;
  table.cells.erase(to, table.cells.end());
}

/// Decides the kinds of columns and the classes, and leaves out rows with gaps.
Table settle(RawTable raw);
/// The order of classes: numbers by value before words by their bytes.
bool class_before(const std::string& a, const std::string& b);

}}}  // namespace gradus::detail
