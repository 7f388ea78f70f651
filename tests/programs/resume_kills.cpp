/// Training that is killed with SIGKILL again and again, and started again each time. Its last
/// checkpoint must be, byte for byte, that of training which nobody killed.

#include <fmt/core.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>

#include <gradus/gradus.h>

namespace {

using namespace gradus;
namespace fs = std::filesystem;

constexpr const char* optimizers[] = {
    "Adam(CosineDecay(initial_learning_rate=0.05, decay_steps=300))",
    "ScheduleFreeSGD(learning_rate=2, warmup_steps=20, weight_decay=0.001, r=1)",
    "ScheduleFreeAdamW(learning_rate=0.05, gradient_accumulation_steps=3)"};

void train(const char* optimizer, const fs::path& folder) {
  const Dataset data = make_moons({.rows = 53, .noise = 0.2, .seed = 1});
  Sequential model{Dense{8, tanh}, Dropout{.rate = 0.1}, Dense{.units = 2}};
  model.compile({.optimizer = parse_optimizer(optimizer),
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = 3});
  const ReduceLROnPlateau plateau{
      .monitor = "loss", .factor = 0.8, .patience = 3, .min_delta = 0.05};
  model.fit(data.x, data.y,
            {.batch_size = 8,
             .epochs = 60,
             .verbose = 0,
             .callbacks = {plateau, BackupAndRestore{folder / "backup", 1}}});
  model.save(folder / "last");
}

/// Runs train() in processes, each killed before long, until one gets to the end.
int trains_with_kills(const char* optimizer, const fs::path& folder) {
  std::mt19937 random(5);
  for (int kills = 0;; ++kills) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        train(optimizer, folder);
        _exit(0);
      } catch (const std::exception& e) {
        fmt::print(stderr, "{}\n", e.what());
        _exit(1);
      }
    }
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::microseconds(std::uniform_int_distribution<int>(
                         2'000, kills < 100 ? 25'000 : 60'000'000)(random));
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 &&
           std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    if (ended == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? kills : -1;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether a run with kills ends with the same file as one without.
bool resumes(const char* optimizer) {
  std::string name = (fs::temp_directory_path() / "gradus-kills-XXXXXX").string();
  if (!mkdtemp(name.data())) return false;
  const fs::path folder = name;
  fs::create_directory(folder / "whole");
  fs::create_directory(folder / "killed");
  train(optimizer, folder / "whole");
  const int kills = trains_with_kills(optimizer, folder / "killed");
  const std::string whole = bytes_of(folder / "whole/last"),
                    killed = bytes_of(folder / "killed/last");
  const bool same = !whole.empty() && whole == killed;
  fmt::print("{}: {} kills; the last checkpoint, {} bytes, is {}\n", optimizer, kills, whole.size(),
             same ? "the same" : "another");
  fs::remove_all(folder);
  return same && kills > 0;
}

}  // namespace

int main() {
  bool all = true;
  for (const char* optimizer : optimizers) all = resumes(optimizer) && all;
  return all ? 0 : 1;
}
