#include "pictures/look_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "pictures/plot_file.h"
#include "terminal/command.h"
#include "terminal/terminal.h"
#include "terminal/text.h"

bool LookOptions::wants_terminal() const { return std::ranges::count(plots, "term") > 0; }

bool LookOptions::check_and_want_data() const {
  if (csv && json) throw UsageError("--csv and --json: must not both be given");
  if ((csv || json) && wants_terminal())
    throw UsageError("--plot term: must not be combined with --csv or --json");
  if (color != "auto" && color != "always" && color != "never")
    throw UsageError(
        fmt::format("--color: must be auto, always or never (got '{}')", clean(color)));
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
