#pragma once
/// gradus completion: what a shell needs to complete the words of a command.

#include "terminal/command.h"

struct CompletionCommand {
  static constexpr const char* name = "completion";
  static constexpr const char* about = "A script that completes words in a shell";
  static constexpr const char* help =
      R"help(For this shell, and for all to come:

  source <(gradus completion bash)
  gradus completion bash > ~/.local/share/bash-completion/completions/gradus)help";

  std::string shell;

  static void options(auto& self, auto&& option) { option(self.shell, "shell", "bash", "SHELL"); }

  std::string run() const;
};
