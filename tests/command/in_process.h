#pragma once
/// Calls the command line like a function and returns its exit code and output.

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "commands/command_line.h"

namespace in_process {  // its names would clash with those of the commands

struct Outcome {
  int code;
  std::string out, err;
};

/// Sends stdout or stderr to a file until the end of its scope.
class Redirected {
 public:
  explicit Redirected(int descriptor) : descriptor_(descriptor), before_(dup(descriptor)) {
    file_ = std::tmpfile();
    dup2(fileno(file_), descriptor_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() {
    dup2(before_, descriptor_);
    close(before_);
    std::fclose(file_);
  }
  std::string text() const {
    std::string all;
    char piece[4096];
    std::rewind(file_);
    for (std::size_t n; (n = std::fread(piece, 1, sizeof piece, file_)) > 0;) all.append(piece, n);
    return all;
  }

 private:
  int descriptor_, before_;
  std::FILE* file_;
};

inline Outcome call(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"gradus"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  std::fflush(nullptr);  // earlier output belongs to the caller
  const Redirected out(STDOUT_FILENO), err(STDERR_FILENO);
  const int code = run_command_line(static_cast<int>(argv.size()) - 1, argv.data());
  std::cout.flush();
  std::fflush(nullptr);
  return {code, out.text(), err.text()};
}

/// Whether the call ended as every call must: without an error; or with one line about it and
/// nothing on stdout; or, for training that fails, with such a line last.
inline bool as_it_should(const Outcome& outcome) {
  const auto& [code, out, err] = outcome;
  const std::string start = "gradus: error: ";
  const std::size_t line = err.size() < 2 ? err.npos : err.rfind('\n', err.size() - 2);
  const std::string last = err.substr(line == err.npos ? 0 : line + 1);
  if (code == 0) return err.find(start) == err.npos;
  const bool reported =
      last.starts_with(start) && last.size() > start.size() + 1 && last.ends_with('\n');
  if (code == 3) return reported;  // `compare` shows the runs that diverged
  if (code == 2) return reported && err == last && out.empty();
  return code == 1 && reported && out.empty() &&
         (last.find("schedule returned") != last.npos || last.find(" returned ") != last.npos ||
          last.find("number type") != last.npos);
}

}  // namespace in_process
