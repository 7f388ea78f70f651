#pragma once
/// JSON to print.

#include <concepts>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

/// A JSON value as text. Numbers that are not finite become null; bytes that are not UTF-8 are
/// replaced.
class Json {
 public:
  using Members = std::initializer_list<std::pair<std::string, Json>>;

  Json() : text_("null") {}
  Json(const std::string& text);
  Json(const char* text) : Json(std::string(text)) {}
  Json(std::floating_point auto number) : text_(number_text(number)) {}
  Json(std::same_as<bool> auto truth) : text_(truth ? "true" : "false") {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T number) : text_(std::to_string(number)) {}
  template <class List>
  requires(!std::convertible_to<List, std::string>) && requires(List list) { list.begin(); }
  Json(const List& list) : text_("[") {
    for (const auto& item : list) append(Json(item));
    text_ += ']';
  }
  /// An object, its members in this order.
  static Json object(Members members);
  /// The value of a JSON text on one line.
  static Json compact(const std::string& text);

  /// Adds a member to an object.
  void add(const std::string& name, const Json& value);
  const std::string& text() const { return text_; }
  /// The text and a line end.
  std::string line() const { return text_ + '\n'; }
  /// Whether bytes that are not UTF-8 were replaced.
  bool repaired() const { return repaired_; }

 private:
  static Json raw(std::string text);
  void append(const Json& item);
  static std::string number_text(double number);

  std::string text_;
  bool repaired_ = false;
};
