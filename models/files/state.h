#pragma once
/// What is saved of things that change while training runs, beside weights: counters, sums, the
/// memory of callbacks. Each lists its state once, for saving and for loading:
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
/// Members may be numbers, optional numbers, vectors of numbers, tensors and vectors of them, and
/// structs with a state of their own.

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

template <class T>
concept HasState = requires(T& self) {
  T::state(self, [](auto&&...) {});
};
/// What a number is saved as.
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
    (*this)(fmt::format("{}/count", name), members.size());
    for (std::size_t i = 0; i < members.size(); ++i)
      (*this)(fmt::format("{}/{}", name, i), members[i]);
  }
  void operator()(std::string_view name,
                  const std::map<std::string, std::vector<double>, std::less<>>& members) {
    for (const auto& [key, numbers] : members) (*this)(fmt::format("{}/{}", name, key), numbers);
  }
  template <HasState T>
  void operator()(std::string_view name, const T& member) {
    T::state(member, StateWriter(to_, path(name)));
  }

 private:
  std::string path(std::string_view name) const { return fmt::format("{}/{}", prefix_, name); }
  template <class T>
  void put(std::string_view name, const std::vector<T>& numbers) {
    to_[path(name)] = {{numbers.size()}, std::vector<Stored<T>>(numbers.begin(), numbers.end())};
  }
  State& to_;
  std::string prefix_;
};

/// Reads members back, and takes what it read out of the State, so that what remains is what nobody
/// asked for. FormatError for what is missing or of another kind.
class StateReader {
 public:
  StateReader(State& from, std::string prefix) : from_(from), prefix_(std::move(prefix)) {}

  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, T& member) const {
    const auto numbers = take<Stored<T>>(path(name));
    check<FormatError>(numbers.size() == 1, "load: '{}' must be one number (got {})", path(name),
                       numbers.size());
    member = static_cast<T>(numbers[0]);
    check<FormatError>(static_cast<Stored<T>>(member) == numbers[0] || numbers[0] != numbers[0],
                       "load: '{}' must fit its type (got {})", path(name), numbers[0]);
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
    std::size_t count = 0;
    (*this)(fmt::format("{}/count", name), count);
    check<FormatError>(count <= from_.size(), "load: '{}/count' is more than the file holds ({})",
                       path(name), count);
    members.assign(count, T{});
    for (std::size_t i = 0; i < count; ++i) (*this)(fmt::format("{}/{}", name, i), members[i]);
  }
  void operator()(std::string_view name,
                  std::map<std::string, std::vector<double>, std::less<>>& members) const;
  template <HasState T>
  void operator()(std::string_view name, T& member) const {
    T::state(member, StateReader(from_, path(name)));
  }

 private:
  std::string path(std::string_view name) const { return fmt::format("{}/{}", prefix_, name); }
  /// The numbers, which must be of type T, and their shape.
  template <class T>
  std::vector<T> take(const std::string& path, Shape* shape = nullptr) const {
    const auto found = from_.find(path);
    check<FormatError>(found != from_.end(), "load: '{}' is missing", path);
    std::vector<T>* numbers = std::get_if<std::vector<T>>(&found->second.numbers);
    check<FormatError>(numbers != nullptr, "load: '{}' is of another type than it must be", path);
    if (shape) *shape = found->second.shape;
    std::vector<T> taken = std::move(*numbers);
    from_.erase(found);
    return taken;
  }
  State& from_;
  std::string prefix_;
};

}}}  // namespace gradus::detail
