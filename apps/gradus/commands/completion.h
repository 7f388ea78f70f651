#pragma once
/// gradus completion: the script with which a shell completes the words of a command.

#include <string>

struct CompletionCommand {
  static constexpr const char* name = "completion";
  static constexpr const char* about = "Print a script that completes words in a shell";
  static constexpr const char* help =
      R"help(For this shell, and for every new one:

  source <(gradus completion bash)
  gradus completion bash > ~/.local/share/bash-completion/completions/gradus)help";

  std::string shell;

  static void options(auto& self, auto&& option) { option(self.shell, "shell", "bash", "SHELL"); }

  std::string run() const;
};
