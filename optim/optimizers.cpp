#include <gradus/optim/optimizers.h>

#include <algorithm>
#include <optional>
#include <type_traits>
#include <vector>

#include <gradus/core/nearest.h>
#include <gradus/schedules/known.h>

namespace gradus { inline namespace GRADUS_VARIANT {

std::string detail::lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

namespace {

/// Makes the optimizer if R is the rule that the call names; returns whether it is.
template <class R>
bool make_if(const detail::Call& call, std::optional<Optimizer>& optimizer) {
  const std::string_view type = detail::type_name<R>();
  if (call.name != type && call.name != detail::lower(type)) return false;
  R rule;
  OptimizerOptions options;
  std::vector<detail::Slot> slots;
  detail::add_slots(slots, rule);
  detail::add_slots(slots, options);
  detail::fill(call, slots);
  optimizer.emplace(std::move(rule), std::move(options));
  return true;
}
template <class... R>
bool make_any(const detail::Call& call, std::optional<Optimizer>& optimizer,
              std::type_identity<std::tuple<R...>>) {
  return (make_if<R>(call, optimizer) || ...);
}

template <class... R>
std::vector<std::string> names_of(std::type_identity<std::tuple<R...>>) {
  return {std::string(detail::type_name<R>())...};
}

constexpr std::type_identity<KnownRules> known;

}  // namespace

std::span<const std::string> known_optimizers() {
  static const std::vector<std::string> names = names_of(known);
  return names;
}

Optimizer parse_optimizer(std::string_view text) {
  detail::Call call = detail::parse_call("parse_optimizer", text);
  call.name.erase(0, call.name.rfind('.') + 1);  // keras.optimizers.
  std::optional<Optimizer> optimizer;
  if (make_any(call, optimizer, known)) return *optimizer;
  std::vector<std::string> names(known_optimizers().begin(), known_optimizers().end());
  for (const std::string& name : known_optimizers()) names.push_back(detail::lower(name));
  detail::fail_to_read(call.reader, call.column,
                       fmt::format("unknown optimizer '{}'; did you mean '{}'?", call.name,
                                   detail::nearest(call.name, names)));
}

}}  // namespace gradus
