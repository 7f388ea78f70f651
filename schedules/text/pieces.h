#pragma once
/// Writing expressions without recursing into them: what is still to be written waits in a list.

#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gradus/schedules/config.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Text, or a schedule that has yet to become pieces.
struct Piece {
  std::string text;
  std::optional<Schedule> part = std::nullopt;
  int binding = 0;  ///< how tightly the operator around the part binds
};
using Pieces = std::vector<Piece>;

/// The text of `s`, where expand(schedule, binding) gives the pieces of one of its nodes.
template <class Expand>
std::string write(const Schedule& s, Expand expand) {
  std::string out;
  Pieces waiting{{"", s}};  // last first
  while (!waiting.empty()) {
    const Piece next = std::move(waiting.back());
    waiting.pop_back();
    out += next.text;
    if (!next.part) continue;
    Pieces pieces = expand(*next.part, next.binding);
    waiting.insert(waiting.end(), std::make_move_iterator(pieces.rbegin()),
                   std::make_move_iterator(pieces.rend()));
  }
  return out;
}

/// The pieces of an operator's two sides, beneath one that binds as tightly as `around`.
/// a >> b >> c is (a >> b) >> c: only the right side needs to bind more tightly.
inline Pieces operation(const Config& config, int around) {
  const int binding = config.op.binding;
  const auto side = [&](std::size_t i) {
    return std::get<Schedule>(config.fields[i].value.content);
  };
  return {{binding < around ? "(" : ""},
          {"", side(0), binding},
          {std::string(config.op.symbol)},
          {"", side(1), binding + 1},
          {binding < around ? ")" : ""}};
}

/// The pieces of an option's value, with `scalar(v)` for what is neither a list nor a schedule.
template <class Scalar>
void append(Pieces& out, const Value& v, const Scalar& scalar) {
  if (const Schedule* s = std::get_if<Schedule>(&v.content)) {
    out.push_back({"", *s});
  } else if (const std::vector<Value>* list = std::get_if<std::vector<Value>>(&v.content)) {
    out.push_back({"["});
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out.push_back({", "});
      append(out, (*list)[i], scalar);
    }
    out.push_back({"]"});
  } else {
    out.push_back({scalar(v)});
  }
}

}}}  // namespace gradus::detail
