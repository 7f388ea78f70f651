#pragma once
/// Tables whose entries have a `name` that is given on the command line.

#include <string>
#include <vector>

std::vector<std::string> names_of(const auto& table) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

/// UsageError: the name must be one of these, or what `also` adds; with the nearest name.
[[noreturn]] void refuse_name(const std::string& where, const std::string& name,
                              const std::vector<std::string>& names, const std::string& also = "");

/// The entry of this name, or refuse_name().
const auto& choose(const auto& table, const std::string& where, const std::string& name,
                   const std::string& also = "") {
  for (const auto& entry : table)
    if (name == entry.name) return entry;
  refuse_name(where, name, names_of(table), also);
}
