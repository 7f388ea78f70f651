#pragma once
/// Tables from CSV files.

#include <gradus/models/preparation.h>

namespace gradus { inline namespace GRADUS_VARIANT {

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
/// A target of numbers becomes y of shape (rows, 1), classes become y of shape (rows), with their
/// names in `classes`: see Task. Classes are in order, numbers by value before words by their
/// bytes. Other steps than these are in table.h and preparation.h: a split, scales, saving.
///
/// The file is UTF-8 text, plain or compressed with gzip, quoted as in RFC 4180, in a Dialect that
/// its first lines show; `-` is the standard input. Lines end with LF, CRLF or CR. A record has at
/// most 16 MiB and 65,536 fields, the text 1 GiB. A number is a whole field such as 1, -2.5, +3e-4,
/// whatever the locale, kept as a double for standardization(); one too small for a double is 0,
/// one too large for a Scalar an error. TRUE and FALSE, also True, true, False, false, are 1 and 0
/// in a feature. Blanks around a field, inside and outside its quotes, and
/// blank lines are ignored. The names in a header differ, those of columns to leave out, too.
/// IoError if the file cannot be read, ValueError for a column that it lacks, FormatError with file
/// and line for all else.
Dataset read_csv(const std::string& path, const CsvOptions& options = {});

}}  // namespace gradus
