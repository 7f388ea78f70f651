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
  void operator()(std::string_view name, const T& member) { put(name, std::vector<T>{member}); }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& member) {
    put(name, member ? std::vector<T>{*member} : std::vector<T>{});
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, const std::vector<T>& member) { put(name, member); }
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
    T::state(member, StateWriter(to_, path(name)));
  }

 private:
  std::string path(std::string_view name) const { return below(prefix_, name); }
  template <class T>
  void put(std::string_view name, const std::vector<T>& numbers) {
    save(name, std::vector<Stored<T>>(numbers.begin(), numbers.end()));
  }
  void save(std::string_view name, std::vector<std::int64_t> numbers);
  void save(std::string_view name, std::vector<double> numbers);
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
  void operator()(std::string_view name, T& member) const {
    const Stored<T> number = take_one<Stored<T>>(path(name));
    member = static_cast<T>(number);
    check<FormatError>(static_cast<Stored<T>>(member) == number || number != number,
                       "load: '{}' must fit its type (got {})", path(name), number);
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& member) const {
    const auto numbers = take<Stored<T>>(path(name));
    check<FormatError>(numbers.size() <= 1, "load: '{}' must be one number or none (got {})",
                       path(name), numbers.size());
    member.reset();
    if (!numbers.empty()) member = static_cast<T>(numbers[0]);
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, std::vector<T>& member) const {
    const auto numbers = take<Stored<T>>(path(name));
    member.assign(numbers.begin(), numbers.end());
  }
  void operator()(std::string_view name, Tensor& member) const;
  template <class T>
  void operator()(std::string_view name, std::vector<T>& members) const {
    members.assign(count_of(name), T{});
    for (std::size_t i = 0; i < members.size(); ++i)
      (*this)(below(name, std::to_string(i)), members[i]);
  }
  void operator()(std::string_view name, NamedNumbers& members) const;
  template <HasState T>
  void operator()(std::string_view name, T& member) const {
    T::state(member, StateReader(from_, path(name)));
  }

 private:
  std::string path(std::string_view name) const { return below(prefix_, name); }
  /// The numbers, which must be of type T (std::int64_t, double or Scalar), and their shape.
  template <class T>
  std::vector<T> take(const std::string& path, Shape* shape = nullptr) const;
  template <class T>
  T take_one(const std::string& path) const;
  /// The saved count of a vector's elements; FormatError if the file cannot hold them.
  std::size_t count_of(std::string_view name) const;
  State& from_;
  std::string prefix_;
};

}}}  // namespace gradus::detail
