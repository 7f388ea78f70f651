#pragma once
/// The state of training besides weights: counters, sums, the memory of callbacks. A struct lists
/// its state once, for saving and for loading:
///
///     struct EarlyStopping {
///       int wait = 0;
///       std::optional<double> best;
///       static void state(auto& self, auto&& field) {
///         field("wait", self.wait);
///         field("best", self.best);
///       }
///     };
///
/// Members may be numbers, optional numbers, tensors, structs with `state`, and vectors of these.

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <gradus/core/error.h>
#include <gradus/core/fields.h>
#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Numbers as a file holds them.
struct Saved {
  Shape shape;
  std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<float>> numbers;
};
using State = std::map<std::string, Saved, std::less<>>;
using NamedNumbers = std::map<std::string, std::vector<double>, std::less<>>;

/// `folder/name`.
std::string below(std::string_view folder, std::string_view name);

template <class T>
concept HasState = requires(T& self) {
  T::state(self, [](auto&&...) {});
};
/// The type that a number is saved as.
template <class T>
using Stored = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;

/// Writes members into a State, under `prefix/name`.
class StateWriter {
 public:
  StateWriter(State& to, std::string prefix) : to_(to), prefix_(std::move(prefix)) {}

  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, const std::vector<T>& member) {
    to_[below(prefix_, name)] = {{member.size()},
                                 std::vector<Stored<T>>(member.begin(), member.end())};
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, const T& member) { (*this)(name, std::vector{member}); }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& member) {
    (*this)(name, member ? std::vector{*member} : std::vector<T>{});
  }
  void operator()(std::string_view name, const Tensor& member);
  template <class T>
  void operator()(std::string_view name, const std::vector<T>& members) {
    (*this)(below(name, "count"), members.size());
    for (std::size_t i = 0; i < members.size(); ++i)
      (*this)(below(name, std::to_string(i)), members[i]);
  }
  void operator()(std::string_view name, const NamedNumbers& members);
  template <HasState T>
  void operator()(std::string_view name, const T& member) {
    T::state(member, StateWriter(to_, below(prefix_, name)));
  }

 private:
  State& to_;
  std::string prefix_;
};

/// Reads members back and removes them from the State, so that the rest is what no member asked
/// for. FormatError for a member that is missing or has another type.
class StateReader {
 public:
  StateReader(State& from, std::string prefix) : from_(from), prefix_(std::move(prefix)) {}

  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, std::vector<T>& member) const {
    const auto numbers = take<Stored<T>>(name);
    member.assign(numbers.begin(), numbers.end());
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, T& member) const {
    const auto numbers = take<Stored<T>>(name);
    check<FormatError>(numbers.size() == 1, "load: '{}' must be one number (got {})",
                       below(prefix_, name), numbers.size());
    member = static_cast<T>(numbers[0]);
    check<FormatError>(static_cast<Stored<T>>(member) == numbers[0] || numbers[0] != numbers[0],
                       "load: '{}' must fit its type (got {})", below(prefix_, name), numbers[0]);
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& member) const {
    const auto numbers = take<Stored<T>>(name);
    check<FormatError>(numbers.size() <= 1, "load: '{}' must be one number or none (got {})",
                       below(prefix_, name), numbers.size());
    member.reset();
    if (!numbers.empty()) member = static_cast<T>(numbers[0]);
  }
  void operator()(std::string_view name, Tensor& member) const;
  template <class T>
  void operator()(std::string_view name, std::vector<T>& members) const {
    std::size_t count = 0;
    (*this)(below(name, "count"), count);
    check<FormatError>(count <= from_.size(), "load: '{}/count' is more than the file holds ({})",
                       below(prefix_, name), count);
    members.assign(count, T{});
    for (std::size_t i = 0; i < count; ++i) (*this)(below(name, std::to_string(i)), members[i]);
  }
  void operator()(std::string_view name, NamedNumbers& members) const;
  template <HasState T>
  void operator()(std::string_view name, T& member) const {
    T::state(member, StateReader(from_, below(prefix_, name)));
  }

 private:
  /// The numbers, which must be of type T (std::int64_t, double or Scalar), and their shape.
  template <class T>
  std::vector<T> take(std::string_view name, Shape* shape = nullptr) const;
  State& from_;
  std::string prefix_;
};

}}}  // namespace gradus::detail
