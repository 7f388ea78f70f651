#pragma once
/// Function: a function held by value. A struct's options are checked when it becomes a Function.

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include <gradus/core/fields.h>

namespace gradus { inline namespace GRADUS_VARIANT {

template <class Signature>
class Function;

/// Null, or any callable `Result(Arguments...)`. ValueError for a struct with bad options.
template <class Result, class... Arguments>
class Function<Result(Arguments...)> {
 public:
  Function(std::nullptr_t = nullptr) {}
  template <class F>
  requires std::is_invocable_r_v<Result, const F&, Arguments...> &&
      (!std::derived_from<F, Function>)Function(F function) {
    detail::validate(function);
    function_ = std::move(function);
  }

  explicit operator bool() const { return static_cast<bool>(function_); }
  Result operator()(Arguments... arguments) const {
    return function_(std::forward<Arguments>(arguments)...);
  }

 private:
  std::function<Result(Arguments...)> function_;
};

}}  // namespace gradus
