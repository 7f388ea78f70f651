#pragma once
/// gradus playground: the page that trains in a browser.

#include "training/contenders.h"

struct PlaygroundCommand {
  static constexpr const char* name = "playground";
  static constexpr const char* about = "Write a page that trains in a browser, offline";
  static constexpr const char* help =
      R"help(Writes one HTML page that trains with gradus itself, compiled for the browser,
and has a slider for each number of up to 4 schedules. The address that is
printed opens the page with these schedules and options.

  gradus playground
  gradus playground 0.3 "CosineDecay(0.3, 210)" --data line --layers none \
                    --batch-size 4
  gradus playground "OneCycle(0.5, 210)" -o handout.html)help";

  std::vector<std::string> expressions;
  std::string out = "gradus.html";
  ContenderOptions chosen;

  static void options(auto& self, auto&& option) {
    option(self.expressions, "schedule", "Schedules, or optimizers with schedules", "EXPR");
    option(self.out, "-o,--out", "File of the page", "FILE.html");
    option(self.chosen.problem.data.name, "--data",
           fmt::format("{}", fmt::join(data_names(), ", ")), "NAME");
    option(self.chosen.steps, "--steps", "Updates; without it, 210", "N");
    NetworkOptions::options(self.chosen.problem.network, option);
  }

  std::string run() const;
};
