#include "commands/report.h"

#include <fmt/format.h>
#include <gradus/models/file.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "pictures/plot_file.h"
#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/option_words.h"
#include "terminal/text.h"
#include "training/run_log.h"

namespace {

using Logs = std::vector<RunLog>;

/// The names of the runs in legends: file names, or whole paths where file names are equal.
std::vector<std::string> legend_names(const Logs& logs) {
  std::vector<std::string> out;
  for (const RunLog& log : logs) {
    std::string name = std::filesystem::path(log.path).stem();
    for (const RunLog& other : logs)
      if (&other != &log && std::filesystem::path(other.path).stem() == name) name = log.path;
    out.push_back(clean(name));
  }
  return out;
}

bool has_values(const Series& series) {
  return std::any_of(series.values.begin(), series.values.end(),
                     [](double v) { return can_be_drawn(v, false); });
}

/// A series and the label of its axis.
struct Drawn {
  const char *name, *axis;
};

/// Adds a panel for the first of the choices that any run has.
void add_panel(std::vector<Panel>& panels, const Logs& logs, bool by_step,
               const std::vector<Drawn>& choices) {
  const std::vector<std::string> labels = legend_names(logs);
  for (const auto& [name, axis] : choices) {
    LinesPlot plot{.x_name = by_step ? "update" : "epoch", .y_name = axis, .lines = {}};
    std::vector<double> all;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      // A run without the series keeps its colour, and is not in the legend.
      Line& line = plot.lines.emplace_back(Line{"", {0}, {NAN}});
      const Series* series = logs[i].find(by_step, name);
      if (!series || !has_values(*series)) continue;
      line = thinned({labels[i], series->at, series->values});
      all.insert(all.end(), line.y.begin(), line.y.end());
    }
    if (all.empty()) continue;
    plot.log_y = name != std::string_view("learning_rate") && spread_far(all);
    plot.from_zero = true;
    panels.push_back({name, plot});
    return;
  }
}

/// Plots by update if every run has updates, otherwise by epoch; by both if neither shows every
/// run.
std::vector<Panel> make_panels(const Logs& logs) {
  const bool updates =
      std::ranges::none_of(logs, [](const auto& log) { return log.by_step.empty(); });
  const bool epochs =
      std::ranges::none_of(logs, [](const auto& log) { return log.by_epoch.empty(); });
  std::vector<Panel> panels;
  for (const bool by_step : {true, false}) {
    if (by_step ? !updates && epochs : updates) continue;
    add_panel(panels, logs, by_step, {{"learning_rate", "learning rate"}});
    add_panel(panels, logs, by_step,
              {{"loss", by_step ? "loss, mean of the epoch so far" : "loss, mean of the epoch"},
               {"batch_loss", "loss on the rows of each update"}});
  }
  add_panel(panels, logs, false, {{"val_loss", "loss on held-out rows"}});
  return panels;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// The SVG of gnuplot as part of a page: without the XML header, and with black replaced by the
/// colour of text. Only tags change, never the text between them.
std::string inline_svg(const std::string& svg) {
  std::string out;
  for (std::size_t at = svg.find("<svg"); at < svg.size();) {
    const std::size_t end = std::min(svg.find(svg[at] == '<' ? '>' : '<', at), svg.size());
    std::string piece = svg.substr(at, end - at);
    if (svg[at] == '<') {
      for (const char* black :
           {"rgb(  0,   0,   0)", "rgb( 96,  96,  96)", "rgb(96,96,96)", "black"})
        replace(piece, black, "currentColor");
      replace(piece, "rgb(228, 228, 228)", "rgb(128, 128, 128)");
      replace(piece, "rgb(  0, 114, 178)", "rgb(0,114,178)");
    }
    out += piece;
    at = end;
  }
  return out;
}

std::string number(double v) { return std::isfinite(v) ? fmt::format("{:.4g}", v) : "none"; }

double minimum(const Series& series) {
  double least = NAN;
  for (const double v : series.values)
    if (!(least <= v)) least = std::isnan(v) ? least : v;
  return least;
}

std::string row(const std::vector<std::string>& cells, const char* kind) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += fmt::format("<{0}>{1}</{0}>", kind, xml_text(cell));
  return out + "</tr>\n";
}

/// A table of the last numbers of each run.
std::string results(const Logs& logs) {
  const std::vector<std::string> labels = legend_names(logs);
  std::vector<std::string> names;
  const auto series_of = [](const RunLog& log) -> const std::vector<Series>& {
    return log.by_epoch.empty() ? log.by_step : log.by_epoch;
  };
  for (const RunLog& log : logs)
    for (const Series& series : series_of(log))
      if (std::find(names.begin(), names.end(), series.name) == names.end())
        names.push_back(series.name);

  std::vector<std::string> head{"run", "updates", "epochs"};
  for (const std::string& name : names) head.push_back("last " + name);
  head.insert(head.end(), {"lowest loss", "seconds"});
  std::string out = "<table>\n" + row(head, "th");
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const RunLog& log = logs[i];
    const auto done = [](const std::vector<Series>& all) {
      return all.empty() ? "" : fmt::format("{:.0f}", all[0].at.back());
    };
    std::vector<std::string> cells{labels[i], done(log.by_step), done(log.by_epoch)};
    const Series* losses = nullptr;
    for (const std::string& name : names) {
      const Series* found = log.find(log.by_epoch.empty(), name);
      cells.push_back(found ? number(found->values.back()) : "");
      if (name == "loss") losses = found;
    }
    cells.push_back(losses ? number(minimum(*losses)) : "");
    cells.push_back(fmt::format("{:.3g}", log.seconds));
    out += row(cells, "td");
  }
  return out + "</table>\n";
}

std::string run_section(const RunLog& log, const std::string& label) {
  std::string out = fmt::format("<section>\n<h2>{}</h2>\n", xml_text(label));
  if (log.cut) out += "<p>The log ends in the middle of a line: the run was cut short.</p>\n";
  out += log.facts.empty() ? "<p>The log does not say what was trained.</p>\n" : "<table>\n";
  for (const auto& [key, fact] : log.facts)
    out += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n",
                       xml_text(key == "gradus" ? "gradus version" : key), xml_text(fact));
  out += log.facts.empty() ? "" : "</table>\n";
  if (log.command.empty()) return out + "</section>\n";
  return out + fmt::format("<p>To run it again:</p>\n<pre>{}</pre>\n</section>\n",
                           xml_text(shell_line(log.command)));
}

constexpr const char* style = R"css(
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fdfdfb; --line: #c9c9c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececea; --paper: #181a1b; --line: #4a4d4f; }
  [stroke="rgb(0,114,178)"] { stroke: #3f9bd8; }
}
body { color: var(--ink); background: var(--paper); font: 1.15rem/1.5 system-ui, sans-serif;
       max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 2rem; } h2 { font-size: 1.4rem; margin-top: 2.5rem; }
figure { margin: 0; } svg { width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid var(--line); }
pre { overflow-x: auto; padding: 0.7rem; border: 1px solid var(--line); border-radius: 0.3rem; }
)css";

std::string page(const Logs& logs, const std::string& title, const std::string& svg) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
      xml_text(title), style);
  if (!svg.empty()) out += fmt::format("<figure>\n{}</figure>\n", svg);
  out += fmt::format("<h2>Results</h2>\n<div class=\"wide\">\n{}</div>\n", results(logs));
  const std::vector<std::string> labels = legend_names(logs);
  for (std::size_t i = 0; i < logs.size(); ++i) out += run_section(logs[i], labels[i]);
  return out + "</body>\n</html>\n";
}

}  // namespace

std::string ReportCommand::run() const {
  check<UsageError>(!runs.empty(), "give a log, such as run.jsonl; see gradus train --log");
  check<UsageError>(std::ranges::none_of(out, is_control) && !out.empty(),
                    "--out: must be a file name without control characters");
  for (const std::string& path : runs)
    check<UsageError>(!same_file(out, path), "--out: must not be one of the logs (got '{}')", out);
  Logs logs;
  for (const std::string& path : runs) logs.push_back(read_run_log(path));
  const std::vector<Panel> panels = make_panels(logs);
  const std::string svg = panels.empty() ? "" : inline_svg(to_svg(panels, out));
  const std::string html = page(logs, title, svg);
  gradus::detail::write_file(out, {html});
  return fmt::format("wrote {}\n", out);
}
