#include <gradus/schedules/plot.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/cosine_decay_restarts.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/known.h>

using namespace gradus;
using doctest::Contains;

namespace {

const PlotOptions small{.width = 40, .height = 8, .ascii = true};
const Schedule stairs = ExponentialDecay{
    .initial_learning_rate = 0.1, .decay_steps = 25, .decay_rate = 0.5, .staircase = true};

std::vector<std::string> lines_of(const std::string& picture) {
  std::vector<std::string> out(1);
  for (const char c : picture)
    if (c == '\n')
      out.emplace_back();
    else
      out.back() += c;
  CHECK(out.back() == "");  // it ends with a newline
  out.pop_back();
  return out;
}

std::size_t characters(const std::string& utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// The line with this label on the y axis.
std::string line_at(const std::string& picture, const std::string& label) {
  for (const std::string& line : lines_of(picture))
    if ((" " + line).find(" " + label + " +") != std::string::npos) return line;
  return "no line is labelled " + label;
}

/// Checks that hold for every picture without colours.
void check_form(const std::string& picture, const PlotOptions& options, std::size_t legend) {
  const std::vector<std::string> lines = lines_of(picture);
  CHECK(lines.size() == static_cast<std::size_t>(options.height) + 2 + legend);
  for (const std::string& line : lines) {
    CHECK(characters(line) <= static_cast<std::size_t>(options.width));
    CHECK(line.find_last_not_of(' ') == line.size() - 1);
  }
  const bool is_ascii =
      std::all_of(picture.begin(), picture.end(), [](char c) { return c > 0 && c < 0x7f; });
  CHECK(is_ascii == options.ascii);
}

/// In ASCII: the curve is in every column, and its parts in neighbouring columns touch.
void check_connected(const std::string& picture, const PlotOptions& options) {
  const std::vector<std::string> lines = lines_of(picture);
  const std::size_t left = lines[static_cast<std::size_t>(options.height)].find('+') + 1;
  int last_top = -1, last_bottom = options.height;
  for (std::size_t x = left; x < static_cast<std::size_t>(options.width); ++x) {
    int top = options.height, bottom = -1;
    for (int y = 0; y < options.height; ++y) {
      const std::string& line = lines[static_cast<std::size_t>(y)];
      if (x >= line.size() || line[x] != '*') continue;
      top = std::min(top, y);
      bottom = y;
    }
    CHECK(bottom >= 0);
    CHECK(top <= last_bottom + 1);
    CHECK(bottom >= last_top - 1);
    last_top = top;
    last_bottom = bottom;
  }
}

/// A random schedule with values from 1e-320 to 1e308.
Schedule any_schedule(std::mt19937& random, int depth) {
  const auto below = [&](std::size_t n) { return random() % n; };
  const double sign = below(2) == 0 ? 1 : -1;
  const int exponent = below(4) == 0 ? static_cast<int>(below(2080)) - 1060 : 0;
  const double rate = std::ldexp(sign, exponent) / static_cast<double>(1 + below(100));
  const double steps = static_cast<double>(1 + below(1000)) / 4;
  if (depth == 0) {
    switch (below(4)) {
      case 0:
        return rate;
      case 1:
        return linear(rate, rate / 3, steps);
      case 2:
        return [=](double step) { return step == std::floor(steps) ? rate : 0.1; };
      default:
        return known_schedules()[below(known_schedules().size())].example;
    }
  }
  const Schedule a = any_schedule(random, depth - 1);
  if (below(2) == 0) return a.take(steps) >> any_schedule(random, depth - 1);
  return below(2) == 0 ? stretch(a, steps) : clamp(a, 0.01, 0.1) + 1;
}

}  // namespace

TEST_CASE("pictures of a line, a staircase and a constant") {
  CHECK(plot(linear(0, 0.1, 100), 100, small) == R"(  0.1 +                               **
      |                           ****
0.075 +                      *****
      |                 *****
 0.05 +            *****
0.025 +        ****
      |   *****
    0 +***
      ++---------------+---------------+
 step  0              50             100
)");
  CHECK(plot(stairs, 100, small) == R"(  0.1 +*********
      |        *
0.075 +        *
      |        *
 0.05 +         ********
0.025 +                 ********
      |                         ********
    0 +
      ++---------------+---------------+
 step  0              50             100
)");
  CHECK(plot(0.1, 100, small) == R"(  0.1 +*********************************
      |
0.075 +
      |
 0.05 +
0.025 +
      |
    0 +
      ++---------------+---------------+
 step  0              50             100
)");
}

TEST_CASE("a picture in Braille") {
  const Schedule tent = linear(0, 0.1, 50) >> linear(0.1, 0, 50);
  CHECK(plot(tent, 100, {.width = 40, .height = 5}) == R"( 0.1 ┤              ⣀⠤⠒⠉⠢⢄⡀
     │           ⡠⠔⠊      ⠈⠑⠢⢄
0.05 ┤       ⣀⠤⠒⠉             ⠉⠢⠤⣀
     │   ⢀⡠⠔⠊                     ⠑⠢⢄
   0 ┤⣀⠔⠊⠁                           ⠉⠒⢤
     └┬────────────────┬───────────────┬
step  0               50             100
)");
}

TEST_CASE("curves differ by marks, dashes or colours, and are named below") {
  PlotOptions options{.width = 40, .height = 5};
  const std::vector<LabelledSchedule> curves{
      {"up", linear(0, 0.1, 100)},
      {"stairs", stairs},
      {"a label that is too long for the width of this", 0.05},
      {"x\ny  ", 0.025}};
  const std::string dashed = plot(curves, 100, options);
  CHECK(dashed == R"( 0.1 ┤⠉⠉⠉ ⠉⠉⠉ ⢱                   ⣀⣀⠤⠤⠒⠊
     │        ⠘            ⣀⡠⠤⠔⠒⠊⠉
0.05 ┤⠄ ⠄ ⠄ ⠄ ⠼⠤⠄⠠⠤⠤⣄⡠⠤⡔⠖⠊⠍ ⠄ ⠄ ⠄ ⠄ ⠄ ⠄
     │⠤⠤⠤ ⠤ ⢤⣤⡤⠤⠶⠒⠭⠭⠤ ⠤⠃⠤⠤⠤ ⠤⠤⠤⠤⠤ ⠤ ⠤⠤⠤
   0 ┤⣀⡠⠤⠒⠒⠉⠁                  ⠘⠒⠒ ⠒⠒⠒ ⠒
     └┬────────────────┬───────────────┬
step  0               50             100
  ⠤⠤⠤⠤⠤⠤⠤ up
  ⠤⠤⠤ ⠤⠤⠤ stairs
  ⠄ ⠄ ⠄ ⠄ a label that is too long fo...
  ⠤⠤⠤ ⠤ ⠤ x y
)");
  check_form(dashed, options, 4);

  options.color = true;
  CHECK(plot({{"up", linear(0, 0.1, 100)}, {"stairs", stairs}}, 100, options) ==
        " 0.1 ┤\x1b[33m⠉⠉⠉⠉⠉⠉⠉⠉⢱                   \x1b[36m⣀⣀⠤⠤⠒⠊\x1b[0m\n"
        "     │        \x1b[33m⢸            \x1b[36m⣀⡠⠤⠔⠒⠊⠉\x1b[0m\n"
        "0.05 ┤        \x1b[33m⠸⠤⠤⠤⠤⠤⣤⡤⠤⡔\x1b[36m⠒⠊⠉\x1b[0m\n"
        "     │      \x1b[36m⢀⣀⡠⠤⠒⠒⠉⠉   \x1b[33m⠧⠤⠤⠤⠤⠤⠤⠤⢄\x1b[0m\n"
        "   0 ┤\x1b[36m⣀⡠⠤⠒⠒⠉⠁                  \x1b[33m⠘⠒⠒⠒⠒⠒⠒⠒⠒\x1b[0m\n"
        "     └┬────────────────┬───────────────┬\n"
        "step  0               50             100\n"
        "  \x1b[36m⠤⠤⠤⠤⠤⠤⠤\x1b[0m up\n"
        "  \x1b[33m⠤⠤⠤⠤⠤⠤⠤\x1b[0m stairs\n");

  options = small;
  const std::string marked = plot(curves, 100, options);
  CHECK(marked == R"(  0.1 +ooooooooo                      **
      |        o                  ****
0.075 +        o             *****
      |        o        *****
 0.05 ++++++++++++++++++++++++++++++++++
0.025 +xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      |   *****                 oooooooo
    0 +***
      ++---------------+---------------+
 step  0              50             100
  * up
  o stairs
  + a label that is too long for the ...
  x x y
)");
  CHECK(plot({{"", 0.1}}, 100, small) == plot(0.1, 100, small) + "  *\n");

  // Dashes follow the curve, steep or not.
  CHECK(plot({{"", 0}, {"dashed", linear(0, 0.1, 20) >> 0.1}}, 100, {.width = 40, .height = 5}) ==
        R"( 0.1 ┤      ⡔⠉⠁⠈⠉⠉⠁⠈⠉⠉⠁⠈⠉⠉⠁⠈⠉⠉⠁⠈⠉⠉⠁⠈⠉⠉⠁⠈
     │    ⢀⠄
0.05 ┤   ⡠⠃
     │ ⢀⠄
   0 ┤⣠⣃⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
     └┬────────────────┬───────────────┬
step  0               50             100
  ⠤⠤⠤⠤⠤⠤⠤
  ⠤⠤⠤ ⠤⠤⠤ dashed
)");
}

TEST_CASE("a label outside ASCII is cut between its characters") {
  std::string label;
  for (int i = 0; i < 50; ++i) label += "é";
  const std::string last = lines_of(plot({{label, 0.1}}, 10, {.width = 24, .ascii = true})).back();
  CHECK(last == "  * ééééééééééééééééé...");
  CHECK(lines_of(plot({{label.substr(0, 40), 0.1}}, 10, {.width = 24, .ascii = true})).back() ==
        "  * " + label.substr(0, 40));
}

TEST_CASE("a label on the y axis stands where the curve has its value") {
  for (const int height : {8, 9, 16, 17, 30}) {
    const PlotOptions options{.height = height, .ascii = true};
    for (const double v : {0.0, 0.025, 0.05, 0.075, 0.1}) {
      const std::string picture = plot({{"top", 0.1}, {"this", v}}, 100, options);
      CHECK(line_at(picture, fmt::format("{}", v)).back() == 'o');
    }
  }
}

TEST_CASE("a label on the x axis stands at its step's column") {
  for (const Step steps : {10, 100, 1003, 1000000}) {
    const Step tick = steps - steps % 10;
    for (const Step step : {tick / 5, 2 * tick / 5, 3 * tick / 5, 4 * tick / 5}) {
      const Schedule jump = linear(0, 0, step) >> Schedule(1.0);
      const std::vector<std::string> lines = lines_of(plot(jump, steps, {.ascii = true}));
      CAPTURE(step);
      const std::size_t column = lines[8].find('*');  // of the stroke
      CHECK(lines[17][column] == '+');
      CHECK(lines[18].find(fmt::format("{:g}", static_cast<double>(step))) <= column);
      CHECK(lines[18].find(fmt::format("{:g}", static_cast<double>(step))) + 7 > column);
    }
  }
}

TEST_CASE("the y axis starts at 0, or near the least of values far above it") {
  const std::string momentum = plot(linear(0.95, 0.85, 1000), 1000, small);
  CHECK(line_at(momentum, "0.85").back() == '*');
  CHECK(line_at(momentum, "0.95").back() == '*');  // although the last update has 0.8501
  CHECK(momentum.find(" 0 +") == std::string::npos);
  CHECK(line_at(plot(linear(0.1, 0.05, 10), 10, small), "0").back() == '+');
  CHECK(line_at(plot(linear(1, 1 + 1e-9, 10), 10, small), "1").back() == '*');
  CHECK(line_at(plot(linear(1, 1 + 1e-9, 10), 10, small), "0").back() == '+');
  CHECK(line_at(plot(0, 10, small), "0").back() == '*');
  CHECK(line_at(plot(-1, 10, small), "0").back() == '+');
  CHECK(line_at(plot(-1, 10, small), "-1").back() == '*');
  CHECK(line_at(plot(1e-5, 10, small), "1e-05").back() == '*');
}

TEST_CASE("a peak of a single step is drawn to its top") {
  for (const Step steps : {3, 100, 100000}) {
    for (const Step peak : {Step{0}, Step{1}, steps / 3, steps - 1}) {
      const Schedule s = [=](double t) { return t == static_cast<double>(peak) ? 0.1 : 0.01; };
      CAPTURE(steps);
      CAPTURE(peak);
      CHECK(line_at(plot(s, steps, {.ascii = true}), "0.1").find('*') != std::string::npos);
    }
  }
  // The restart after 750000 of 10^6 steps.
  const Schedule restarts =
      CosineDecayRestarts{.initial_learning_rate = 0.1, .first_decay_steps = 750000, .t_mul = 1};
  const std::string top = line_at(plot(restarts, 1000000, {.ascii = true}), "0.1");
  CHECK(top.rfind('*') > 50);
}

TEST_CASE("only the steps of updates are plotted") {
  const Schedule s = [](double step) {
    CHECK(step == std::floor(step));
    CHECK(step >= 0);
    CHECK(step < 777);
    return step;
  };
  plot(s, 777);
  const Schedule late = [](double step) { return step < 100 ? 1 : std::nan(""); };
  CHECK_NOTHROW(plot(late, 100));
  CHECK_THROWS_AS(plot(late, 101), NumericError);
}

TEST_CASE("plot refuses bad options") {
  const auto refuses = [](Step steps, const PlotOptions& options, const char* text) {
    CHECK_THROWS_WITH_AS(plot(0.1, steps, options), text, ValueError);
  };
  refuses(0, {}, "plot: steps must be >= 1 (got 0)");
  refuses(-3, {}, "plot: steps must be >= 1 (got -3)");
  refuses(1, {.width = 23}, "plot: width must be in [24, 1000] (got 23)");
  refuses(1, {.width = 1001}, "plot: width must be in [24, 1000] (got 1001)");
  refuses(1, {.height = 3}, "plot: height must be in [4, 500] (got 3)");
  refuses(1, {.height = 501}, "plot: height must be in [4, 500] (got 501)");
  CHECK_THROWS_WITH_AS(plot(std::vector<LabelledSchedule>{}, 10),
                       "plot: curves must not be empty (got 0)", ValueError);
}

TEST_CASE("the number of steps may be anything") {
  for (const Step steps : {Step{1}, Step{2}, Step{7}, Step{1000000000}, Step{1} << 53,
                           std::numeric_limits<Step>::max()}) {
    CAPTURE(steps);
    for (const int width : {24, 72, 1000}) {
      const PlotOptions options{.width = width, .height = 4, .ascii = true};
      const Schedule s = cosine(0.1, 0, static_cast<double>(steps));
      check_form(plot(s, steps, options), options, 0);
      check_connected(plot(s, steps, options), options);
    }
  }
  CHECK(lines_of(plot(0.1, 1000000000, small)).back() ==
        " step  0             5e+08         1e+09");
  CHECK(lines_of(plot(0.1, 12, {.ascii = true})).back().find("2.5") == std::string::npos);
  // Where there is no room for a label, there is no tick either.
  CHECK(plot(1.25e-101, 2000000000, {.width = 24, .height = 4, .ascii = true}) ==
        R"(       |****************
1e-101 +
5e-102 +
     0 +
       ++-------+-------
  step  0     1e+09
)");
}

TEST_CASE("numbers of any size") {
  const auto steep = [](double end) {
    const Schedule s = [=](double step) { return end * (step / 49.5 - 1); };
    return plot(s, 100, {.width = 40, .height = 9, .ascii = true});
  };
  CHECK(line_at(steep(1e-290), "0") == line_at(steep(1e290), "0"));
  CHECK(line_at(steep(1e308), "-4e+307").find('*') != std::string::npos);  // not beyond
  CHECK(line_at(steep(1e308), "4e+307").find('*') != std::string::npos);
}

TEST_CASE("any schedule makes a picture of the requested size, with a curve without gaps") {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    const Schedule s = any_schedule(random, i % 3);
    const Step steps = 1 + random() % (i % 2 == 0 ? 20 : 2000);
    PlotOptions options{.width = 24 + static_cast<int>(random() % 60),
                        .height = 4 + static_cast<int>(random() % 20)};
    CAPTURE(to_string(s));
    CAPTURE(steps);
    check_form(plot(s, steps, options), options, 0);
    check_form(plot({{"one", s}, {"two", 0.1}}, steps, options), options, 2);
    options.ascii = true;
    check_form(plot(s, steps, options), options, 0);
    check_connected(plot(s, steps, options), options);
  }
}

TEST_CASE("a logarithmic axis makes a decay a straight line") {
  PlotOptions options = small;
  options.log_y = true;
  const Schedule decay = ExponentialDecay{1.0, 30, 0.001};
  const std::string picture = plot(decay, 30, options);
  check_form(picture, options, 0);
  CHECK(picture ==
        "   1 +****\n"
        "     |    ****\n"
        " 0.1 +        *****\n"
        "     |             ****\n"
        "     |                 *****\n"
        "0.01 +                      *****\n"
        "     |                           ****\n"
        "     |                               ***\n"
        "     ++-----------+----------+---------+\n"
        "step  0          10         20        30\n");
}

TEST_CASE("on a logarithmic axis 0 lies at the lower end, and all values may be 0") {
  PlotOptions options = small;
  options.log_y = true;
  const Schedule late([](double step) { return step < 10 ? 0.0 : 20 * step; });
  const std::string picture = plot(late, 30, options);
  CHECK(lines_of(picture)[7].starts_with(" 200 +************"));  // the treads of 0 and of 200
  CHECK(line_at(picture, "500").find('*') != std::string::npos);
  CHECK(plot(-1, 10, options) == plot(-1, 10, small));
  CHECK(plot(0, 10, options) == plot(0, 10, small));
  check_form(plot(0.5, 10, options), options, 0);  // no decade at all
  check_form(plot(linear(1e-300, 1e300, 10), 10, options), options, 0);
}
