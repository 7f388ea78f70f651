#pragma once
/// Work on a thread with a stack so small that anything recursive would overflow it.

#include <fmt/core.h>
#include <pthread.h>

#include <cstddef>
#include <utility>

/// The program's exit code: 0 if work() returned true, 77 where there can be no such thread.
inline int on_small_stack(std::size_t kibibytes, bool (*work)()) {
  std::pair<bool (*)(), bool> task{work, false};
  const auto run = [](void* it) -> void* {
    auto& [function, good] = *static_cast<std::pair<bool (*)(), bool>*>(it);
    good = function();
    return nullptr;
  };
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0 ||
      pthread_attr_setstacksize(&attributes, kibibytes << 10) != 0 ||
      pthread_create(&thread, &attributes, run, &task) != 0) {
    fmt::print("no thread with a small stack: skipped\n");
    return 77;
  }
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  fmt::print("{}\n", task.second ? "as it should be" : "WRONG");
  return task.second ? 0 : 1;
}
