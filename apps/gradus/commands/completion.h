#pragma once
/// gradus completion: the script with which a shell completes the words of a command.

#include <string>

struct CompletionCommand {
  static constexpr const char* name = "completion";
  static constexpr const char* about = "Print a script that completes words in a shell";
  static constexpr const char* help =
      R"help(For this shell, and for every new one:

  source <(gradus completion bash)        # or zsh
  gradus completion fish | source
  gradus completion bash > ~/.local/share/bash-completion/completions/gradus
  gradus completion fish > ~/.config/fish/completions/gradus.fish

Type a quote first to complete names in an expression: "linear(0, 0.1, 9) >> Cos)help";

  std::string shell;

  static void options(auto& self, auto&& option) {
    option(self.shell, "shell", "bash, zsh or fish", "SHELL");
  }

  std::string run() const;
};
