#pragma once
/// gradus demo: a bundled problem, trained in a few milliseconds.

#include "pictures/plot_file.h"

struct DemoCommand {
  static constexpr const char* name = "demo";
  static constexpr const char* about = "Train a bundled problem: a first look";
  static constexpr const char* help =
      R"help(Trains a bundled problem with a staircase rate, and shows rate and loss, the C++
that does the same, and what to try next.

  gradus demo
  gradus demo digits
  gradus demo moons --plot moons.svg)help";

  std::string problem = "line";
  LookOptions look;

  static void options(auto& self, auto&& option) {
    option(self.problem, "problem", "line, ravine, xor, moons, spirals, blobs or digits", "NAME");
    LookOptions::options(self.look, option);
  }

  std::string run() const;
};
