#include "terminal/signals.h"

#include <unistd.h>

namespace {

constexpr int watched[] = {SIGINT, SIGTERM};
volatile std::sig_atomic_t recorded = 0;

void record(int signal) {
  if (recorded) _exit(128 + signal);
  recorded = signal;
}

}  // namespace

SignalWatch::SignalWatch() {
  recorded = 0;
  struct sigaction action = {};
  action.sa_handler = record;
  action.sa_flags = SA_RESTART;
  for (int i = 0; i < 2; ++i) {
    sigaction(watched[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(watched[i], &action, nullptr);
  }
}

SignalWatch::~SignalWatch() {
  for (int i = 0; i < 2; ++i) sigaction(watched[i], &before_[i], nullptr);
}

int SignalWatch::caught() const { return recorded; }
