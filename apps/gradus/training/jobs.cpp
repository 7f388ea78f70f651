#include "training/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "terminal/command.h"
#include "terminal/terminal.h"
#include "terminal/text.h"
#include "training/train_callbacks.h"

using namespace std::chrono_literals;

std::size_t read_jobs(const std::string& text) {
  if (text == "all") return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(read_whole("--jobs", text, 1, 1024));
}

std::size_t do_all(std::size_t count, std::size_t jobs, const char* things,
                   const std::function<void(std::size_t)>& task) {
  std::vector<std::exception_ptr> errors(count);
  std::atomic<std::size_t> next = 0, done = 0;
  const auto work = [&] {
    for (std::size_t i; !SignalWatch::caught() && (i = next++) < count;) try {
        task(i);
        ++done;
      } catch (...) {
        errors[i] = std::current_exception();
        next = count;  // all before it have begun: one of them may still be the first to fail
      }
  };
  EraseBar erase(false);
  std::vector<std::future<void>> threads;
  while (threads.size() < std::min(count, jobs))
    threads.push_back(std::async(std::launch::async, work));
  auto wait = 500ms;
  for (const std::future<void>& thread : threads)
    for (; thread.wait_for(wait) != std::future_status::ready; wait = 50ms) {
      if (!can_redraw()) continue;
      erase.drawn = true;
      write_stderr(bar(fmt::format("{} of {} {}", done.load(), count, things),
                       static_cast<double>(done) / static_cast<double>(count)));
    }
  const auto failed =
      std::ranges::find_if(errors, [](const auto& error) { return error != nullptr; });
  if (failed == errors.end()) return std::min(next.load(), count);
  try {
    std::rethrow_exception(*failed);
  } catch (const StoppedError&) {
    return static_cast<std::size_t>(failed - errors.begin());
  }
}
