#include "plot_file.h"

#include <fmt/format.h>
#include <gradus/schedules/algebra.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "command.h"

namespace fs = std::filesystem;
using namespace gradus;

namespace {

bool has_gnuplot() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    if (access(fmt::format("{}/gnuplot", folder).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string terminal_of(const std::string& path) {
  if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < ' '; }))
    throw UsageError("--plot: the file's name must be without control characters");
  const std::string ending = fs::path(path).extension();
  if (ending == ".svg") return "svg size 900,500 font 'sans-serif,14' background 'white'";
  if (ending == ".png") return "pngcairo size 1350,750 font 'sans-serif,18'";
  if (ending == ".pdf") return "pdfcairo size 18cm,10cm font 'sans-serif,12'";
  throw UsageError(fmt::format("--plot: the file must end in .svg, .png or .pdf (got '{}')", path));
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += c;
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "'";
}

/// `step rate` lines: every step of a short run, and of a long one the least and the greatest of
/// each of 2000 pieces, so that no peak is lost.
std::string points(const Schedule& s, Step steps) {
  std::string out;
  const Step piece = (steps + 1999) / 2000;
  for (Step begin = 0; begin < steps; begin += piece) {
    const Step end = std::min(begin + piece, steps);
    const Step stride = std::max<Step>(1, (end - begin) / 500);
    Step low = begin, high = begin;
    for (Step t = begin; t < end; t += stride) {
      if (s(t) < s(low)) low = t;
      if (s(t) > s(high)) high = t;
    }
    for (const Step t : {std::min(low, high), std::max(low, high)})
      out += fmt::format("{} {}\n", t, value(s(t)));
  }
  return out + fmt::format("{} {}\n", steps, value(s(steps - 1)));
}

constexpr const char* style =
    "set border 3 lc rgb '#606060'\nset xtics nomirror\nset ytics nomirror\n"
    "set grid lw 1 dt 1 lc rgb '#e4e4e4'\nset format y '%g'\n"
    "set key above left vertical maxrows 6 Left reverse noenhanced\n";

/// How the i-th line looks; colours take turns.
std::string look(std::size_t i) {
  constexpr const char* colors[] = {"#0072b2", "#d55e00", "#009e73",
                                    "#cc79a7", "#e69f00", "#56b4e9"};
  return fmt::format("lw 2.5 lc rgb '{}'", colors[i % std::size(colors)]);
}

/// With some air around the values; `from_zero`: from 0, unless they are far above it.
std::string y_range(double least, double greatest, bool from_zero) {
  const double width = greatest - least;
  const bool near_zero = from_zero && least >= 0 && width > 0.25 * greatest;
  const double bottom = near_zero ? 0 : least - 0.05 * width;
  if (!(greatest > bottom)) return "";
  return fmt::format("set yrange [{}:{}]\n", bottom, greatest + 0.05 * (greatest - bottom));
}

/// An update's rate holds until the next update: drawn with steps, where those can be told apart.
std::string script(std::span<const LabelledSchedule> curves, Step steps) {
  std::string out = "set xlabel 'step'\nset ylabel 'learning rate'\nset format x '%.0f'\n";
  double least = 0, greatest = 0;
  std::string plots;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    out += fmt::format("$curve{} << END\n{}END\n", i, points(curves[i].schedule, steps));
    const detail::Range range = detail::range(curves[i].schedule, static_cast<double>(steps - 1));
    least = i == 0 ? value(range.least) : std::min(least, value(range.least));
    greatest = i == 0 ? value(range.greatest) : std::max(greatest, value(range.greatest));
    plots += fmt::format("{}$curve{} with {} {} title {}", i == 0 ? "plot " : ", ", i,
                         steps <= 300 ? "steps" : "lines", look(i), in_quotes(curves[i].label));
  }
  return out + y_range(least, greatest, true) +
         fmt::format("set xrange [0:{}]\n{}\n", steps, plots);
}

/// Each mark is an upright line of two points.
std::string script(const RateCurve& curve, const std::string& name) {
  std::string out = fmt::format(
      "set xlabel 'learning rate'\nset ylabel {}\nset logscale x\nset format x '%g'\n"
      "$curve << END\n",
      in_quotes(name));
  for (std::size_t i = 0; i < curve.rates.size(); ++i)
    out += fmt::format("{} {}\n", curve.rates[i], curve.values[i]);
  out += "END\n";
  const auto [least, greatest] = std::minmax_element(curve.values.begin(), curve.values.end());
  out += y_range(*least, *greatest, false) +
         fmt::format("set xrange [{}:{}]\n", curve.rates.front(), curve.rates.back());
  std::string plots = fmt::format("plot $curve with lines {} notitle", look(0));
  for (std::size_t i = 0; i < curve.marks.size(); ++i) {
    const auto& [mark, rate] = curve.marks[i];
    if (rate < curve.rates.front() || rate > curve.rates.back()) continue;
    out += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead back dt 2 {1}\n", rate,
                       look(i + 1));
    plots += fmt::format(", 1/0 with lines dt 2 {} title {}", look(i + 1),
                         in_quotes(fmt::format("{} {:.2g}", mark, rate)));
  }
  return out + plots + "\n";
}

/// What gnuplot draws of these commands, whole or not at all.
void write_plot(const std::string& path, const std::string& commands) {
  const std::string terminal = terminal_of(path);
  if (!has_gnuplot())
    throw RunError(fmt::format("{} needs gnuplot (apt install gnuplot-nox)", path));
  const std::string unfinished = fmt::format("{}.{}.unfinished", path, getpid());
  const std::string all = fmt::format("set terminal {}\nset output {}\n{}{}", terminal,
                                      in_quotes(unfinished), style, commands);

  std::FILE* gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
  if (!gnuplot) throw RunError(fmt::format("{}: gnuplot cannot be started", path));
  const bool written = std::fwrite(all.data(), 1, all.size(), gnuplot) == all.size();
  const int status = pclose(gnuplot);
  std::error_code error;
  if (written && status == 0 && fs::file_size(unfinished, error) > 0 && !error) {
    fs::rename(unfinished, path, error);
    if (!error) return;
  }
  std::error_code ignored;
  fs::remove(unfinished, ignored);
  throw RunError(fmt::format("{}: gnuplot could not write it{}", path,
                             error ? ": " + error.message() : std::string()));
}

}  // namespace

void plot_file(const std::string& path, std::span<const LabelledSchedule> curves, Step steps) {
  write_plot(path, script(curves, steps));
}

void plot_file(const std::string& path, const RateCurve& curve, const std::string& name) {
  write_plot(path, script(curve, name));
}
