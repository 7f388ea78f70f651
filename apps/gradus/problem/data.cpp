#include "problem/data.h"

#include <chrono>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"

using namespace gradus;

namespace {

struct NamedData {
  const char* name;
  double noise, default_noise;  ///< without --noise; without `.noise` in C++
  int rows;                     ///< 0: the default in C++
  Dataset (*make)(const NamedData& which, double noise, std::uint64_t seed);
  const char* function = name;  ///< make_...() in C++
  const char* more = "";        ///< its further options
};
template <class Options, Dataset (*function)(const Options&)>
Dataset make(const NamedData& which, double noise, std::uint64_t seed) {
  Options options{.noise = noise, .seed = seed};
  if (which.rows > 0) options.rows = which.rows;
  return function(options);
}
/// A line over inputs far from 0: weight and bias depend on each other.
Dataset make_ravine(const NamedData& which, double noise, std::uint64_t seed) {
  return make_line({.rows = which.rows, .noise = noise, .seed = seed, .low = 0, .high = 5});
}
constexpr NamedData all_data[] = {
    {"line", 0.1, 0.1, 200, make<LineOptions, make_line>},
    {"ravine", 0.1, 0.1, 200, make_ravine, "line", ", .low = 0, .high = 5"},
    {"xor", 0.1, 0, 200, make<XorOptions, make_xor>},
    {"moons", 0.1, 0.1, 200, make<MoonsOptions, make_moons>},
    {"spirals", 0.02, 0.02, 200, make<SpiralsOptions, make_spirals>},
    {"blobs", 1, 1, 200, make<BlobsOptions, make_blobs>},
    {"digits", 0.5, 0.5, 0, make<DigitsOptions, make_digits>},
};

double noise_of(const NamedData& data, const DataOptions& options) {
  if (options.noise.empty()) return data.noise;
  return options.noise == "0" ? 0 : read_positive("--noise", options.noise);
}

const NamedData& find_data(const char* where, const std::string& name) {
  return choose(all_data, where, name, ", or a file");
}

/// The character that an option gives; 0 without one.
char read_mark(const char* option, const std::string& text) {
  if (text.empty() || text == "blanks") return text.empty() ? '\0' : ' ';
  if (text == "tab" || text == "\\t") return '\t';
  check<UsageError>(text.size() == 1, "{}: must be one character, tab or blanks (got '{}')", option,
                    clean(text));
  return text[0];
}

struct NamedTask {
  const char* name;
  Task task;
};
constexpr NamedTask all_tasks[] = {{"auto", Task::automatic},
                                   {"classification", Task::classification},
                                   {"regression", Task::regression}};

CsvOptions to_csv_options(const DataOptions& options) {
  std::vector<std::string> one_hot = options.one_hot;
  const bool automatic = std::erase(one_hot, "auto") > 0;
  return {.label = options.label,
          .task = choose(all_tasks, "--task", options.task).task,
          .header = !options.no_header,
          .separator = read_mark("--separator", options.separator),
          .decimal = read_mark("--decimal", options.decimal),
          .comment = read_mark("--comment", options.comment),
          .drop_missing = options.drop_missing,
          .missing = options.missing,
          .ignore = options.ignore,
          .one_hot = one_hot,
          .one_hot_auto = automatic};
}

/// Standard input is gone once it is read.
void check_can_read(const std::string& file) {
  static bool was_read = false;
  check<UsageError>(file != "-" || !std::exchange(was_read, true),
                    "standard input can be read once; write it to a file first");
}

/// Adds sentences, those that are new.
void add_notes(TrainingData& data, const std::vector<std::string>& notes) {
  for (const std::string& note : notes)
    if (std::ranges::count(data.notes, as_options(note)) == 0)
      data.notes.push_back(as_options(note));
}

/// Which rows are held out, for people.
std::string about_held_out(const TrainingData& data, const HeldOut& held_out, std::uint64_t seed) {
  const std::int64_t rows = data.held_out.x.shape()[0];
  if (!held_out.file.empty())
    return fmt::format("held out: {} rows of {}", rows, clean(held_out.file));
  if (held_out.last) return fmt::format("held out: the last {} rows", rows);
  const bool classes = data.prepared && !data.prepared->target.classes.empty();
  return fmt::format("held out: {} rows at random by --seed {}{}", rows, seed,
                     classes ? ", the same share of each class" : "");
}

void check_share(const HeldOut& held_out, std::int64_t rows) {
  const std::int64_t kept = rows_kept(rows, held_out.share);
  check<UsageError>(held_out.share == 0 || (kept > 0 && kept < rows),
                    "--validation-split{}: must leave rows on both sides (got {} of {} rows)",
                    held_out.last ? "-last" : "", held_out.share, rows);
}

/// Reads a file. A bar shows how far, on a terminal after half a second.
Table read_slowly(const std::string& path, CsvOptions options) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point next = Clock::now() + std::chrono::milliseconds(500);
  EraseBar erase(false);
  options.progress = [&](double share) {
    if (Clock::now() < next) return;
    next = Clock::now() + std::chrono::milliseconds(50);
    erase.drawn = can_redraw();
    if (erase.drawn) write_stderr(bar(fmt::format("reading {}", clean(path)), share));
  };
  return read_table(path, options);
}

TrainingData read_file(const DataOptions& options, const HeldOut& held_out, std::uint64_t seed) {
  check_can_read(options.name);
  TableSplit parts{read_slowly(options.name, to_csv_options(options)), {}};
  TrainingData data;
  add_notes(data, parts.train.notes);
  check_share(held_out, static_cast<std::int64_t>(parts.train.rows()));
  if (held_out.share > 0)
    parts = split(std::move(parts.train), held_out.share, {.seed = seed, .last = held_out.last});
  data.prepared = prepare(parts.train, {.scale_target = !options.no_target_scale});
  if (!held_out.file.empty()) parts.test = read_table(held_out.file, *data.prepared);
  data.data = (*data.prepared)(std::move(parts.train));
  if (parts.test.rows() > 0) data.held_out = (*data.prepared)(std::move(parts.test));
  add_notes(data, data.held_out.notes);
  return data;
}

TrainingData split_rows(const Dataset& all, const HeldOut& held_out, std::uint64_t seed) {
  const std::int64_t rows = all.x.shape()[0], kept = rows_kept(rows, held_out.share);
  check_share(held_out, rows);
  if (held_out.share == 0) return {all};
  const auto cut = [&](std::int64_t begin, std::int64_t end) {
    return Dataset{.x = slice(all.x, 0, begin, end), .y = slice(all.y, 0, begin, end)};
  };
  if (held_out.last) return {cut(0, kept), cut(kept, rows)};
  Split parts = split(all, held_out.share, seed);
  return {std::move(parts.train), std::move(parts.test)};
}

std::string list_code(const std::vector<std::string>& list) {
  std::string out = "{";
  for (const std::string& text : list)
    out += fmt::format("{}{}", out.size() > 1 ? ", " : "", quoted(text, '\"'));
  return out + "}";
}

/// The call of read_table() in C++: each option that was given is a field.
std::string table_code(DataOptions options, const TableTarget& target) {
  const std::string name = std::exchange(options.name, DataOptions().name);
  options.task = target.classes.empty() ? "regression" : "classification";
  options.no_target_scale = false;
  const bool automatic = std::erase(options.one_hot, "auto") > 0;
  const std::vector<OptionWords> all = all_options(options), defaults = all_options(DataOptions());
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [option, values, kind, list] = all[i];
    if (values == defaults[i].values) continue;
    std::string field = key_of(option), code = "true";
    std::ranges::replace(field, '-', '_');
    if (field == "no_header") field = "header", code = "false";
    if (list) code = list_code(values);
    if (kind == "COLUMN") code = quoted(values[0], '"');
    if (kind == "TASK") code = "Task::" + values[0];
    if (kind == "CHAR") code = quoted(std::string(1, read_mark("", values[0])), '\'');
    out += fmt::format("{}.{} = {}", out.empty() ? "" : ", ", field, code);
  }
  if (automatic) out += fmt::format("{}.one_hot_auto = true", out.empty() ? "" : ", ");
  return fmt::format("read_table({}{})", quoted(name, '"'),
                     out.empty() ? "" : fmt::format(", {{{}}}", out));
}

/// The call of make_...() in C++.
std::string make_code(const DataOptions& options, std::uint64_t seed) {
  const NamedData& data = find_data("--data", options.name);
  const double noise = noise_of(data, options);
  std::string out;
  if (data.rows > 0) out += fmt::format(".rows = {}, ", data.rows);
  if (noise != data.default_noise) out += fmt::format(".noise = {}, ", noise);
  return fmt::format("make_{}({{{}.seed = {}{}}})", data.function, out, seed, data.more);
}

}  // namespace

std::vector<std::string> data_names() { return names_of(all_data); }

bool is_file(const std::string& name) {
  const auto known = data_names();
  return std::ranges::count(known, name) == 0 && is_path(name);
}

Dataset make_data(const char* where, const DataOptions& options, std::uint64_t seed) {
  const NamedData& data = find_data(where, options.name);
  return data.make(data, noise_of(data, options), seed);
}

TrainingData read_data(const DataOptions& options, const HeldOut& held_out, std::uint64_t seed) {
  TrainingData data;
  if (is_file(options.name)) {
    check<UsageError>(options.noise.empty(),
                      "--noise: must be given only with synthetic data (got a file)");
    try {
      data = read_file(options, held_out, seed);
    } catch (const Error& error) {
      throw UsageError(as_options(error.what()));
    }
  } else {
    const Dataset all = make_data("--data", options, seed);
    DataOptions others = options;
    others.name = DataOptions().name, others.noise = "";
    std::vector<std::string> words = words_of(others);
    if (!held_out.file.empty()) words.push_back("--validation");
    check<UsageError>(words.empty(), "{}: must be given only with a file (got --data {})",
                      words.empty() ? "" : words[0], options.name);
    data = split_rows(all, held_out, seed);
  }
  if (data.held_out.x.size() > 0) data.notes.push_back(about_held_out(data, held_out, seed));
  return data;
}

Dataset read_rows(const std::string& file, Preparation prepared, bool labelled) {
  check_can_read(file);
  prepared.gaps.drop = true;
  try {
    return prepared(read_table(file, prepared, labelled));
  } catch (const Error& error) {  // the options in its advice are those of training
    std::string what = as_options(error.what());
    if (what.ends_with(')'))
      what.erase(std::min({what.find(" (give --"), what.find(" (leave out --"), what.size()}));
    throw UsageError(what);
  }
}

std::string data_code(const DataOptions& options, const HeldOut& held_out,
                      const std::optional<Preparation>& prepared, std::uint64_t seed) {
  const bool parts = held_out.share > 0;
  const std::string made = prepared ? "" : make_code(options, seed);
  if (!prepared && parts && !held_out.last)
    return fmt::format("  const auto [data, test] = split({}, {}, {});\n", made, held_out.share,
                       seed);
  if (!prepared) return fmt::format("  const Dataset data = {};\n", made);
  const char* rows = parts ? "rows" : "table";
  std::string out =
      fmt::format("  const Table table = {};\n", table_code(options, prepared->target));
  if (parts)
    out +=
        fmt::format("  const auto [rows, held_out] = split(table, {}, {{{}}});\n", held_out.share,
                    held_out.last ? ".last = true" : fmt::format(".seed = {}", seed));
  out += fmt::format("  const Preparation prepared = prepare({}{});\n", rows,
                     options.no_target_scale ? ", {.scale_target = false}" : "");
  out += fmt::format("  const Dataset data = prepared({})", rows);
  if (parts) out += ", test = prepared(held_out)";
  if (!held_out.file.empty())
    out += fmt::format(",\n                test = prepared(read_table({}, prepared))",
                       quoted(held_out.file, '"'));
  return out + ";\n";
}
