#pragma once
/// gradus report: runs on one page.

#include "terminal/command.h"

struct ReportCommand {
  static constexpr const char* name = "report";
  static constexpr const char* about = "Put logged runs on one page";
  static constexpr const char* help =
      R"help(Makes one HTML page of runs that were logged: their rates and losses in
pictures, their numbers, and the commands that repeat them. The page needs
neither a network nor a script.

  gradus train --log run.jsonl && gradus report run.jsonl
  gradus report constant.jsonl cosine.jsonl -o both.html \
                --title "Constant and cosine")help";

  std::vector<std::string> runs;
  std::string out = "report.html", title = "Training runs";

  static void options(auto& self, auto&& option) {
    option(self.runs, "runs", "Logs, as train --log FILE.jsonl and JSONLogger write them",
           "RUN.jsonl");
    option(self.out, "-o,--out", "The page to write", "FILE.html");
    option(self.title, "--title", "Its title", "TEXT");
  }

  std::string run() const;
};
