#include "pictures/plot_file.h"

#include <gradus/models/file.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/terminal.h"

namespace fs = std::filesystem;

namespace {

void need_gnuplot(const std::string& path) {
  check<RunError>(std::system("command -v gnuplot >/dev/null") == 0,
                  "{} needs gnuplot (apt install gnuplot-nox)", path);
}

/// The gnuplot terminal and size for this number of panels: one below the other on a page.
std::string terminal_for(const std::string& path, std::size_t panels, bool slide) {
  check<UsageError>(std::ranges::none_of(path, is_control),
                    "--plot: the file's name must not hold control characters");
  const std::string ending = fs::path(path).extension();
  const double high = slide ? 0.5625 : panels == 1 ? 0.556 : 0.5 * static_cast<double>(panels);
  const double width = slide ? 1280 : 900, font = slide ? 24 : 18;
  const auto size = [&](double unit, const char* name) {
    return fmt::format("size {0:.4g}{2},{1:.4g}{2}", width * unit, width * high * unit, name);
  };
  if (ending == ".svg")
    return fmt::format("svg {} font 'sans-serif,{}' background 'white'", size(1, ""), font);
  if (ending == ".png")
    return fmt::format("pngcairo {} font 'sans-serif,{}' linewidth 1.5", size(1.5, ""), font * 1.1);
  if (ending == ".pdf")
    return fmt::format("pdfcairo {} font 'sans-serif,{}'", size(0.02, "cm"), font * 0.75);
  throw UsageError(fmt::format("--plot: the file must end in .svg, .png or .pdf (got '{}')", path));
}

/// The place of panel i of n: below the one before; of three or more on a slide in two columns.
Rectangle place_of(std::size_t i, std::size_t n, bool slide) {
  const std::size_t columns = slide && n > 2 ? 2 : 1, left = (n + columns - 1) / columns;
  const bool in_left = i < left;
  const auto rows = static_cast<double>(in_left ? left : n - left),
             width = 1.0 / static_cast<double>(columns);
  const auto row = static_cast<double>(in_left ? i : i - left);
  return {in_left ? 0 : width, 1 - (row + 1) / rows, width, 1 / rows};
}

/// A temporary file, removed with its scope.
struct TemporaryFile {
  std::string name = fs::temp_directory_path() / "gradus-XXXXXX";

  explicit TemporaryFile(const std::string& path) {
    const gradus::detail::Descriptor made(mkstemp(name.data()));
    check<RunError>(made >= 0, "{}: cannot make a file for its plots", path);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(name, ignored);
  }
};

/// The picture that gnuplot draws of the panels. RunError, naming `path`, when that fails.
std::string draw(const std::string& terminal, std::span<const Panel> panels,
                 const std::string& path, bool slide) {
  const TemporaryFile file(path);
  std::string all = fmt::format("set terminal {}\nset output {}\nset multiplot\n", terminal,
                                gnuplot_text(file.name));
  for (std::size_t i = 0; i < panels.size(); ++i)
    all += to_gnuplot(panels[i], place_of(i, panels.size(), slide));
  std::FILE* gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
  check<RunError>(gnuplot != nullptr, "{}: gnuplot cannot be started", path);
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // gnuplot may end before it has read all
  const bool written =
      std::fwrite(all.data(), 1, all.size(), gnuplot) == all.size() && std::fflush(gnuplot) == 0;
  const int status = pclose(gnuplot);
  std::signal(SIGPIPE, before);
  std::string picture = gradus::detail::read_file(file.name, std::int64_t{1} << 30);
  check<RunError>(written && status == 0 && !picture.empty(), "{}: gnuplot could not write it",
                  path);
  std::vector<std::string> titles;
  for (const Panel& panel : panels)
    titles.push_back(panel.title().empty() ? panel.name : panel.title());
  constexpr std::string_view none = "<title>Gnuplot</title>";
  if (const std::size_t at = picture.find(none); at != picture.npos)
    picture.replace(
        at, none.size(),
        fmt::format("<title>{}</title>", xml_text(fmt::format("{}", fmt::join(titles, "; ")))));
  return picture;
}

/// UsageError unless the file's name ends in .svg, .png or .pdf and it can be written; RunError
/// without gnuplot.
void check_plot_file(const std::string& path) {
  terminal_for(path, 1, false);
  need_gnuplot(path);
  check_writable("--plot", path);
}

constexpr const char* panel_names[] = {"rate", "momentum", "excess", "loss", "accuracy",
                                       "tune", "effect",   "path",   "bias", "noise"};

bool is_terminal(const std::string& where) { return where == "term" || where == "term:tall"; }

}  // namespace

bool LookOptions::wants_terminal() const { return std::ranges::any_of(plots, is_terminal); }

bool LookOptions::check_and_want_data() const {
  check<UsageError>(!csv || !json, "--csv and --json: must not both be given");
  check<UsageError>(!(csv || json) || !wants_terminal(),
                    "--plot term: must not be combined with --csv or --json");
  check<UsageError>(color == "auto" || color == "always" || color == "never",
                    "--color: must be auto, always or never (got '{}')", clean(color));
  check<UsageError>(size == "page" || size == "slide", "--size: must be page or slide (got '{}')",
                    clean(size));
  for (const std::string& name : panels)
    if (std::ranges::count(panel_names, name) == 0)
      refuse_name("--panels", name, {std::begin(panel_names), std::end(panel_names)});
  for (const std::string& where : plots)
    if (!is_terminal(where)) check_plot_file(where);
  return csv || json;
}

gradus::PlotOptions LookOptions::terminal() const {
  return {
      .width = picture_columns(), .ascii = ascii || !speaks_utf8(), .color = wants_color(color)};
}

namespace {

/// The first panel of labelled lines shows the legend where the panel that has it was not chosen.
void add_legend(std::vector<Panel>& panels) {
  LinesPlot* first = nullptr;
  for (Panel& panel : panels)
    if (auto* plot = std::get_if<LinesPlot>(&panel.drawing)) {
      if (plot->legend) return;
      const bool labelled = plot->lines.size() > 1 && !plot->lines[0].label.empty();
      if (!first && labelled) first = plot;
    }
  if (first) first->legend = true;
}

}  // namespace

std::vector<Panel> LookOptions::choose(std::vector<Panel> drawn) const {
  for (Panel& panel : drawn)
    if (auto* lines = std::get_if<LinesPlot>(&panel.drawing)) lines->log_y = lines->log_y || log_y;
  std::vector<Panel> out;
  if (panels.empty()) {
    std::ranges::copy_if(drawn, std::back_inserter(out),
                         [](const Panel& p) { return !p.on_request; });
    return out;
  }
  for (const std::string& name : panels)
    for (const Panel& panel : drawn)
      if (panel.name == name) out.push_back(panel);
  check<UsageError>(!out.empty(), "--panels: must be among {} here (got {})",
                    fmt::format("{}", fmt::join(names_of(drawn), ", ")),
                    fmt::format("{}", fmt::join(panels, ",")));
  add_legend(out);
  return out;
}

std::string LookOptions::pictures(const std::vector<Panel>& drawn, const std::string& below) const {
  if (!draws()) return "";
  const int rows = picture_rows();
  const bool tall = rows == 0 || std::ranges::count(plots, "term:tall") > 0;
  const auto taken = static_cast<int>(std::ranges::count(below, '\n')) + 1;
  return arrange(choose(drawn), terminal(), tall ? 0 : std::max(1, rows - taken)) + "\n";
}

std::string LookOptions::files(const std::vector<Panel>& drawn) const {
  std::string out;
  for (const std::string& file : plots) {
    if (is_terminal(file)) continue;
    const std::vector<Panel> chosen = choose(drawn);
    const bool slide = size == "slide";
    gradus::detail::write_file(
        file, {draw(terminal_for(file, chosen.size(), slide), chosen, file, slide)});
    out += fmt::format("wrote {}\n", clean(file));
  }
  return out;
}

std::string to_svg(std::span<const Panel> panels, const std::string& path) {
  need_gnuplot(path);
  return draw(fmt::format("svg size 900,{} font 'sans-serif,16'", 420 * panels.size()), panels,
              path, false);
}
