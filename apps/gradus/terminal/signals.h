#pragma once
/// Ctrl-C, and what a system sends to have a program ended.

#include <csignal>

/// While it lives, the first SIGINT or SIGTERM is only noted; the second ends the process at once.
/// A signal that was ignored stays ignored. One at a time.
class SignalWatch {
 public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  /// The signal noted, or 0.
  int caught() const;

 private:
  struct sigaction before_[2];
};
