#pragma once
/// Errors. The library never prints and never aborts: what is wrong is thrown, and the text says
/// where, which argument, the rule it broke and the value received:
/// `ExponentialDecay: decay_steps must be > 0 (got 0)`.

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The base of everything gradus throws (std::bad_alloc aside).
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// An argument is outside its range: a negative rate, an axis a tensor does not have.
struct ValueError : Error {
  using Error::Error;
};
/// Tensors whose shapes do not go together, or data that does not fill its shape.
struct ShapeError : Error {
  using Error::Error;
};
/// The call is right but not now: fit() before compile(), backward() twice.
struct StateError : Error {
  using Error::Error;
};
/// A number became nan or infinite while training; nothing of that update was applied.
struct NumericError : Error {
  using Error::Error;
};
/// The operating system refused a file; the text holds its reason.
struct IoError : Error {
  using Error::Error;
};
/// A file or a text is not in the form it should be; the text holds the place.
struct FormatError : Error {
  using Error::Error;
};

namespace detail {
/// What is wrong with a number, for callers that do not always throw; empty when all is well.
struct [[nodiscard]] Fault {
  std::string text = {};
  explicit operator bool() const { return !text.empty(); }
};

/// Apart from check(), so that a check costs its caller one branch.
template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(fmt::string_view text, const Args&... args) {
  throw E(fmt::vformat(text, fmt::make_format_args(args...)));
}
}  // namespace detail

/// Throws `E` with the formatted text unless `ok`. The arguments are formatted only then.
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
