#pragma once
/// For golden cases that name a class and its arguments, as Keras's losses and metrics do.

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "golden_support.h"

namespace golden {

/// A list of lists of numbers, as a tensor.
inline gradus::Tensor nested(const Json& json) {
  gradus::Shape shape;
  std::vector<Scalar> values;
  for (const Json* level = &json; level->is_array(); level = &level->at(0))
    shape.push_back(static_cast<std::int64_t>(level->size()));
  const std::function<void(const Json&)> collect = [&](const Json& item) {
    if (!item.is_array()) return values.push_back(static_cast<Scalar>(number(item)));
    for (const Json& part : item) collect(part);
  };
  collect(json);
  return gradus::Tensor(shape, values);
}

/// A case's arguments. An argument that is never read is one that gradus does not have.
class Arguments {
 public:
  explicit Arguments(const Json& config) : config_(config) {}
  double real(const char* name, double otherwise) const {
    const Json* found = find(name);
    return found ? number(*found) : otherwise;
  }
  int integer(const char* name, int otherwise) const {
    const Json* found = find(name);
    return found ? found->get<int>() : otherwise;
  }
  bool flag(const char* name) const {
    const Json* found = find(name);
    return found && found->get<bool>();
  }
  std::string text(const char* name, const char* otherwise) const {
    const Json* found = find(name);
    return found ? found->get<std::string>() : otherwise;
  }
  std::optional<double> maybe(const char* name) const {
    const Json* found = find(name);
    return found ? std::optional(number(*found)) : std::nullopt;
  }
  std::optional<int> maybe_integer(const char* name) const {
    const Json* found = find(name);
    return found ? std::optional(found->get<int>()) : std::nullopt;
  }
  /// Throws Skipped for an argument that was not asked for.
  void finish() const {
    for (const auto& [name, _] : config_.items())
      if (!asked_.contains(name)) throw Skipped("there is no argument " + name);
  }

 private:
  const Json* find(const char* name) const {
    asked_.insert(name);
    const auto found = config_.find(name);
    return found == config_.end() || found->is_null() ? nullptr : &*found;
  }
  const Json& config_;
  mutable std::set<std::string> asked_;
};

/// The entry for a name; Skipped without one.
template <class Value>
const Value& entry(const std::map<std::string, Value>& table, const std::string& name) {
  const auto found = table.find(name);
  if (found == table.end()) throw Skipped("there is no " + name);
  return found->second;
}

/// "" if all elements agree, else a text about the first that differs.
inline std::string differences(const gradus::Tensor& got, const gradus::Tensor& want,
                               double absolute, double relative) {
  if (got.size() != want.size()) return "another number of elements";
  for (std::size_t i = 0; i < got.values().size(); ++i)
    if (!close(got.values()[i], want.values()[i], absolute, relative))
      return fmt::format("element {} is {} and not {}", i, got.values()[i], want.values()[i]);
  return "";
}

}  // namespace golden
