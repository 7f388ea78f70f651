#pragma once
/// gradus report: logged runs and results on one HTML page.

#include <string>
#include <vector>

struct ReportCommand {
  static constexpr const char* name = "report";
  static constexpr const char* about = "Show logged runs and results on one HTML page";
  static constexpr const char* help =
      R"help(Writes one HTML page about logged runs and about results of compare and find-lr:
plots, the final numbers, and the commands that repeat them. The page works
offline, has no scripts, and prints as a handout.

  gradus train --log run.jsonl && gradus report run.jsonl
  gradus report constant.jsonl cosine.jsonl --title "Constant and cosine"
  gradus compare 0.1 "CosineDecay(0.1, 210)" --json > compared.json
  gradus report compared.json run.jsonl -o handout.html)help";

  std::vector<std::string> runs;
  std::string out = "report.html", title = "Training runs";

  static void options(auto& self, auto&& option) {
    option(self.runs, "runs",
           "Logs of train --log FILE.jsonl or of JSONLogger, or what compare --json or "
           "find-lr --json printed",
           "FILE");
    option(self.out, "-o,--out", "File of the page", "FILE.html");
    option(self.title, "--title", "Title of the page", "TEXT");
  }

  std::string run() const;
};
