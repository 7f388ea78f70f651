/// gradus: the library's one command line.

#include <fcntl.h>

#include <csignal>

#include "commands/command_line.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `gradus ... | head` ends quietly
  std::signal(SIGXFSZ, SIG_IGN);  // under `ulimit -f` a write fails, with an error to report
  // Takes the number of a closed stream, so that no file gets it and what is printed with it.
  for (int stream = 0; stream < 3; ++stream)
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  return run_command_line(argc, argv);
}
