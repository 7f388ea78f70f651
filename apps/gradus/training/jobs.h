#pragma once
/// Independent tasks on several threads.

#include <cstddef>
#include <functional>
#include <string>

/// The number that `--jobs` gives; `all` is one for each core. UsageError.
std::size_t read_jobs(const std::string& text);

/// Calls task(i) for each i in [0, count), in order, on at most `jobs` threads. After a signal to a
/// SignalWatch no task begins, and a running one may throw StoppedError. Returns how many tasks
/// were done before the first that was not; rethrows what the first failed one threw. After half a
/// second a bar shows how many `things` are done.
std::size_t do_all(std::size_t count, std::size_t jobs, const char* things,
                   const std::function<void(std::size_t)>& task);
