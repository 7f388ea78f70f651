#include "pictures/plot_file.h"

#include <fmt/format.h>
#include <gradus/models/file.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/terminal.h"
#include "terminal/text.h"

namespace fs = std::filesystem;

namespace {

void need_gnuplot(const std::string& path) {
  check<RunError>(std::system("command -v gnuplot >/dev/null") == 0,
                  "{} needs gnuplot (apt install gnuplot-nox)", path);
}

/// The gnuplot terminal and size for this number of panels, one below the other.
std::string terminal_for(const std::string& path, std::size_t panels) {
  check<UsageError>(std::ranges::none_of(path, is_control),
                    "--plot: the file's name must not hold control characters");
  const std::string ending = fs::path(path).extension();
  const double height = panels == 1 ? 1 : 0.85 * static_cast<double>(panels);
  if (ending == ".svg")
    return fmt::format("svg size 900,{:.0f} font 'sans-serif,14' background 'white'", 500 * height);
  if (ending == ".png")
    return fmt::format("pngcairo size 1350,{:.0f} font 'sans-serif,18'", 750 * height);
  if (ending == ".pdf")
    return fmt::format("pdfcairo size 18cm,{:.2f}cm font 'sans-serif,12'", 10 * height);
  throw UsageError(fmt::format("--plot: the file must end in .svg, .png or .pdf (got '{}')", path));
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
                 const std::string& path) {
  const TemporaryFile file(path);
  std::string all =
      fmt::format("set terminal {}\nset output {}\n", terminal, gnuplot_text(file.name));
  if (panels.size() > 1) all += fmt::format("set multiplot layout {},1\n", panels.size());
  for (const Panel& panel : panels) all += panel.commands;
  std::FILE* gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
  check<RunError>(gnuplot != nullptr, "{}: gnuplot cannot be started", path);
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // gnuplot may end before it has read all
  const bool written =
      std::fwrite(all.data(), 1, all.size(), gnuplot) == all.size() && std::fflush(gnuplot) == 0;
  const int status = pclose(gnuplot);
  std::signal(SIGPIPE, before);
  const std::string picture = gradus::detail::read_file(file.name, std::int64_t{1} << 30);
  check<RunError>(written && status == 0 && !picture.empty(), "{}: gnuplot could not write it",
                  path);
  return picture;
}

/// UsageError unless the file's name ends in .svg, .png or .pdf and it can be written; RunError
/// without gnuplot.
void check_plot_file(const std::string& path) {
  terminal_for(path, 1);
  need_gnuplot(path);
  check_writable("--plot", path);
}

}  // namespace

bool LookOptions::wants_terminal() const { return std::ranges::count(plots, "term") > 0; }

bool LookOptions::check_and_want_data() const {
  check<UsageError>(!csv || !json, "--csv and --json: must not both be given");
  check<UsageError>(!(csv || json) || !wants_terminal(),
                    "--plot term: must not be combined with --csv or --json");
  check<UsageError>(color == "auto" || color == "always" || color == "never",
                    "--color: must be auto, always or never (got '{}')", clean(color));
  for (const std::string& where : plots)
    if (where != "term") check_plot_file(where);
  return csv || json;
}

gradus::PlotOptions LookOptions::terminal(int height) const {
  return {.width = picture_columns(),
          .height = height,
          .ascii = ascii || !speaks_utf8(),
          .color = wants_color(color)};
}

std::string plot_files(const std::vector<std::string>& files,
                       const std::function<std::vector<Panel>()>& panels) {
  std::string out;
  for (const std::string& file : files) {
    if (file == "term") continue;
    const std::vector<Panel> drawn = panels();
    gradus::detail::write_file(file, {draw(terminal_for(file, drawn.size()), drawn, file)});
    out += fmt::format("wrote {}\n", clean(file));
  }
  return out;
}

std::string to_svg(std::span<const Panel> panels, const std::string& path) {
  need_gnuplot(path);
  return draw(fmt::format("svg size 900,{} font 'sans-serif,15'", 420 * panels.size()), panels,
              path);
}
