#pragma once
/// JSON texts as trees. Only the library's files that read and write JSON include this.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// A value of a JSON text. Unlike nlohmann's values, these are destroyed without taking memory.
struct JsonTree {
  enum class Type { null, boolean, number, whole, text, list, object };
  Type type = Type::null;
  double number = 0;        ///< of a boolean: 1 or 0
  std::uint64_t whole = 0;  ///< of a number without sign, point and exponent that is below 2^64
  std::string text = {};
  std::vector<std::pair<std::string, JsonTree>> members = {};  ///< those of a list have no names

  bool is(Type other) const { return type == other; }
  /// The member of that name, or nullptr.
  const JsonTree* find(std::string_view name) const;
};

/// The fault of a JSON text.
struct JsonFault {
  enum class Kind { syntax, range, repeated, depth };  ///< range: of a number
  Kind kind;
  std::size_t position = 0;  ///< syntax: the number of the last byte that was read, from 1
  std::string text = {};     ///< syntax: the token there; repeated: the name
};
/// Reads a text. Lists and objects that are nested more than `deepest` deep are empty in the tree,
/// if `fail` returns for the first of them; for other faults it must throw.
JsonTree parse_json(std::string_view text, int deepest,
                    const std::function<void(const JsonFault&)>& fail);

/// A text in quotes, as UTF-8 or as ASCII with escapes. ValueError by `caller` unless it is UTF-8.
std::string in_quotes(std::string_view text, bool ascii, std::string_view caller);
/// The shortest text of a finite number that reads back as the same.
std::string json_number(double number);

}}}  // namespace gradus::detail
