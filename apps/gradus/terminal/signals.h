#pragma once
/// Ctrl-C (SIGINT) and SIGTERM during training.

#include <csignal>

/// While a SignalWatch lives, the first SIGINT or SIGTERM is only recorded; the second one ends the
/// process at once. A signal that the process ignores stays ignored. At most one object at a time.
class SignalWatch {
 public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  /// The recorded signal, or 0.
  int caught() const;

 private:
  struct sigaction before_[2];
};
