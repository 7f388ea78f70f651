#include <gradus/optim/optimizers.h>

#include <gradus/core/from_text.h>
#include <gradus/schedules/known.h>

namespace gradus { inline namespace GRADUS_VARIANT {

std::string detail::lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

namespace {

template <class R>
Optimizer make(const detail::Call& call) {
  R rule;
  OptimizerOptions options;
  std::vector<detail::Slot> slots;
  detail::add_slots(slots, rule);
  detail::add_slots(slots, options);
  detail::fill(call, slots);
  return Optimizer(std::move(rule), std::move(options));
}

}  // namespace

std::span<const std::string> known_optimizers() {
  static const auto names = []<class... R>(std::type_identity<std::tuple<R...>>) {
    return std::array{std::string(detail::type_name<R>())...};
  }(std::type_identity<KnownRules>());
  return names;
}

Optimizer parse_optimizer(std::string_view text) {
  return detail::make_optimizer(detail::parse_call("parse_optimizer", text, {}));
}

Optimizer detail::make_optimizer(Call call) {
  call.name.erase(0, call.name.rfind('.') + 1);  // keras.optimizers.
  constexpr auto makers = []<class... R>(std::type_identity<std::tuple<R...>>) {
    return std::array{make<R>...};
  }(std::type_identity<KnownRules>());
  std::vector<std::string> names(known_optimizers().begin(), known_optimizers().end());
  for (const std::string& name : known_optimizers()) names.push_back(detail::lower(name));
  if (const auto it = std::ranges::find(names, call.name); it != names.end())
    return makers[static_cast<std::size_t>(it - names.begin()) % makers.size()](call);
  detail::fail_to_read(call.reader, call.column,
                       fmt::format("unknown optimizer '{}'; did you mean '{}'?", call.name,
                                   detail::nearest(call.name, names)));
}

}}  // namespace gradus
