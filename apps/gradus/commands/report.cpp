#include "commands/report.h"

#include <gradus/models/file.h>

#include <filesystem>

#include "commands/find_lr.h"
#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/option_words.h"
#include "training/run_log.h"
#include "training/training_run.h"

using namespace gradus;

namespace {

using Logs = std::vector<RunLog>;

bool has_values(const Series& series) {
  return std::any_of(series.values.begin(), series.values.end(),
                     [](double v) { return can_be_drawn(v, false); });
}

bool moves(const Series* series) {
  return series && std::ranges::adjacent_find(series->values, std::ranges::not_equal_to()) !=
                       series->values.end();
}

/// A series and the label of its axis.
struct Drawn {
  const char *name, *axis;
};

/// Adds a panel for the first of the choices that any run has.
void add_panel(std::vector<Panel>& panels, const Result& part, bool by_step,
               const std::vector<Drawn>& choices) {
  const Logs& logs = part.entries;
  for (const auto& [name, axis] : choices) {
    LinesPlot plot{.x_name = by_step ? "update" : "epoch", .y_name = axis};
    std::vector<double> all;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      // A run without the series keeps its colour, and is not in the legend.
      Line& line = plot.lines.emplace_back(Line{"", {0}, {NAN}});
      const Series* series = logs[i].find(by_step, name);
      if (!series || !has_values(*series)) continue;
      line = thinned({logs[i].label, series->at, series->values});
      if (name == std::string_view("losses"))  // of a run that diverged: to where it left
        for (double& y : line.y)
          if (!(y <= TrainingRun::far_above * series->values[0])) y = NAN;
      all.insert(all.end(), line.y.begin(), line.y.end());
    }
    if (all.empty()) continue;
    plot.log_y = std::string_view(axis).starts_with("loss") && spread_far(all);
    plot.from_zero = true;
    panels.push_back({name, plot});
    return;
  }
}

/// The picture of find-lr; nothing for other results.
std::vector<Panel> rate_panel(const RunLog& about) {
  const Series *rates = about.find(true, "rates"), *losses = about.find(true, "smoothed");
  if (!rates || !losses || !has_values(*losses) || losses->values.size() < 2 ||
      rates->values.size() != losses->values.size())
    return {};
  LinesPlot plot = range_test_plot(rates->values, losses->values);
  for (const auto& [key, fact] : about.facts)
    if (key == "valley" || key == "steep" || key == "minimum" || key == "stable")
      plot.marks.push_back({key, std::strtod(fact.c_str(), nullptr)});
  return {{"loss", plot}};
}

/// Plots by update if every run has updates, otherwise by epoch; by both if neither shows every
/// run.
std::vector<Panel> make_panels(const Result& part) {
  const Logs& logs = part.entries;
  const bool updates =
      std::ranges::none_of(logs, [](const auto& log) { return log.by_step.empty(); });
  const bool epochs =
      std::ranges::none_of(logs, [](const auto& log) { return log.by_epoch.empty(); });
  std::vector<Panel> panels = rate_panel(part.about);
  for (const bool by_step : {true, false}) {
    if (by_step ? !updates && epochs : updates) continue;
    add_panel(panels, part, by_step,
              {{"learning_rate", "learning rate"}, {"rates", "learning rate"}});
    if (std::ranges::any_of(
            logs, [&](const RunLog& log) { return moves(log.find(by_step, "momentum")); }))
      add_panel(panels, part, by_step, {{"momentum", "momentum"}});
    add_panel(panels, part, by_step,
              {{"loss", by_step ? "loss, mean of the epoch so far" : "loss, mean of the epoch"},
               {"batch_loss", "loss on the rows of each update"},
               {"losses", "loss on all rows, mean over seeds"}});
    add_panel(panels, part, by_step, {{"accuracies", "accuracy on all rows, mean over seeds"}});
    add_panel(panels, part, by_step, {{"sharpness", "greatest curvature"}});
    add_panel(panels, part, by_step, {{"gradient_noise", "noise scale of the gradient, rows"}});
  }
  add_panel(panels, part, false, {{"val_loss", "loss on held-out rows"}});
  return panels;
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
        piece = replaced(piece, black, "currentColor");
      piece = replaced(piece, "rgb(228, 228, 228)", "rgb(128, 128, 128)");
      piece = replaced(piece, "rgb(  0, 114, 178)", "rgb(0,114,178)");
    }
    out += piece;
    at = end;
  }
  return out;
}

std::string number(double v) { return std::isfinite(v) ? fmt::format("{:.4g}", v) : "none"; }

std::string row(const std::vector<std::string>& cells, const char* kind) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out += fmt::format("<{0}>{1}</{0}>", kind, xml_text(cell));
  return out + "</tr>\n";
}

using Cells = std::vector<std::pair<std::string, std::string>>;

/// The last numbers of a run.
Cells last_numbers(const RunLog& log) {
  const auto done = [](const std::vector<Series>& all) {
    return all.empty() ? "" : fmt::format("{:.0f}", all[0].at.back());
  };
  const Series* losses = log.find(log.by_epoch.empty(), "loss");
  double least = NAN;
  for (const double loss : losses ? losses->values : std::vector<double>())
    least = std::fmin(least, loss);
  Cells cells{{"updates", done(log.by_step)},
              {"epochs", done(log.by_epoch)},
              {"seconds", fmt::format("{:.3g}", log.seconds)},
              {"lowest loss", losses ? number(least) : ""}};
  for (const Series& series : log.by_epoch.empty() ? log.by_step : log.by_epoch)
    cells.emplace_back("last " + series.name, number(series.values.back()));
  return cells;
}

/// A table with a row for each run and a column for each number that any run has.
std::string results(const Result& part) {
  const bool of_train = part.about.path.empty();
  std::vector<Cells> rows;
  std::vector<std::string> head{of_train ? "run" : "entry"};
  for (const RunLog& log : part.entries)
    for (const auto& [name, text] : rows.emplace_back(of_train ? last_numbers(log) : log.facts))
      if (std::ranges::count(head, name) == 0) head.push_back(name);
  std::string out = "<table>\n" + row(head, "th");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> cells{part.entries[i].label};
    for (std::size_t column = 1; column < head.size(); ++column) {
      const auto cell = std::ranges::find(rows[i], head[column], &Cells::value_type::first);
      cells.push_back(cell == rows[i].end() ? "" : cell->second);
    }
    out += row(cells, "td");
  }
  return out + "</table>\n";
}

std::string description(const RunLog& log) {
  std::string out;
  if (log.cut) out += "<p>The log ends in the middle of a line: the run was cut short.</p>\n";
  out += log.facts.empty() ? "<p>The log does not say what was trained.</p>\n" : "<table>\n";
  for (const auto& [key, fact] : log.facts)
    out += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n",
                       xml_text(key == "gradus" ? "gradus version" : key), xml_text(fact));
  out += log.facts.empty() ? "" : "</table>\n";
  if (log.command.empty()) return out;
  return out +
         fmt::format("<p>To run it again:</p>\n<pre>{}</pre>\n", xml_text(shell_line(log.command)));
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
figure { margin: 0; break-inside: avoid; } svg { width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid var(--line); }
td:first-child { min-width: 9em; } pre { white-space: pre-wrap; }
td:first-child, th + td, pre { overflow-wrap: anywhere; }
h1, h2, p { break-after: avoid; } table, tr, pre { break-inside: avoid; }
pre { padding: 0.7rem; border: 1px solid var(--line); border-radius: 0.3rem; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; }
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt; }
  svg { max-height: 21cm; }
}
)css";

std::string section(const std::string& name, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", xml_text(name), content);
}

/// The picture, the table and the descriptions of these runs.
std::string part_of_page(const Result& part, const std::string& out) {
  const std::vector<Panel> panels = make_panels(part);
  std::string top;
  if (!panels.empty())
    top = fmt::format("<figure>\n{}</figure>\n", inline_svg(to_svg(panels, out)));
  const std::string table = part.entries.empty() ? "" : results(part);
  if (!part.about.path.empty())
    return section(part.about.label, top + table + description(part.about));
  top += fmt::format("<h2>Results</h2>\n{}", table);
  for (const RunLog& log : part.entries) top += section(log.label, description(log));
  return top;
}

std::string page(const std::vector<Result>& parts, const ReportCommand& command) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
      xml_text(command.title), style);
  for (const Result& part : parts) out += part_of_page(part, command.out);
  return out + "</body>\n</html>\n";
}

}  // namespace

std::string ReportCommand::run() const {
  check<UsageError>(!runs.empty(), "give a log, such as run.jsonl; see gradus train --log");
  check<UsageError>(std::ranges::none_of(out, is_control) && !out.empty(),
                    "--out: must be a file name without control characters");
  for (const std::string& path : runs)
    check<UsageError>(!same_file(out, path), "--out: must not be one of the logs (got '{}')", out);
  std::vector<Result> parts;  // the runs of train are one, where the first stands
  for (const std::string& path : runs) {
    if (const auto result = read_result(path)) {
      parts.push_back(*result);
      continue;
    }
    auto of_train = std::ranges::find(parts, "", [](const Result& r) { return r.about.path; });
    if (of_train == parts.end()) of_train = parts.insert(parts.end(), Result{});
    of_train->entries.push_back(read_run_log(path));
  }
  const auto stem = [](const RunLog& log) { return std::filesystem::path(log.path).stem(); };
  for (Result& part : parts)  // files of one name in different folders
    for (RunLog& log : part.entries)
      if (std::ranges::count(part.entries, stem(log), stem) > 1) log.label = clean(log.path);
  gradus::detail::write_file(out, {page(parts, *this)});
  return fmt::format("wrote {}\n", out);
}
