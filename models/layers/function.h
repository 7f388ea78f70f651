#pragma once
/// Function: a function held by value. A struct's options are checked when it becomes a Function.

#include <functional>

#include <gradus/core/fields.h>

namespace gradus { inline namespace GRADUS_VARIANT {

template <class Signature>
struct Function;

/// Null, or any callable `Result(Arguments...)`. ValueError for a struct with bad options.
template <class Result, class... Arguments>
struct Function<Result(Arguments...)> : std::function<Result(Arguments...)> {
  Function(std::nullptr_t = nullptr) {}
  template <class F>
  requires std::is_invocable_r_v<Result, const F&, Arguments...> &&
      (!std::derived_from<F, Function>)Function(F f) {
    detail::validate(f);
    std::function<Result(Arguments...)>::operator=(std::move(f));
  }
};

}}  // namespace gradus
