#pragma once
/// From a table to tensors, the same for training rows and new ones.

#include <gradus/models/table.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Everything that training rows decide about reading and converting other rows:
///
///     const auto [rows, held_out] = split(read_table("cars.csv", {.label = "mpg"}), 0.2);
///     const Preparation prepared = prepare(rows);
///     const Dataset data = prepared(rows), test = prepared(held_out);
///     const Dataset more = prepared(read_table("more.csv", prepared));
struct Preparation {
  Dialect dialect = {};
  Gaps gaps = {};
  std::vector<TableColumn> features = {};
  TableTarget target = {};
  std::optional<Standardization> inputs = {};   ///< of the columns of x
  std::optional<Standardization> targets = {};  ///< of y; none for classes

  /// The names of the columns of x: `age`, `origin=europe`, `origin=japan`.
  std::vector<std::string> columns() const;
  /// x, y and names. A word that is not listed makes zeros of all columns of its feature; the notes
  /// of the Dataset count them. ShapeError for a table of other features or another target: numbers
  /// for words, or other classes, because its cells are places in its own lists.
  Dataset operator()(Table rows) const;

  /// Predictions of shape (rows, 1) in the target's units. ShapeError for another shape, if targets
  /// were scaled.
  ExactTensor undo(const Tensor& predictions) const;
  /// The deviation that targets were divided by: `target_deviation` of CompileOptions.
  double target_deviation() const;
};

struct PrepareOptions {
  bool scale = true;         ///< standardises inputs
  bool scale_target = true;  ///< standardises a target of numbers
};
/// Takes words, classes and scales from the training rows. ValueError without rows.
Preparation prepare(const Table& training, const PrepareOptions& options = {});

/// Reads new rows for a Preparation: its columns in any order, its dialect where the file does not
/// show another. With `labelled`, rows have a target; otherwise rows with a gap are only listed, in
/// `dropped`. FormatError for a column that the file lacks and for an unknown class.
Table read_table(const std::string& path, const Preparation& prepared, bool labelled = true);

/// For people: a line per column.
std::string to_string(const Preparation& prepared);
/// As JSON, exactly.
std::string serialize(const Preparation& prepared);
/// Reads what serialize() writes; all else is a FormatError.
Preparation parse_preparation(const std::string& text);

}}  // namespace gradus
