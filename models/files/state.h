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
/// Members may be numbers, enums with names_of(), optional ones, tensors, structs with `state`,
/// vectors and maps of these.

#include <tuple>

#include <gradus/core/tensor.h>
#include <gradus/models/safetensors.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Numbers as a file holds them.
struct Saved {
  Dtype dtype;
  Shape shape;
  std::string bytes;

  template <Storable T>
  static Saved of(const Shape& shape, std::span<const T> numbers) {
    const StoredTensor stored = StoredTensor::of("", shape, numbers);
    return {stored.dtype, shape, std::string(stored.bytes)};
  }
};
using State = std::map<std::string, Saved, std::less<>>;

/// `folder/name`.
inline std::string below(std::string_view folder, std::string_view name) {
  return std::string(folder).append("/").append(name);
}

template <class T>
concept HasState = requires(T& self) {
  T::state(self, [](auto&&...) {});
};
template <class T>
concept SavedNumber = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, Real>;
/// The type that a number is saved as.
template <class T>
using Stored = std::conditional_t<std::is_integral_v<T> || std::is_enum_v<T>, std::int64_t, double>;
/// Whether the member is this number; an enum, whether it has a value of this number.
template <class T>
bool holds(const T& member, Stored<T> number) {
  if constexpr (std::is_enum_v<T>) return number >= 0 && number < std::ssize(names_of(T()));
  return static_cast<Stored<T>>(member) == number || number != number;
}

/// Writes members into a State, under `prefix/name`.
class StateWriter {
 public:
  StateWriter(State& to, std::string prefix) : to_(to), prefix_(std::move(prefix)) {}

  template <class T>
  void operator()(std::string_view name, const T& member) const {
    const std::string path = below(prefix_, name);
    const StateWriter inside(to_, path);
    if constexpr (HasState<T>) {
      T::state(member, inside);
    } else if constexpr (std::is_same_v<T, Tensor>) {
      to_[path] = Saved::of(member.shape(), member.values());
    } else if constexpr (std::is_same_v<T, Saved>) {
      to_[path] = member;
    } else if constexpr (requires { typename T::mapped_type; }) {
      for (const auto& [key, part] : member) inside(key, part);
    } else if constexpr (SavedNumber<T>) {
      (*this)(name, std::vector{static_cast<Stored<T>>(member)});
    } else if constexpr (requires { member.has_value(); }) {
      (*this)(name, std::vector<typename T::value_type>(member.has_value(), member.value_or(0)));
    } else if constexpr (SavedNumber<typename T::value_type>) {
      const std::vector<Stored<typename T::value_type>> numbers(member.begin(), member.end());
      to_[path] = Saved::of({member.size()}, std::span(std::as_const(numbers)));
    } else {
      inside("count", member.size());
      for (std::size_t i = 0; i < member.size(); ++i) inside(std::to_string(i), member[i]);
    }
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
  void operator()(std::string_view name, T& member) const {
    const std::string path = below(prefix_, name), start = path + "/";
    const StateReader inside(from_, path);
    if constexpr (HasState<T>) {
      T::state(member, inside);
    } else if constexpr (std::is_same_v<T, Tensor>) {
      member = std::make_from_tuple<Tensor>(take<Scalar>(path));
    } else if constexpr (std::is_same_v<T, Saved>) {
      member = std::move(from_.extract(path).mapped());
    } else if constexpr (requires { typename T::mapped_type; }) {
      member.clear();
      for (auto at = from_.lower_bound(start); at != from_.end() && at->first.starts_with(start);) {
        const std::string key = at++->first.substr(start.size());
        inside(key, member[key]);
      }
    } else if constexpr (SavedNumber<T>) {
      const auto numbers = take<Stored<T>>(path).second;
      check<FormatError>(numbers.size() == 1, "load: '{}' must be one number (got {})", path,
                         numbers.size());
      member = static_cast<T>(numbers[0]);
      check<FormatError>(holds(member, numbers[0]), "load: '{}' must fit its type (got {})", path,
                         numbers[0]);
    } else if constexpr (requires { member.has_value(); }) {
      const auto numbers = take<Stored<typename T::value_type>>(path).second;
      check<FormatError>(numbers.size() <= 1, "load: '{}' must be one number or none (got {})",
                         path, numbers.size());
      member = numbers.empty() ? T{} : T(static_cast<typename T::value_type>(numbers[0]));
    } else if constexpr (SavedNumber<typename T::value_type>) {
      const auto numbers = take<Stored<typename T::value_type>>(path).second;
      member.assign(numbers.begin(), numbers.end());
    } else {
      std::size_t count = 0;
      inside("count", count);
      check<FormatError>(count <= from_.size(), "load: '{}/count' is more than the file holds ({})",
                         path, count);
      member.assign(count, {});
      for (std::size_t i = 0; i < count; ++i) inside(std::to_string(i), member[i]);
    }
  }

 private:
  /// The shape and the numbers, which must be of type T: std::int64_t, double or Scalar.
  template <class T>
  std::pair<Shape, std::vector<T>> take(const std::string& path) const {
    const auto found = from_.find(path);
    check<FormatError>(found != from_.end(), "load: '{}' is missing", path);
    const auto& [dtype, shape, bytes] = found->second;
    check<FormatError>(dtype == dtype_of<T>, "load: '{}' is of another type than it must be", path);
    std::pair taken(shape, std::vector<T>(bytes.size() / sizeof(T)));
    StoredTensor{path, dtype, shape, bytes}.copy_to(std::span(taken.second));
    from_.erase(found);
    return taken;
  }
  State& from_;
  std::string prefix_;
};

}}}  // namespace gradus::detail
