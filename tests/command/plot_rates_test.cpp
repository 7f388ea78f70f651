#include "pictures/plot_rates.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;

namespace {

const PlotOptions small{.width = 40, .height = 6, .ascii = true};

/// Falls from 1 to 0 over two decades, then climbs again in one.
const RateCurve valley{{0.001, 0.01, 0.1, 1}, {1, 0.5, 0, 1}};

}  // namespace

TEST_CASE("values are drawn over the logarithm of their rates") {
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
  RateCurve curve = valley;
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
  RateCurve curve = valley;
  curve.marks = {{"one", 0.01}, {"two", 0.012}, {"three", 0.9}, {"four", 1}};
  const std::string picture = plot(curve, small);
  CHECK(picture.substr(0, picture.find("   1 +")) ==
        "                one                three\n"
        "                two                 four\n");
}

TEST_CASE("every point is visible, whether there are more or fewer than columns") {
  RateCurve curve;
  for (int i = 0; i < 1000; ++i) {
    curve.rates.push_back(std::pow(10, i / 100.0));
    curve.values.push_back(i == 777 ? 1 : 0);
  }
  const std::string picture = plot(curve, small);
  // The peak of one point, in its column: 777 of 999 of the way along 34 columns.
  CHECK(picture.find("   1 +" + std::string(25, ' ') + "*\n") == 0);
}

TEST_CASE("the axis starts at the least value, or at 0 if they hardly differ") {
  CHECK(plot({{1, 10}, {2, 3}}, small).find("   2 +***") != std::string::npos);
  CHECK(plot({{1, 10}, {2, 3}}, small).find("   0 +") == std::string::npos);
  CHECK(plot({{1, 10}, {0.7, 0.7}}, small).find("   0 +") != std::string::npos);
}

TEST_CASE("a short axis has round numbers") {
  const std::string picture = plot({{0.1, 0.55}, {0, 1}}, small);
  for (const char* label : {"0.1 ", "0.2 ", "0.3 ", "0.4 ", "0.5"})
    CHECK(picture.find(label) != std::string::npos);
}

TEST_CASE("no line is wider than the width") {
  for (const int width : {24, 25, 40, 72, 200})
    for (const bool ascii : {true, false}) {
      const std::vector<RateMark> marks{{"a name longer than the picture is wide", 0.5}, {"b", 1}};
      const std::string picture = plot({{1e-7, 1e-3, 1}, {3e5, -2e-5, 1e5}, marks},
                                       {.width = width, .height = 5, .ascii = ascii});
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
      CHECK(lines >= 8);
    }
}

TEST_CASE("invalid curves are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const RateCurve& curve, const char* text, const PlotOptions& options) {
    CHECK_THROWS_WITH_AS(plot(curve, options), text, ValueError);
  };
  refused({{1}, {1}}, "plot: rates must be at least 2 (got 1)", {});
  refused({{1, 2}, {1}}, "plot: values must be as many as the rates, 2 (got 1)", {});
  refused({{1, 1}, {1, 2}}, "plot: rates must be finite, > 0 and rising (got 1 at 1)", {});
  refused({{0, 1}, {1, 2}}, "plot: rates must be finite, > 0 and rising (got 0 at 0)", {});
  refused({{1, INFINITY}, {1, 2}}, "plot: rates must be finite, > 0 and rising (got inf at 1)", {});
  refused({{1, 2}, {1, nan}}, "plot: values must be within 4e307 (got nan at 1)", {});
  refused({{1, 2}, {1, 2}}, "plot: width must be in [24, 1000] (got 23)", {.width = 23});
  refused({{1, 2}, {1, 2}}, "plot: height must be in [4, 500] (got 3)", {.height = 3});
}
