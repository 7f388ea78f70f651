#include "pictures/panels.h"

#include <doctest/doctest.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pictures/plot_file.h"
#include "terminal/command.h"

using namespace gradus;
using doctest::Contains;

namespace {

Panel lines(const char* name, double top, int height, bool on_request = false) {
  LinesPlot plot{.x_name = "step",
                 .y_name = name,
                 .lines = {{"falls", {0, 8}, {top, 0}}, {"rises", {0, 4}, {0, top}, "37"}},
                 .title = std::string("the ") + name,
                 .height = height};
  plot.legend = std::string_view(name) == "rate";
  return {name, plot, on_request};
}

Panel map() {
  ContourPlot plot{
      "w", "b", {-1, 1, -1, 1, 2, 2, {0, 1, 1, 2}}, {1}, {{"falls", {{0, 0}, {0.5, 9}}}}};
  plot.title = "the path";
  return {"path", plot};
}

std::ptrdiff_t count_lines(const std::string& text) { return std::ranges::count(text, '\n'); }

const PlotOptions ascii{.width = 64, .ascii = true};

}  // namespace

TEST_CASE("panels stand below each other, with y axes in one column") {
  CHECK(arrange({lines("rate", 1, 4), lines("loss", 0.001, 4)}, ascii, 0) == R"(the rate
      1 +**********             oooo^37
        |          ****ooooooooo****
    0.5 +     ooooooooo             ******************
      0 +ooooo                                        **********
        ++------------+-------------+------------+-------------+
   step  0            2             4            6             8
  * falls
  o rises

the loss
  0.001 +**********             oooo^37
        |          ****ooooooooo****
 0.0005 +     ooooooooo             ******************
      0 +ooooo                                        **********
        ++------------+-------------+------------+-------------+
   step  0            2             4            6             8
)");
}

TEST_CASE("on a low screen panels are lower, then beside each other, then fewer") {
  const std::vector<Panel> panels{lines("rate", 1, 10), lines("loss", 2, 12), map()};
  const std::string tall = arrange(panels, ascii, 0);
  CHECK(count_lines(tall) == 58);
  struct Case {
    int rows;
    bool map, beside, hint;
  };
  for (const Case& c : {Case{59, true, false, false},
                        {58, true, false, false},
                        {45, true, false, false},
                        {35, true, true, false},
                        {20, true, true, false},
                        {14, false, true, true},
                        {10, false, true, true}}) {
    CAPTURE(c.rows);
    const std::string text = arrange(panels, ascii, c.rows);
    CHECK(count_lines(text) <= c.rows);
    CHECK((text.find("the path") != text.npos) == c.map);
    const std::string first = text.substr(0, text.find('\n'));
    CHECK((first.find("the rate") != first.npos && first.find("  the ") != first.npos) == c.beside);
    CHECK((text.find("--plot term:tall") != text.npos) == c.hint);
    CHECK(text.find("rises") != text.npos);
  }
  CHECK(arrange({lines("rate", 1, 4), lines("loss", 1, 4)}, ascii, 10) ==
        R"(the rate                         the loss
   1 +*****     oo^37               1 +*****     oo^37
     |     **ooo**                    |     **ooo**
 0.5 +   oooo     ********        0.5 +   oooo     ********
   0 +ooo                 *****     0 +ooo                 *****
     ++--------------+---------       ++--------------+---------
step  0              5           step  0              5
  * falls
  o rises
)");
}

TEST_CASE("panels are chosen and ordered by their names") {
  const std::vector<Panel> panels{lines("rate", 1, 4), lines("loss", 1, 4),
                                  lines("accuracy", 1, 4, true)};
  const auto names = [&](const std::vector<std::string>& asked) {
    LookOptions look;
    look.panels = asked;
    std::string out;
    for (const Panel& panel : look.choose(panels)) out += panel.name + " ";
    return out;
  };
  CHECK(names({}) == "rate loss ");
  CHECK(names({"accuracy", "rate"}) == "accuracy rate ");
  CHECK(names({"path", "loss"}) == "loss ");  // no path here
  CHECK_THROWS_WITH_AS(names({"path"}),
                       "--panels: must be among rate, loss, accuracy here (got path)", UsageError);
  LookOptions look;
  look.panels = {"los"};
  CHECK_THROWS_WITH_AS(look.check_and_want_data(), Contains("did you mean loss?"), UsageError);
  look.panels = {};
  look.size = "poster";
  CHECK_THROWS_WITH_AS(look.check_and_want_data(), "--size: must be page or slide (got 'poster')",
                       UsageError);
  look.log_y = true;
  for (const Panel& panel : look.choose(panels)) CHECK(std::get<LinesPlot>(panel.drawing).log_y);
}

TEST_CASE(
    "in files a constant has an axis from 0, stairs are stairs, and a path ends in an arrow") {
  const std::vector<LabelledSchedule> curves{{"it's", Schedule(0.5)}};
  const std::string constant = to_gnuplot({"rate", rates_plot(curves, 4)}, {});
  CHECK(constant.find("set yrange [0:0.525]") != constant.npos);
  CHECK(constant.find("title 'it''s'") != constant.npos);
  const LinesPlot level{.x_name = "step", .y_name = "loss", .lines = {{"", {0, 1}, {2, 2}}}};
  CHECK(to_gnuplot({"loss", level}, {}).find("set yrange [0:2.1]") != std::string::npos);
  const std::vector<LabelledSchedule> jump{{"", linear(1, 1, 2) >> Schedule(3.0)}};
  CHECK(to_gnuplot({"rate", rates_plot(jump, 4)}, {}).find("1 1\n2 1\n2 3\n3 3\n4 3\n") !=
        std::string::npos);
  const LinesPlot none{
      .x_name = "step", .y_name = "loss", .lines = {{"", {0, 9}, {0, NAN}}}, .log_y = true};
  CHECK(to_gnuplot({"noise", none}, {}).find("set yrange [0:1]") != std::string::npos);
  const LinesPlot dots{.x_name = "step",
                       .y_name = "loss",
                       .lines = {{"", {0, 9}, {1, 1}, "", {{3, 2, 0.5}, {6, 3, NAN}}}}};
  const std::string measured = to_gnuplot({"loss", dots}, {});
  CHECK(measured.find("$dots0 << END\n3 2 0.5\n6 3 0\nEND") != measured.npos);
  CHECK(measured.find("$dots0 with yerrorbars") != measured.npos);
  const std::string path = to_gnuplot(map(), {});
  CHECK(path.find("set arrow from 0,0 to 0.0555") != path.npos);
  CHECK(to_gnuplot(lines("loss", 1, 4), {}).find("using 1:2:('37') with labels") !=
        std::string::npos);
}
