#include <gradus/models/session.h>

#include <algorithm>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

std::string Session::callback_name(std::size_t i) const {
  const std::string_view type = callbacks[i].type();
  const auto before =
      std::count_if(callbacks.begin(), callbacks.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Callback& c) { return c.type() == type; });
  return fmt::format("{}/{}", type, before);
}

State Session::callback_state() const {
  State state;
  for (std::size_t i = 0; i < callbacks.size(); ++i) callbacks[i].save(state, callback_name(i));
  return state;
}

void Session::load_callbacks(State state) {
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    const std::string name = callback_name(i);
    const auto first = state.lower_bound(name + "/");
    if (first != state.end() && first->first.starts_with(name + "/"))
      callbacks[i].load(state, name);
  }
}

}}}  // namespace gradus::detail
