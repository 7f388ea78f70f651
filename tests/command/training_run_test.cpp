#include "training/training_run.h"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "command/in_process.h"
#include "terminal/command.h"
#include "terminal/terminal.h"

TEST_CASE("each task is done once, at any number of jobs") {
  for (const std::size_t jobs : {1u, 2u, 3u, 50u}) {
    std::vector<std::atomic<int>> times(20);
    CHECK(do_all(20, jobs, [&](std::size_t i) { ++times[i]; }) == 20);
    for (const auto& n : times) CHECK(n == 1);
  }
  CHECK(do_all(0, 4, [](std::size_t) { FAIL("no task"); }) == 0);
}

TEST_CASE("the caller gets what the first failed task threw, at any number of jobs") {
  for (const std::size_t jobs : {1u, 2u, 3u}) {
    std::atomic<int> done = 0;
    const auto task = [&](std::size_t i) {
      if (i >= 5) throw std::runtime_error(std::to_string(i));
      ++done;
    };
    CHECK_THROWS_WITH(do_all(1000, jobs, task), "5");
    CHECK(done == 5);
  }
}

TEST_CASE("after a signal no task begins, and those before it count") {
  for (const std::size_t jobs : {1u, 2u}) {
    const SignalWatch signals;
    std::atomic<int> begun = 0;
    const auto task = [&](std::size_t i) {
      ++begun;
      if (i == 3) std::raise(SIGINT);
      if (i == 3) throw StoppedError(SignalWatch::caught(), "here");
    };
    CHECK(do_all(1000, jobs, task) == 3);
    CHECK(begun < 1000);
    CHECK(SignalWatch::caught() == SIGINT);
  }
  CHECK(SignalWatch::caught() == 0);  // none is watched
}

TEST_CASE("compare prints the same bits at any number of jobs") {
  for (const std::string data : {"line", "moons"}) {
    const auto compared = [&](const std::string& jobs) {
      const in_process::Outcome got =
          in_process::call({"compare", "0.1", "CosineDecay(0.2, 40)", "1e6", "--data", data,
                            "--layers", data == "line" ? "none" : "4", "--steps", "40", "--seeds",
                            "5", "--json", "--jobs", jobs});
      CHECK(got.code == 0);
      CHECK(got.err.empty());
      return got.out;
    };
    const std::string one = compared("1");
    CHECK(one.find("\"diverged\":5") != one.npos);
    CHECK(compared("2") == one);
    CHECK(compared("3") == one);
    CHECK(compared("all") == one);
  }
}
