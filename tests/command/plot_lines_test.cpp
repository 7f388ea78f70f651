#include "pictures/plot_lines.h"

#include <doctest/doctest.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;

namespace {

const PlotOptions small{.width = 40, .height = 6, .ascii = true};

/// Falls from 1 to 0 over two decades, then climbs again in one.
const LinesPlot valley{.x_name = "rate",
                       .y_name = "loss",
                       .lines = {{"", {0.001, 0.01, 0.1, 1}, {1, 0.5, 0, 1}}},
                       .log_x = true};

/// Several lines over steps.
LinesPlot over_steps(std::vector<Line> lines) {
  return {.x_name = "step", .y_name = "loss", .lines = std::move(lines)};
}

}  // namespace

TEST_CASE("values are drawn over the logarithm of their places") {
  CHECK(plot(valley, small) ==
        "   1 +***                             **\n"
        "     |   ****                       **\n"
        "     |       ****                 **\n"
        " 0.5 +           *****          **\n"
        "     |                ****    **\n"
        "   0 +                    ****\n"
        "     ++----------+----------+----------+\n"
        "rate  0.001    0.01        0.1         1\n");
}

TEST_CASE("a mark is a vertical line below its name") {
  LinesPlot curve = valley;
  curve.marks = {{"late", 0.5}, {"early", 0.002}, {"outside", 2}, {"too", 1e-4}};
  CHECK(plot(curve, small) ==
        "       early                     late\n"
        "   1 +***+                         x  **\n"
        "     |   ****                       **\n"
        "     |   +   ****                 **\n"
        " 0.5 +           *****          **\n"
        "     |   +            ****    **   x\n"
        "   0 +                    ****\n"
        "     ++----------+----------+----------+\n"
        "rate  0.001    0.01        0.1         1\n");
}

TEST_CASE("names that would touch stand on separate lines") {
  LinesPlot curve = valley;
  curve.marks = {{"one", 0.01}, {"two", 0.012}, {"three", 0.9}, {"four", 1}};
  const std::string picture = plot(curve, small);
  CHECK(picture.substr(0, picture.find("   1 +")) ==
        "                one                three\n"
        "                two                 four\n");
}

TEST_CASE("every point is visible, whether there are more or fewer than columns") {
  LinesPlot curve = valley;
  Line& line = curve.lines[0] = {};
  for (int i = 0; i < 1000; ++i) {
    line.x.push_back(std::pow(10, i / 100.0));
    line.y.push_back(i == 777 ? 1 : 0);
  }
  const std::string picture = plot(curve, small);
  // The peak of one point, in its column: 777 of 999 of the way along 34 columns.
  CHECK(picture.find("   1 +" + std::string(25, ' ') + "*\n") == 0);
}

TEST_CASE("the axis starts at the least value, or at 0 if they hardly differ") {
  const auto values = [](double a, double b) {
    return plot(over_steps({{"", {1, 10}, {a, b}}}), small);
  };
  CHECK(values(2, 3).find("   2 +***") != std::string::npos);
  CHECK(values(2, 3).find("   0 +") == std::string::npos);
  CHECK(values(0.7, 0.7).find("   0 +") != std::string::npos);
}

TEST_CASE("a short axis has round numbers") {
  LinesPlot curve = valley;
  curve.lines = {{"", {0.1, 0.55}, {0, 1}}};
  const std::string picture = plot(curve, small);
  for (const char* label : {"0.1 ", "0.2 ", "0.3 ", "0.4 ", "0.5"})
    CHECK(picture.find(label) != std::string::npos);
}

TEST_CASE("a line may jump, have gaps and end in a mark") {
  CHECK(plot(over_steps({{"jumps", {0, 4, 4, 8}, {1, 1, 3, 3}},
                         {"gap", {0, 1, 5, 8}, {2, NAN, 2, 2}},
                         {"diverged", {0, 2}, {1, 3}, "37"}}),
             small) == R"(   3 +        ^37      *****************
     |      ++        *
     |     +          *
   2 +o  ++           *   oooooooooooooo
     | ++             *
   1 ++****************
     ++-------+-------+-------+--------+
step  0       2       4       6        8
  * jumps
  o gap
  + diverged
)");
}

TEST_CASE("measured values stand over their line, and the axis reaches to them") {
  const std::string picture =
      plot(over_steps({{"", {0, 8}, {1, 1}, "", {{4, 1, 0.1}, {8, 5, 0.1}, {2, NAN, 0}}}}), small);
  CHECK(std::ranges::count(picture, '@') == 2);
  CHECK(picture.starts_with("   5 +"));
}

TEST_CASE("above its top a line leaves the picture") {
  LinesPlot peak = over_steps({{"", {0, 4, 8}, {0, 100, 0}}});
  peak.top = 10;
  CHECK(plot(peak, small) == R"(  10 +
     |
     | *                              *
   5 + *                               *
     | *                               *
   0 +*                                *
     ++-------+-------+-------+--------+
step  0       2       4       6        8
)");
}

TEST_CASE("the points of a schedule: straight lines, but stairs at jumps") {
  const std::vector<LabelledSchedule> curves{{"", linear(1, 0, 2) >> Schedule(3)}};
  const LinesPlot rates = rates_plot(curves, 5);
  CHECK(rates.lines[0].x == std::vector<double>{0, 1, 2, 2, 3, 4, 5});
  CHECK(rates.lines[0].y == std::vector<double>{1, 0.5, 0.5, 3, 3, 3, 3});
  const Line parts = level_parts("", {7, 9}, 3);
  CHECK(parts.x == std::vector<double>{0, 1.5, 1.5, 3});
  CHECK(parts.y == std::vector<double>{7, 7, 9, 9});
}

TEST_CASE("of a long run the extremes of each piece are kept") {
  const std::vector<LabelledSchedule> curves{
      {"", [](double step) { return step == 54321 ? 9.0 : 0.0; }}};
  const Line line = rates_plot(curves, 1'000'000).lines[0];
  CHECK(line.x.size() <= 4001);
  CHECK(std::ranges::count(line.y, 9.0) == 1);
}

TEST_CASE("no line is wider than the width") {
  for (const int width : {24, 25, 40, 72, 200})
    for (const bool ascii : {true, false}) {
      const std::vector<NamedPlace> marks{{"a name longer than the picture is wide", 0.5},
                                          {"b", 1}};
      LinesPlot curve = valley;
      curve.lines = {
          {"a label that is longer than the picture", {1e-7, 1e-3, 1}, {3e5, -2e-5, 1e5}},
          {"", {1e-7, 1}, {0, 1}, "a mark that is longer than the picture is wide"}};
      curve.marks = marks;
      const std::string picture = plot(curve, {.width = width, .height = 5, .ascii = ascii});
      int length = 0, lines = 0;
      for (const char c : picture) {
        if (c == '\n') {
          CHECK(length <= width);
          length = 0;
          ++lines;
        } else if ((c & 0xc0) != 0x80) {
          ++length;
        }
      }
      CHECK(lines >= 10);
    }
}

TEST_CASE("a picture of nothing is an empty frame") {
  for (const LinesPlot& plot_ :
       {over_steps({}), over_steps({{"", {}, {}}}), over_steps({{"", {1}, {NAN}}})})
    CHECK(plot(plot_, small).starts_with("   1 +\n"));
}

TEST_CASE("an invalid size is refused") {
  CHECK_THROWS_WITH_AS(plot(valley, {.width = 23}), "plot: width must be in [24, 1000] (got 23)",
                       ValueError);
  CHECK_THROWS_WITH_AS(plot(valley, {.height = 3}), "plot: height must be in [4, 500] (got 3)",
                       ValueError);
}
