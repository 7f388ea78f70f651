#pragma once
/// JSON to print.

#include <nlohmann/json.hpp>
#include <string>

/// Members stay in the order given. Numbers that are not finite are written as null.
using Json = nlohmann::ordered_json;

/// The value on one line, and a line end. Bytes that are not UTF-8 are replaced.
inline std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}
