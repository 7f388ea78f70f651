#pragma once
/// How a file of a table writes its fields.

#include <gradus/core/fields.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The first lines of a file decide what is 0, except for `comment`.
struct Dialect {
  /// Stands between two fields: a tab or a printable ASCII character other than '"'. A blank stands
  /// for a run of blanks and tabs. The first lines show `,`, `;`, a tab, `|` or runs of blanks.
  char separator = 0;
  /// The decimal mark, '.' or ','. A comma where numbers have one (1,5, but not 1,500, which may be
  /// 1500) and no number has a point.
  char decimal = 0;
  /// Outside of quotes, the rest of a line from this character on is left out. 0: no comments.
  char comment = 0;
  /// The first record holds the column names.
  bool header = true;

  bool operator==(const Dialect&) const = default;
  static void fields(auto& self, auto&& field) {
    field("separator", self.separator,
          Rule{[](double c) { return c == 0 || c == '\t' || (c >= ' ' && c <= '~' && c != '"'); },
               "a tab or a printable ASCII character other than '\"'"});
    field("decimal", self.decimal,
          Rule{[](double c) { return c == 0 || c == '.' || c == ','; }, "'.' or ','"});
    field("comment", self.comment,
          Rule{[](double c) { return c == 0 || (c > ' ' && c <= '~' && c != '"'); },
               "a printable ASCII character other than '\"' and a blank"});
    field("header", self.header);
  }
};

/// For people: `fields are separated by semicolons, decimal comma`.
std::string describe(const Dialect& dialect);

}}  // namespace gradus
