#include "commands/data.h"

#include <gradus/models/file.h>

#include "problem/data.h"
#include "terminal/command.h"
#include "terminal/files.h"

using namespace gradus;

std::string DataCommand::run() const {
  check<UsageError>(!data.empty(), "give the name of data, such as moons; see --help");
  const std::vector<std::string> names = data_names();
  if (std::ranges::count(names, data) == 0) refuse_name("NAME", data, names);
  if (!out.empty()) check_writable("--out", out);
  DataOptions options;
  options.name = data;
  options.noise = noise;
  const Dataset rows =
      make_data("NAME", options, static_cast<std::uint64_t>(read_whole("--seed", seed, 0)));
  std::string text;
  for (const std::string& column : rows.columns) text += column + ',';
  text += rows.classes.empty() ? "y\n" : "class\n";
  const std::size_t width = rows.columns.size();
  for (std::size_t i = 0; i < rows.x.values().size(); ++i) {
    text += fmt::format("{},", rows.x.values()[i]);
    if (i % width == width - 1) text += fmt::format("{}\n", rows.y.values()[i / width]);
  }
  if (out.empty()) return text;
  gradus::detail::write_file(out, {text});
  return fmt::format("wrote {}: {} rows\n", clean(out), rows.x.shape()[0]);
}
