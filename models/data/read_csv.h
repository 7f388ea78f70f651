#pragma once
/// Tables from CSV files.

#include <gradus/models/dataset.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct CsvOptions {
  /// The name of the target column; empty means the last one.
  std::string label = {};
  /// Line 1 holds the column names. Without a header they are "0", "1", ...
  bool header = true;
  char separator = ',';
  /// Leaves out rows with a missing value (an empty field, '?' or 'NA') in a column that is read;
  /// `dropped` of the Dataset lists them. By default a missing value is a FormatError.
  bool drop_missing = false;
  /// Names of columns to leave out, for example free text.
  std::vector<std::string> ignore = {};
  /// Names of columns of words. Each is replaced by one column per different word, at most 1024,
  /// sorted: `origin` by `origin=europe`, `origin=japan`, `origin=usa`, each 1 in the
  /// rows with that word and 0 in the others. No other feature's name may begin with `origin=`.
  std::vector<std::string> one_hot = {};
  /// The features to read, in this order, in the form of `columns` of a Dataset: `{"age",
  /// "origin=europe", "origin=japan"}`. No other column is read, a word that is not listed is a
  /// FormatError, and with an empty label no target is read.
  std::vector<std::string> columns = {};
  /// The allowed classes of a text label, sorted, in the form of `classes` of a Dataset.
  std::vector<std::string> classes = {};
};

/// Reads a table of numbers: every column that is neither the label nor ignored becomes a feature.
///
///     const Dataset iris = read_csv("iris.csv");  // iris.classes: setosa, versicolor, virginica
///     const Dataset cars = read_csv("mpg.csv", {.label = "mpg", .drop_missing = true,
///                                               .ignore = {"name"}, .one_hot = {"origin"}});
///
/// Rows to predict from, or test rows for a trained model:
///
///     read_csv("new.csv", {.one_hot = {"origin"}, .columns = cars.columns})  // y is empty
///     read_csv("test.csv", {.label = "species", .columns = iris.columns, .classes = iris.classes})
///
/// A label of numbers becomes y of shape (rows, 1). A label of text becomes class numbers, y of
/// shape (rows), with the sorted names in `classes`; it is text when no field in it is a number and
/// the first does not begin like one (so that 1,5 for 1.5 is an error, not a class).
///
/// The file is UTF-8 text, plain or compressed with gzip, quoted as in RFC 4180, with lines of at
/// most 1 MiB and 1 GiB in all. A number is a whole field such as 1, -2.5, +3e-4, whatever the
/// locale, kept as a double for standardization(); one too small for a double is 0, one too large
/// for a Scalar an error. Blanks around a field, inside and outside its quotes, and blank lines are
/// ignored. The names in a header differ, those of columns to leave out, too. IoError if the file
/// cannot be read, ValueError for a column that it lacks, FormatError with file and line for all
/// else.
Dataset read_csv(const std::string& path, const CsvOptions& options = {});

}}  // namespace gradus
