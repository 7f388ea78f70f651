#pragma once
/// Tables from files: all rows as numbers, before features are chosen from words and scaled.

#include <gradus/models/dataset.h>
#include <gradus/models/dialect.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The kind of the target.
enum class Task {
  words,           ///< classes if a value is a word, else numbers
  automatic,       ///< the same, and whole numbers are classes if there are at most 20 different
                   ///< ones, each in at least 10 rows
  classification,  ///< each different value is a class
  regression       ///< numbers; a word is a FormatError
};

/// Spellings of a missing value, and whether rows with one are left out.
struct Gaps {
  /// Other spellings, for example "-999", beside those that always count: an empty field, `NA`,
  /// `N/A`, `NaN`, `nan`, `null`, `None`, `?` and `-` (which is a word in a column that has a `+`).
  std::vector<std::string> missing = {};
  /// Leaves out the rows with a gap in a column that is read. Otherwise a gap is a FormatError.
  bool drop = false;
};

/// A feature: numbers, or words in order.
struct TableColumn {
  std::string name;
  std::vector<std::string> words = {};  ///< empty for numbers
};

/// The target: numbers, or classes. The number of a class is its place in the list.
struct TableTarget {
  std::string name = {};                  ///< empty: the rows have no target
  std::vector<std::string> classes = {};  ///< empty for numbers
};

/// Options of read_table() and read_csv().
struct CsvOptions {
  /// The name of the target column; empty means the last one that has a name.
  std::string label = {};
  Task task = Task::words;
  /// The first record holds the column names; a column without one is named by its number. Without
  /// a header the names are "0", "1", ...
  bool header = true;
  /// See Dialect.
  char separator = 0, decimal = 0, comment = 0;
  /// See Gaps. `dropped` of the Dataset lists the rows.
  bool drop_missing = false;
  std::vector<std::string> missing = {};
  /// Names of columns to leave out, for example free text.
  std::vector<std::string> ignore = {};
  /// Names of columns of words. Each is replaced by one column per different word, at most 1024,
  /// sorted: `origin` by `origin=europe`, `origin=japan`, `origin=usa`, each 1 in the
  /// rows with that word and 0 in the others. No other feature's name may begin with `origin=`.
  std::vector<std::string> one_hot = {};
  /// Adds to one_hot each column of words that has at most 50 different ones.
  bool one_hot_auto = false;
  /// The features to read, in this order, in the form of `columns` of a Dataset: `{"age",
  /// "origin=europe", "origin=japan"}`. No other column is read, a word that is not listed makes
  /// zeros of all of its column, and with an empty label no target is read.
  std::vector<std::string> columns = {};
  /// The allowed classes of a label, in order and each once, in the form of `classes` of a Dataset.
  std::vector<std::string> classes = {};
  /// Is called with the share of the file that has been read, each time that it changes.
  std::function<void(double share)> progress = {};
};

/// All rows that are read. Cells are doubles in row-major order, the target last: a number, or the
/// place of a word or class in its list.
struct Table {
  Dialect dialect = {};
  Gaps gaps = {};
  std::vector<TableColumn> features = {};
  TableTarget target = {};
  std::vector<double> cells = {};
  std::vector<std::int64_t> dropped = {};  ///< rows of the file, from 0, that were left out; rising
  std::vector<std::string> notes = {};  ///< sentences for people: what was found, chosen, left out

  bool has_target() const { return !target.name.empty(); }
  std::size_t width() const { return features.size() + has_target(); }
  std::size_t rows() const { return width() == 0 ? 0 : cells.size() / width(); }
  std::span<const double> row(std::size_t i) const {
    return std::span(cells).subspan(i * width(), width());
  }
};

/// Reads a file; the rules are those of read_csv().
Table read_table(const std::string& path, const CsvOptions& options = {});

struct TableSplit {
  Table train, test;
};
struct SplitOptions {
  std::uint64_t seed = 0;
  bool last = false;  ///< takes the last rows, as Keras does, instead of rows at random
};
/// Holds back rows for testing; rows_kept(rows, test_share) stay for training. Each class keeps its
/// share to within one row; both sides are in the order of the file. ValueError unless both sides
/// get a row.
TableSplit split(Table table, double test_share, const SplitOptions& options = {});

namespace detail {
/// The names (literals of C++ in quotes), as many as fit into `most` bytes: `a, b and 7 more`.
std::string listed(std::span<const std::string> names, std::string_view quote, std::size_t most);
/// The shortest form: `2`, `-1`, `0.5`.
std::string class_name(double number);
/// The features that options.columns lists.
std::vector<TableColumn> columns_of(const CsvOptions& options);
/// Reads the features that are `known` or, without any, all that are not ignored.
Table read_table(const std::string& path, const CsvOptions& options, std::vector<TableColumn> known,
                 const Dialect& hint);
}  // namespace detail

}}  // namespace gradus
