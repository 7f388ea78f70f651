#pragma once
/// Boxed: owns an object of any type that implements an interface; a copy of it copies the object.

#include <memory>
#include <utility>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Callback and Optimizer take structs of any type in one way: an abstract `Interface` lists the
/// calls, a template `Held` makes them for one struct, and a Boxed<Interface> owns a Held. Layer
/// has a clone() instead, which copies its listed weights. Schedule, which never changes and holds
/// no tensor, shares its struct. Loss and Metric, which never change, hold a function per call.
template <class Interface>
class Boxed {
 public:
  template <class Held>
  Boxed(std::unique_ptr<Held> held) : held_(std::move(held)), copy_(copy<Held>) {}
  /// A copy of an object that was moved from is empty, too.
  Boxed(const Boxed& other)
      : held_(other.held_ ? other.copy_(*other.held_) : nullptr), copy_(other.copy_) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    std::swap(held_, other.held_);
    std::swap(copy_, other.copy_);
    return *this;
  }
  ~Boxed() = default;

  explicit operator bool() const { return held_ != nullptr; }
  Interface& operator*() const { return *held_; }
  Interface* operator->() const { return held_.get(); }

 private:
  template <class Held>
  static std::unique_ptr<Interface> copy(const Interface& held) {
    return std::make_unique<Held>(static_cast<const Held&>(held));
  }

  std::unique_ptr<Interface> held_;
  std::unique_ptr<Interface> (*copy_)(const Interface&);
};

}}}  // namespace gradus::detail
