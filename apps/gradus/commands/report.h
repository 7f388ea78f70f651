#pragma once
/// gradus report: logged runs on one HTML page.

#include <string>
#include <vector>

struct ReportCommand {
  static constexpr const char* name = "report";
  static constexpr const char* about = "Show logged runs on one HTML page";
  static constexpr const char* help =
      R"help(Writes one HTML page about logged runs: plots of rates and losses, the final
numbers, and the commands that repeat the runs. The page works offline and has
no scripts.

  gradus train --log run.jsonl && gradus report run.jsonl
  gradus report constant.jsonl cosine.jsonl -o both.html \
                --title "Constant and cosine")help";

  std::vector<std::string> runs;
  std::string out = "report.html", title = "Training runs";

  static void options(auto& self, auto&& option) {
    option(self.runs, "runs", "Logs of train --log FILE.jsonl or of JSONLogger", "RUN.jsonl");
    option(self.out, "-o,--out", "File of the page", "FILE.html");
    option(self.title, "--title", "Title of the page", "TEXT");
  }

  std::string run() const;
};
