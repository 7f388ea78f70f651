#include "pictures/plot_contours.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;
using doctest::Contains;

namespace {

/// x^2 + y^2 over [-2, 2] by [-1, 1].
Surface bowl(std::size_t n = 41) {
  Surface s{-2, 2, -1, 1, n, n, {}};
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i) {
      const auto at = [&](double low, double high, std::size_t k) {
        return low + (high - low) * static_cast<double>(k) / static_cast<double>(n - 1);
      };
      const double x = at(-2, 2, i), y = at(-1, 1, j);
      s.heights.push_back(x * x + y * y);
    }
  return s;
}

const PlotOptions small{.width = 41, .height = 9, .ascii = true};

}  // namespace

TEST_CASE("a surface is bilinear between its points and flat outside") {
  const Surface s{0, 1, 0, 2, 2, 2, {1, 3, 5, 11}};
  CHECK(s.at(0, 0) == 1);
  CHECK(s.at(1, 0) == 3);
  CHECK(s.at(0, 2) == 5);
  CHECK(s.at(1, 2) == 11);
  CHECK(s.at(0.5, 0) == 2);
  CHECK(s.at(0.25, 1) == doctest::Approx(0.75 * 3 + 0.25 * 7));
  CHECK(s.at(-9, -9) == 1);
  CHECK(s.at(9, 9) == 11);
}

TEST_CASE("the levels of a bowl are evenly spaced along its sides") {
  const Surface s{0, 1, 0, 1, 2, 2, {2, 3, 4, 18}};
  CHECK(contour_levels(s, 4) == std::vector<double>{3, 6, 11});
}

TEST_CASE("contour lines stand where the height crosses a level") {
  CHECK(plot(ContourPlot{.x_name = "w", .y_name = "b", .surface = bowl(), .levels = {1}}, small) ==
        "   b\n"
        "   1 +             .........\n"
        "     |          ....       ....\n"
        " 0.5 +         ..             ..\n"
        "     |         .               .\n"
        "   0 +         .               .\n"
        "     |         .               .\n"
        "-0.5 +         ..             ..\n"
        "     |          ....       ....\n"
        "  -1 +             .........\n"
        "     ++----------------+----------------+\n"
        "   w  -2               0                2\n");
}

TEST_CASE("a path has its marks after 0, 1, 2, 4, ... points and at its end, over the lines") {
  ContourPlot contours{.x_name = "w",
                       .y_name = "b",
                       .surface = bowl(),
                       .levels = {},
                       .paths = {{"level", {}}, {"gone", {{-1, 0}, {1, 50}}}},
                       .goal = {{1.5, -0.5}}};
  for (int i = 0; i <= 9; ++i) contours.paths[0].points.push_back({-1.8 + 0.4 * i, 0.75});
  contours.levels = {0.5};
  const PlotOptions braille{.width = 41, .height = 8};
  const std::string picture = plot(contours, braille);
  const auto count = [&](char c) { return std::count(picture.begin(), picture.end(), c); };
  CHECK(count('*') == 6 + 1);  // 0, 1, 2, 4, 8 and 9, and in the legend
  CHECK(count('o') == 1 + 2);  // the first point, and in the legend with the o of `gone`
  CHECK(count('@') == 1);
  CHECK(picture.find("  * level\n  o gone\n") != picture.npos);
  CHECK(picture.find("*⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉*⠉⠉⠉*") != picture.npos);  // the path between its marks

  const std::string colored = plot(contours, {.width = 41, .height = 8, .color = true});
  CHECK(colored.find("\x1b[36m*") != colored.npos);
  CHECK(colored.find("\x1b[33mo") != colored.npos);
  CHECK(colored.find("\x1b[0m@") == colored.npos);  // contour lines and the goal have no colour
}

TEST_CASE("a path that leaves the surface for good ends at its edge, in an arrow") {
  const Surface s = bowl();
  using Points = std::vector<std::array<double, 2>>;
  CHECK(visible_points({{0, 0}, {1, 0}, {5, 2}, {9, 9}}, s, 0) == Points{{0, 0}, {1, 0}, {2, 0.5}});
  CHECK(visible_points({{0, 0}, {5, 0}, {1, 1}}, s, 0) == Points{{0, 0}, {5, 0}, {1, 1}});
  CHECK(visible_points({{0, 0}, {0.1, 0}, {0.3, 0}, {0.35, 0}, {0.36, 0}}, s, 0.05) ==
        Points{{0, 0}, {0.3, 0}, {0.36, 0}});
  CHECK(visible_points({}, s, 0).empty());
  const auto ends_in = [&](std::array<double, 2> last) {
    const ContourPlot path{"x", "y", bowl(), {}, {{"", {{0, 0}, last}}}};
    const std::string picture = plot(path, small);
    std::string found;
    for (const char c : picture.substr(0, picture.find("++-")))
      if (std::string("^v<>").find(c) != std::string::npos) found += c;
    return found;
  };
  CHECK(ends_in({0.2, 7}) == "^");
  CHECK(ends_in({0.2, -7}) == "v");
  CHECK(ends_in({-7, 0.2}) == "<");
  CHECK(ends_in({7, 0.2}) == ">");
  CHECK(ends_in({1, 0.2}) == "");
}

TEST_CASE("a path far outside is cut at the edges") {
  ContourPlot contours{.x_name = "x",
                       .y_name = "y",
                       .surface = bowl(),
                       .levels = {},
                       .paths = {{"", {{-1e6, 0}, {1e6, 0}}}, {"", {{-1e9, 3}, {1e9, 3}}}}};
  const std::string picture = plot(contours, small);
  CHECK(std::count(picture.begin(), picture.end(), '*') == 35 + 1);  // one line across
  CHECK(std::count(picture.begin(), picture.end(), 'o') == 1);       // only in the legend
}

TEST_CASE("an invalid size is refused") {
  CHECK_THROWS_AS(plot(ContourPlot{"x", "y", bowl(), {}}, {.width = 23}), ValueError);
}
