#pragma once
/// The hooks of callbacks, listed once. Only callback.h includes this.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <gradus/models/history.h>
#include <gradus/models/misspelt_hooks.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Callback;
class Sequential;

namespace detail {

enum class Hook {  // in the order of `hooks`
  train_begin,
  train_end,
  test_begin,
  test_end,
  predict_begin,
  predict_end,
  epoch_begin,
  epoch_end,
  train_batch_begin,
  train_batch_end,
  test_batch_begin,
  test_batch_end,
  predict_batch_begin,
  predict_batch_end
};

/// For each hook, the function that calls it, for those arguments that the struct's own takes.
inline constexpr std::tuple hooks{
    [](auto& c, auto&&... a) -> decltype(void(c.on_train_begin(a...))) { c.on_train_begin(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_train_end(a...))) { c.on_train_end(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_test_begin(a...))) { c.on_test_begin(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_test_end(a...))) { c.on_test_end(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_predict_begin(a...))) {
      c.on_predict_begin(a...);
    },
    [](auto& c, auto&&... a) -> decltype(void(c.on_predict_end(a...))) { c.on_predict_end(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_epoch_begin(a...))) { c.on_epoch_begin(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_epoch_end(a...))) { c.on_epoch_end(a...); },
    [](auto& c, auto&&... a) -> decltype(void(c.on_train_batch_begin(a...))) {
      c.on_train_batch_begin(a...);
    },
    [](auto& c, auto&&... a) -> decltype(void(c.on_train_batch_end(a...))) {
      c.on_train_batch_end(a...);
    },
    [](auto& c, auto&&... a) -> decltype(void(c.on_test_batch_begin(a...))) {
      c.on_test_batch_begin(a...);
    },
    [](auto& c, auto&&... a) -> decltype(void(c.on_test_batch_end(a...))) {
      c.on_test_batch_end(a...);
    },
    [](auto& c, auto&&... a) -> decltype(void(c.on_predict_batch_begin(a...))) {
      c.on_predict_batch_begin(a...);
    },
    [](auto& c, auto&&... a) -> decltype(void(c.on_predict_batch_end(a...))) {
      c.on_predict_batch_end(a...);
    }};
/// For each hook, a function that accepts a pointer to a struct with a method of that name.
inline constexpr std::tuple hook_names{
    []<class C>(C*) -> decltype(void(&C::on_train_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_train_end)) {},
    []<class C>(C*) -> decltype(void(&C::on_test_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_test_end)) {},
    []<class C>(C*) -> decltype(void(&C::on_predict_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_predict_end)) {},
    []<class C>(C*) -> decltype(void(&C::on_epoch_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_epoch_end)) {},
    []<class C>(C*) -> decltype(void(&C::on_train_batch_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_train_batch_end)) {},
    []<class C>(C*) -> decltype(void(&C::on_test_batch_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_test_batch_end)) {},
    []<class C>(C*) -> decltype(void(&C::on_predict_batch_begin)) {},
    []<class C>(C*) -> decltype(void(&C::on_predict_batch_end)) {}};
inline constexpr std::size_t hook_count = std::tuple_size_v<decltype(hooks)>;
inline constexpr std::size_t first_indexed = static_cast<std::size_t>(Hook::epoch_begin);

/// Calls a hook of a struct; null if it has none.
using HookCall = void (*)(void* callback, std::int64_t index, const Logs& logs, Sequential& model);

/// Calls hook H of a C with these of the arguments (index, logs, model); null if it takes others.
template <class C, std::size_t H, std::size_t... A>
constexpr HookCall call_with(std::index_sequence<A...>) {
  using Arguments = std::tuple<std::int64_t&, const Logs&, Sequential&>;
  using F = std::tuple_element_t<H, decltype(hooks)>;
  if constexpr (std::is_invocable_v<F, C&, std::tuple_element_t<A, Arguments>...>)
    return [](void* c, std::int64_t index, const Logs& logs, Sequential& model) {
      [[maybe_unused]] const Arguments all(index, logs, model);
      std::get<H>(hooks)(*static_cast<C*>(c), std::get<A>(all)...);
    };
  else
    return nullptr;
}

/// The call with the most arguments that the struct's hook takes.
template <class C, std::size_t H>
constexpr HookCall hook_call() {
  using std::index_sequence;
  using WithIndex = std::tuple<index_sequence<0, 1, 2>, index_sequence<0, 1>, index_sequence<0>,
                               index_sequence<>>;
  using WithoutIndex =
      std::tuple<index_sequence<1, 2>, index_sequence<1>, index_sequence<2>, index_sequence<>>;
  HookCall found = nullptr;
  std::apply([&](auto... choice) { ((found = found ? found : call_with<C, H>(choice)), ...); },
             std::conditional_t<(H >= first_indexed), WithIndex, WithoutIndex>());
  return found;
}

template <class C>
inline constexpr std::array<HookCall, hook_count> hook_calls = [
]<std::size_t... H>(std::index_sequence<H...>) {
  return std::array<HookCall, hook_count>{hook_call<C, H>()...};
}
(std::make_index_sequence<hook_count>());

template <class C>
inline constexpr bool has_hooks = [] {
  for (const HookCall call : hook_calls<C>)
    if (call) return true;
  return false;
}();

/// False when a method of a hook's name could never be called.
template <class C>
inline constexpr bool hooks_callable = []<std::size_t... H>(std::index_sequence<H...>) {
  return ((!std::is_invocable_v<std::tuple_element_t<H, decltype(hook_names)>, C*> ||
           hook_calls<C>[H] != nullptr) &&
          ...);
}
(std::make_index_sequence<hook_count>());

/// The struct, or the one that a std::reference_wrapper refers to.
template <class C>
using Unwrapped = std::remove_reference_t<std::unwrap_reference_t<C>>;
template <class C>
concept OtherStruct = std::is_class_v<C> && !std::is_same_v<C, Callback>;
/// What can be a callback, and what is refused: a hook that takes other arguments, a struct without
/// a hook, and one with a method that is named as hooks are named elsewhere (misspelt_hooks.h).
template <class C>
concept HooksFit = OtherStruct<C> && has_hooks<Unwrapped<C>> && hooks_callable<Unwrapped<C>> &&
    !HasMisspeltHook<Unwrapped<C>>;
template <class C>
concept HookOfOtherArguments = OtherStruct<C> && !hooks_callable<Unwrapped<C>>;
template <class C>
concept NoSuchHook =
    OtherStruct<C> && hooks_callable<Unwrapped<C>> && !HooksFit<C> && !requires(C & list) {
  list.begin();
};

}  // namespace detail
}}  // namespace gradus
