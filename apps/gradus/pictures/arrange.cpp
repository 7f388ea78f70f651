#include <gradus/schedules/canvas.h>

#include <sstream>

#include "pictures/panels.h"

using namespace gradus;

namespace {

constexpr int widest = 100;  ///< of a picture
constexpr int least_for_two = 60;

auto& height_of(auto& panel) {
  return std::visit(
      [](auto& plot) -> auto& { return plot.height; }, panel.drawing);
}

bool is_map(const Panel& panel) { return std::holds_alternative<ContourPlot>(panel.drawing); }

std::string draw(const Panel& panel, PlotOptions options, std::size_t margin) {
  options.height = height_of(panel);
  if (const auto* map = std::get_if<ContourPlot>(&panel.drawing)) return plot(*map, options);
  return plot(std::get<LinesPlot>(panel.drawing), options, margin);
}

/// One below the other, with a title above each and `between` two.
std::string stack(std::span<const Panel> panels, const PlotOptions& options, const char* between) {
  std::size_t margin = 0;
  for (const Panel& panel : panels)
    if (const auto* lines = std::get_if<LinesPlot>(&panel.drawing))
      margin = std::max(margin, margin_width(*lines, options));
  std::string out;
  for (const Panel& panel : panels) {
    out += out.empty() ? "" : between;
    const std::string title = panel.title();
    out += (*between ? title : detail::shortened(title, static_cast<std::size_t>(options.width))) +
           "\n";
    if (is_map(panel) && *between)
      out += "marks after 0, 1, 2, 4, 8, ... updates and at the end; @ is the lowest loss\n";
    out += draw(panel, options, margin);
  }
  return out;
}

/// Lines of a picture beside its height: the title, the axis, and names above.
int lines_around(const Panel& panel) {
  const auto* lines = std::get_if<LinesPlot>(&panel.drawing);
  return 3 + (lines ? static_cast<int>(lines->marks.size()) : 1);
}

/// Makes the pictures lower, in proportion, until they fit below each other; false if one would get
/// lower than this part of its height.
bool shrink(std::span<Panel> panels, int rows, double part) {
  int wanted = 0;
  for (Panel& panel : panels) {
    wanted += height_of(panel);
    rows -= lines_around(panel);
  }
  for (Panel& panel : panels) {
    int& height = height_of(panel);
    const int least = std::max(is_map(panel) ? 8 : 4, static_cast<int>(part * height));
    height = std::min(height, height * std::max(rows, 0) / wanted);
    if (height < least) return false;
  }
  return true;
}

std::size_t characters(const std::string& line) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '\x1b')
      i = line.find('m', i);  // a colour
    else
      n += (line[i] & 0xc0) != 0x80;
  return n;
}

std::string beside(const std::string& left, const std::string& right, std::size_t width) {
  std::istringstream lefts(left), rights(right);
  std::string out;
  for (std::string a, b;
       a.clear(), b.clear(), std::getline(lefts, a), std::getline(rights, b), lefts || rights;)
    out += a + (b.empty() ? "" : std::string(width - characters(a), ' ') + b) + '\n';
  return out;
}

/// The entries of the first legend, once for all panels.
std::string common_legend(std::span<Panel> panels, const PlotOptions& options) {
  std::string out;
  const bool map = std::ranges::any_of(panels, is_map);
  for (Panel& panel : panels) {
    auto* lines = std::get_if<LinesPlot>(&panel.drawing);
    if (lines && lines->legend && lines->lines.size() > 1 && out.empty())
      for (std::size_t i = 0; i < lines->lines.size(); ++i)
        out += detail::legend_line(
                   i,
                   (map && !options.ascii ? detail::mark_of(i) + std::string(" ") : "") +
                       lines->lines[i].label,
                   options) +
               '\n';
    std::visit([](auto& plot) { plot.legend = false; }, panel.drawing);
  }
  return out;
}

/// The panels in one or two columns of so many rows; "" if they would get too low.
std::string in_columns(std::vector<Panel> panels, std::size_t parts, PlotOptions options,
                       int rows) {
  const auto left = std::span(panels).first((panels.size() + parts - 1) / parts);
  const auto right = std::span(panels).subspan(left.size());
  const double part = parts == 1 && panels.size() > 1 ? 0.6 : 0;
  if (!shrink(left, rows, part) || !shrink(right, rows, part)) return "";
  options.width = std::min(parts == 1 ? options.width : options.width / 2 - 1, widest);
  const std::string first = stack(left, options, "");
  if (right.empty()) return first;
  return beside(first, stack(right, options, ""), static_cast<std::size_t>(options.width) + 2);
}

}  // namespace

std::string arrange(std::vector<Panel> panels, const PlotOptions& options, int rows) {
  PlotOptions narrow = options;
  narrow.width = std::min(options.width, widest);
  const std::string tall = stack(panels, narrow, "\n");
  if (rows <= 0 || std::ranges::count(tall, '\n') <= rows) return tall;
  const std::string legend = common_legend(panels, narrow);
  rows = std::max(rows - static_cast<int>(std::ranges::count(legend, '\n')), 8);
  for (std::size_t count = panels.size(); count > 0; --count)
    for (const std::size_t parts : {1u, 2u}) {
      if (parts > count || (parts == 2 && options.width < least_for_two)) continue;
      const bool all = count == panels.size();
      const std::string out =
          in_columns({panels.begin(), panels.begin() + static_cast<std::ptrdiff_t>(count)}, parts,
                     options, rows - (all ? 0 : 1));
      if (!out.empty())
        return out + legend + (all ? "" : "more pictures, and higher: --plot term:tall\n");
    }
  return tall;
}
