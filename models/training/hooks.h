#pragma once
/// The hooks of callbacks, and the names that are taken for hooks. Only callback.h includes this.

#include <array>
#include <cstddef>
#include <tuple>

#include <gradus/models/history.h>

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

using HookCalls = std::array<HookCall, std::tuple_size_v<decltype(hooks)>>;
template <class C, std::size_t... H>
constexpr HookCalls calls_of(std::index_sequence<H...>) {
  return {hook_call<C, H>()...};
}
template <class C>
inline constexpr HookCalls hook_calls = calls_of<C>(std::make_index_sequence<HookCalls{}.size()>());
template <class C>
inline constexpr bool has_hooks = std::ranges::any_of(hook_calls<C>, std::identity());

/// False when a method of a hook's name could never be called.
template <class C>
inline constexpr bool hooks_callable = [] {
  std::size_t h = 0;
  const auto fits = [&](auto named) {
    return hook_calls<C>[h++] || !std::is_invocable_v<decltype(named), C*>;
  };
  return std::apply([&](auto... named) { return (fits(named) && ...); }, hook_names);
}();

/// Names that are taken for hooks but are none: other words, tenses and orders, an s too much,
/// camel case, Keras's old names and those of PyTorch Lightning.
struct MisspeltHooks {
  int on_epoch_start, on_epoch_ends, on_epoch_begins, on_epoch_ended, on_epoch_started,
      on_epoch_stop, on_epoch_finish, on_epoch_finished, on_epoch_done, on_epochs_begin,
      on_epochs_end, on_epochbegin, on_epochend, on_begin_epoch, on_end_epoch, on_epoch_en,
      on_epoch_edn, on_batch_begin, on_batch_end, on_batch_start, on_batch_ends, on_batch_finish,
      on_begin_batch, on_end_batch, on_train_start, on_train_begins, on_train_ends, on_train_stop,
      on_train_finish, on_train_finished, on_training_begin, on_training_end, on_training_start,
      on_fit_begin, on_fit_end, on_fit_start, on_train_batch_start, on_train_batch_begins,
      on_train_batch_ends, on_step_begin, on_step_end, on_train_step_begin, on_train_step_end,
      on_train_epoch_start, on_train_epoch_begin, on_train_epoch_end, on_validation_begin,
      on_validation_end, on_validation_start, on_validation_epoch_start, on_validation_epoch_end,
      on_validation_batch_begin, on_validation_batch_start, on_validation_batch_end,
      on_evaluate_begin, on_evaluate_end, on_test_start, on_test_begins, on_test_ends,
      on_test_epoch_end, on_test_batch_start, on_test_batch_ends, on_predict_start,
      on_predict_begins, on_predict_ends, on_predict_epoch_end, on_predict_batch_start,
      on_predict_batch_ends, onEpochBegin, onEpochEnd, onTrainBegin, onTrainEnd, onBatchBegin,
      onBatchEnd, onTrainBatchBegin, onTrainBatchEnd;
};
template <class C>
struct WithMisspeltHooks : C, MisspeltHooks {};
/// One of these names has two meanings in WithMisspeltHooks. A struct that is `final` is not
/// checked.
template <class C>
concept HasMisspeltHook =
    std::is_class_v<C> && !std::is_final_v<C> && !requires(WithMisspeltHooks<C> & c) {
  c.on_epoch_start, c.on_epoch_ends, c.on_epoch_begins, c.on_epoch_ended, c.on_epoch_started,
      c.on_epoch_stop, c.on_epoch_finish, c.on_epoch_finished, c.on_epoch_done, c.on_epochs_begin,
      c.on_epochs_end, c.on_epochbegin, c.on_epochend, c.on_begin_epoch, c.on_end_epoch,
      c.on_epoch_en, c.on_epoch_edn, c.on_batch_begin, c.on_batch_end, c.on_batch_start,
      c.on_batch_ends, c.on_batch_finish, c.on_begin_batch, c.on_end_batch, c.on_train_start,
      c.on_train_begins, c.on_train_ends, c.on_train_stop, c.on_train_finish, c.on_train_finished,
      c.on_training_begin, c.on_training_end, c.on_training_start, c.on_fit_begin, c.on_fit_end,
      c.on_fit_start, c.on_train_batch_start, c.on_train_batch_begins, c.on_train_batch_ends,
      c.on_step_begin, c.on_step_end, c.on_train_step_begin, c.on_train_step_end,
      c.on_train_epoch_start, c.on_train_epoch_begin, c.on_train_epoch_end, c.on_validation_begin,
      c.on_validation_end, c.on_validation_start, c.on_validation_epoch_start,
      c.on_validation_epoch_end, c.on_validation_batch_begin, c.on_validation_batch_start,
      c.on_validation_batch_end, c.on_evaluate_begin, c.on_evaluate_end, c.on_test_start,
      c.on_test_begins, c.on_test_ends, c.on_test_epoch_end, c.on_test_batch_start,
      c.on_test_batch_ends, c.on_predict_start, c.on_predict_begins, c.on_predict_ends,
      c.on_predict_epoch_end, c.on_predict_batch_start, c.on_predict_batch_ends, c.onEpochBegin,
      c.onEpochEnd, c.onTrainBegin, c.onTrainEnd, c.onBatchBegin, c.onBatchEnd, c.onTrainBatchBegin,
      c.onTrainBatchEnd;
};

/// The struct, or the one that a std::reference_wrapper refers to.
template <class C>
using Unwrapped = std::remove_reference_t<std::unwrap_reference_t<C>>;
template <class C>
concept OtherStruct = std::is_class_v<C> && !std::is_same_v<C, Callback>;
/// The structs that can be callbacks. Refused: a struct without a hook, with a misspelt hook, or
/// with a hook that takes other arguments.
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
