/// The part of training_run.h that needs threads.
#include <atomic>
#include <future>
#include <mutex>

#include "terminal/command.h"
#include "terminal/terminal.h"
#include "training/training_run.h"

using namespace gradus;
using namespace std::chrono_literals;

std::size_t read_jobs(const std::string& text) {
  if (text == "all") return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(read_whole("--jobs", text, 1, 1024));
}

std::size_t do_all(std::size_t count, std::size_t jobs,
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
      write_stderr(bar(fmt::format("{} of {} runs", done.load(), count),
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

std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t jobs) {
  std::vector<TrainingRun> runs(requests.size());
  std::mutex copying;
  const auto separate = [&](const Problem& problem) {  // a copy that shares no tensor
    const std::lock_guard lock(copying);
    Problem copy = problem;
    for (Tensor* tensor : {&copy.data.x, &copy.data.y})
      *tensor = Tensor(tensor->shape(), tensor->values());
    return copy;
  };
  runs.resize(do_all(runs.size(), jobs, [&](std::size_t i) {
    runs[i] = run_training(separate(*requests[i].problem), requests[i].options);
    runs[i].rates = {};
    runs[i].history = {};
  }));
  return runs;
}
