/// gradus: the library's one command line.

#include <csignal>

#include "commands/command_line.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `gradus ... | head` ends quietly
  return run_command_line(argc, argv);
}
