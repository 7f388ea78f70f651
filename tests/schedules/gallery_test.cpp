#include <gradus/schedules/canvas.h>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <gradus/models/file.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/step_decay.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

using namespace gradus;

namespace {

constexpr Step steps = 100;
const PlotOptions short_run{.width = 40, .height = 8, .ascii = true};

/// Converts steps and rates to pixels. Axes run from 0; the greatest rate is at the top.
struct Frame {
  double width, height, greatest;

  double x(double step) const { return 40 + (width - 54) * step / steps; }
  double y(double rate) const { return height - 18 - (height - 28) * rate / greatest; }
};

/// A text at a place in pixels, which is its `anchor`: start, middle or end.
std::string text(double x, double y, const char* anchor, const char* color,
                 const std::string& what) {
  return fmt::format("<text x=\"{:.4g}\" y=\"{:.4g}\" text-anchor=\"{}\" fill=\"{}\">{}</text>\n",
                     x, y, anchor, color, what);
}

/// The rates as straight lines from step to step, except at jumps.
std::string curve(const Schedule& s, const Frame& frame, const char* color) {
  std::vector<double> rates;
  for (Step t = 0; t < steps; ++t) rates.push_back(value(s(t)));
  std::string path = fmt::format("M{:.1f},{:.1f}", frame.x(0), frame.y(rates[0]));
  for (std::size_t i = 1; i < steps; ++i) {
    const double x = frame.x(static_cast<double>(i)), y = frame.y(rates[i]);
    if (detail::jumps(rates, i))
      path += fmt::format("H{:.1f}V{:.1f}", x, y);
    else if (rates[i] != rates[i - 1] || (i + 1 < steps && rates[i + 1] != rates[i]))
      path += fmt::format("L{:.1f},{:.1f}", x, y);
  }
  return fmt::format("<path d=\"{}H{:.1f}\" stroke=\"{}\" stroke-width=\"2\"/>\n", path,
                     frame.x(steps), color);
}

/// Curves with axes and, for several curves, a legend, on a transparent background.
std::string svg(std::span<const LabelledSchedule> curves, double width, double height) {
  constexpr const char *grey = "#808080", *colors[] = {"#2f8fd0", "#d55e00", "#009e73"};
  Frame frame{width, height, 0};
  for (const LabelledSchedule& each : curves)
    frame.greatest =
        std::max(frame.greatest, value(detail::range(each.schedule, steps - 1).greatest));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"11\" fill=\"none\" "
      "stroke=\"none\">\n"
      "<path d=\"M{2:.1f},8V{3:.1f}H{4:.1f}\" stroke=\"{5}\"/>\n",
      width, height, frame.x(0), frame.y(0), frame.x(steps), grey);
  for (const double part : {0.0, 0.5, 1.0}) {
    const double rate = part * frame.greatest, step = part * steps;
    out += text(frame.x(0) - 4, frame.y(rate) + 3, "end", grey, fmt::format("{:.2g}", rate));
    out += text(frame.x(step), height - 5, "middle", grey, fmt::format("{:g}", step));
  }
  for (std::size_t i = 0; i < curves.size(); ++i) {
    out += curve(curves[i].schedule, frame, colors[i]);
    if (curves.size() > 1)  // the legend
      out += text(width - 12, 20 + 15 * static_cast<double>(i), "end", colors[i], curves[i].label);
  }
  return out + "</svg>\n";
}

}  // namespace

TEST_CASE("the pictures of schedules/ are those of its examples, and GRADUS_GALLERY=1 draws them") {
  std::vector<std::pair<std::string, std::string>> pictures;
  for (const KnownSchedule& known : known_schedules()) {
    const LabelledSchedule example{"", known.example};
    pictures.emplace_back(known.type, svg(std::span(&example, 1), 240, 140));
  }
  std::vector<LabelledSchedule> three;
  for (const char* expression : {"linear(0, 0.1, 20) >> CosineDecay(0.1, 80)",
                                 "StepDecay(0.08, 25, gamma=0.5)", "repeat(OneCycle(0.05, 50))"})
    three.push_back({expression, parse_schedule(expression)});
  pictures.emplace_back("gallery", svg(three, 720, 260));
  CHECK(pictures.size() == known_schedules().size() + 1);
  for (const auto& picture : pictures) {
    const std::string path =
        fmt::format("{}/schedules/pictures/{}.svg", GRADUS_SOURCE_DIR, picture.first);
    if (std::getenv("GRADUS_GALLERY")) detail::write_file(path, {picture.second});
    INFO(path);
    CHECK(detail::read_file(path, 1 << 20) == picture.second);
  }
}

TEST_CASE("in a short run a smooth schedule is a smooth line, and stairs are stairs") {
  CHECK(plot(linear(0, 0.1, 4) >> StepDecay{0.1, 2, 0.5}, 8, short_run) ==
        R"(  0.1 +                *********
      |              **         *
0.075 +            **           *
      |          **             *
 0.05 +       ***               ********
0.025 +     **
      |  ***
    0 +**
      ++--------+-------+-------+------+
 step  0        2       4       6      8
)");
  PlotOptions log = short_run;
  log.log_y = true;
  CHECK(plot(ExponentialDecay{1.0, 1, 0.1}, 5, log) == R"(     1 +*******
       |       *
   0.1 +       ***
       |          ***
  0.01 +             ****
 0.001 +                 ****
       |                     ****
0.0001 +                         *******
       ++------------+------------+-----
  step  0            2            4
)");
}

TEST_CASE("values jump where they change more than three times as much as beside") {
  const std::vector<double> values{0, 1, 4, 5, 5, 8, 8, 9};
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (detail::jumps(values, i)) found.push_back(i);
  CHECK(found == std::vector<std::size_t>{5, 7});  // at 2 it changes by 3 after 1
}
