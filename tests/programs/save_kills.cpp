/// Processes that are killed at a random moment while they save; processes and threads that save to
/// one path. The file must always be one of those that were saved, and the next save must leave
/// nothing beside it.

#include <fmt/core.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gradus/models/safetensors.h>

namespace {

using namespace gradus;
using namespace gradus::detail;
namespace fs = std::filesystem;

constexpr std::size_t count = 1 << 18;  // of floats: 1 MiB

void save(const std::string& path, float number) {
  const std::vector<float> numbers(count, number);
  save_tensors(path, {{}, {StoredTensor::of<float>("w", {count}, std::span(numbers))}});
}

/// The number that a file was saved with; -1 if it is not as it was saved.
float saved_number(const std::string& path) try {
  const TensorFile file = load_tensors(path);
  std::vector<float> numbers(count);
  file.tensors.at(0).copy_to(std::span(numbers));
  for (const float number : numbers)
    if (number != numbers[0]) return -1;
  return numbers[0];
} catch (const std::exception& e) {
  fmt::print("{}\n", e.what());
  return -1;
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

bool kills(const fs::path& folder) {
  const std::string path = folder / "m.safetensors";
  std::mt19937 random(7);
  save(path, 0);
  int corrupt = 0, left = 0, stale = 0, changed = 0;
  for (int round = 0; round < 200; ++round) {
    const pid_t child = fork();
    if (child == 0)
      for (float number = 1;; number = 3 - number) save(path, number);
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<int>(1'000, 30'000)(random)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const float number = saved_number(path);
    if (number != 0 && number != 1 && number != 2) ++corrupt;
    if (number != 0) ++changed;
    if (files_in(folder) > 1) ++left;
    save(path, 0);
    if (files_in(folder) > 1) ++stale;
  }
  fmt::print("200 kills: {} with a new file, {} corrupt; {} left a temporary, {} after a save\n",
             changed, corrupt, left, stale);
  // Without a kill in the middle of a save this has shown nothing.
  return corrupt == 0 && stale == 0 && left > 0;
}

bool two_processes(const fs::path& folder) {
  const std::string path = folder / "m.safetensors";
  save(path, 1);
  std::vector<pid_t> children;
  for (const int number : {1, 2}) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    int status = 0;
    try {
      for (int i = 0; i < 100; ++i) save(path, static_cast<float>(number));
    } catch (const std::exception& e) {
      fmt::print("{}\n", e.what());
      status = 1;
    }
    _exit(status);
  }
  int reads = 0, bad = 0, running = 2, status = 0;
  while (running > 0) {
    const float number = saved_number(path);
    ++reads;
    if (number != 1 && number != 2) ++bad;
    while (running > 0 && waitpid(-1, &status, WNOHANG) > 0) {
      --running;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++bad;
    }
  }
  fmt::print("two processes, 100 saves each, {} reads: {} wrong, {} files left\n", reads, bad,
             files_in(folder));
  return bad == 0 && files_in(folder) == 1;
}

bool four_threads(const fs::path& folder) {
  const std::string path = folder / "m.safetensors";
  std::atomic<int> bad = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      try {
        for (int i = 0; i < 50; ++i) {
          save(path, static_cast<float>(t));
          const float number = saved_number(path);
          if (number < 0 || number > 3) ++bad;
        }
      } catch (const std::exception& e) {
        fmt::print("{}\n", e.what());
        ++bad;
      }
    });
  for (std::thread& thread : threads) thread.join();
  fmt::print("four threads, 50 saves each: {} wrong, {} files left\n", bad.load(),
             files_in(folder));
  return bad == 0 && files_in(folder) == 1;
}

}  // namespace

int main() {
  std::string folder = fs::temp_directory_path() / "gradus-kills-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  bool good = kills(folder);
  good = two_processes(folder) && good;
  good = four_threads(folder) && good;
  fs::remove_all(folder);
  return good ? 0 : 1;
}
