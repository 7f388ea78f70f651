#pragma once
/// Errors. The library never prints and never aborts: it throws. The text says where, which
/// argument, the rule and the value received: `ExponentialDecay: decay_steps must be > 0 (got 0)`.

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The base of all errors that gradus throws, except std::bad_alloc.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// An argument is outside its range: a negative rate, an axis that the tensor does not have.
struct ValueError : Error {
  using Error::Error;
};
/// Shapes do not fit together, or data does not fill its shape.
struct ShapeError : Error {
  using Error::Error;
};
/// A call comes at the wrong time: fit() before compile(), backward() twice.
struct StateError : Error {
  using Error::Error;
};
/// A number became nan or infinite in training. No part of that update was applied.
struct NumericError : Error {
  using Error::Error;
};
/// The operating system refused a file; the text gives its reason.
struct IoError : Error {
  using Error::Error;
};
/// A file or a text has the wrong form; the text gives the place.
struct FormatError : Error {
  using Error::Error;
};

namespace detail {
/// Calls a function at the end of its scope, also when an exception ends it.
template <class F>
struct AtEnd {
  explicit AtEnd(F f) : function(std::move(f)) {}
  AtEnd& operator=(AtEnd&&) = delete;  // nor any copy
  ~AtEnd() { function(); }
  F function;
};

/// The fault of a number, for callers that do not always throw; empty when all is well.
struct [[nodiscard]] Fault {
  std::string text = {};
  explicit operator bool() const { return !text.empty(); }
};

/// Separate from check(), so that a check costs its caller one branch.
template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(fmt::string_view text, const Args&... args) {
  throw E(fmt::vformat(text, fmt::make_format_args(args...)));
}
}  // namespace detail

/// Throws `E` with the formatted text unless `ok`. Formats the arguments only to throw.
///
///     check(units > 0, "Dense: units must be >= 1 (got {})", units);
///     check<ShapeError>(a == b, "add: ...");
template <class E = ValueError, class... Args>
[[gnu::always_inline]] inline void check(bool ok, fmt::format_string<const Args&...> text,
                                         const Args&... args) {
  if (!ok) [[unlikely]]
    detail::fail<E>(fmt::string_view(text), args...);
}

}}  // namespace gradus
