#pragma once
/// How a file of a table writes its fields.

#include <gradus/core/fields.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct Dialect {
  /// Between two fields. 0 means that the first lines decide.
  char separator = 0;
  /// The decimal mark of numbers: '.' or ','.
  char decimal = '.';
  /// Lines that begin with it are left out. 0 means none.
  char comment = 0;
  /// The first record holds the column names.
  bool header = true;

  bool operator==(const Dialect&) const = default;
  static void fields(auto& self, auto&& field) {
    field("separator", self.separator);
    field("decimal", self.decimal);
    field("comment", self.comment);
    field("header", self.header);
  }
};

}}  // namespace gradus
