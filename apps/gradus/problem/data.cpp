#include "problem/data.h"

#include <fmt/format.h>
#include <gradus/models/read_csv.h>

#include <algorithm>

#include "terminal/command.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

struct NamedData {
  const char* name;
  double noise, default_noise;  ///< without --noise; without `.noise` in C++
  int rows;                     ///< 0: the default in C++
  Dataset (*make)(const NamedData& which, double noise, std::uint64_t seed);
};
template <class Options, Dataset (*function)(const Options&)>
Dataset make(const NamedData& which, double noise, std::uint64_t seed) {
  Options options{.noise = noise, .seed = seed};
  if (which.rows > 0) options.rows = which.rows;
  return function(options);
}
constexpr NamedData all_data[] = {
    {"line", 0.1, 0.1, 200, make<LineOptions, make_line>},
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
  return choose(all_data, where, name, ", or a file .csv or .csv.gz");
}

/// Calls read_csv(). Its errors name the options of C++: they become those of the command line, or
/// go where the command has none.
Dataset read_csv_file(const std::string& path, const CsvOptions& options, bool has_options = true) {
  constexpr const char* names[][2] = {
      {"read_csv: label ", "--label: "},
      {"read_csv: ignore ", "--ignore: "},
      {"read_csv: one_hot ", "--one-hot: "},
      {"set .drop_missing = true to leave", "--drop-missing leaves"},
      {"set .header = true if line 1 holds", "leave out --no-header if line 1 holds"},
      {"set .header = false if", "give --no-header if"},
      {"else name the label", "else --label"},
  };
  try {
    return read_csv(path, options);
  } catch (const Error& error) {
    std::string what = error.what();
    for (const auto& [there, here] : names)
      if (const std::size_t at = what.find(there); at != what.npos)
        what.replace(at, std::string_view(there).size(), here);
    if (!has_options && what.ends_with(')'))
      for (const char* hint : {" (--", " (give --"})
        what.erase(std::min(what.rfind(hint), what.size()));
    throw UsageError(what);
  }
}

std::string list_code(const std::vector<std::string>& list) {
  std::string out = "{";
  for (const std::string& text : list)
    out += fmt::format("{}{}", out.size() > 1 ? ", " : "", quoted(text, '\"'));
  return out + "}";
}

}  // namespace

std::vector<std::string> data_names() { return names_of(all_data); }

bool is_file(const std::string& name) {
  return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

Dataset read_data(const DataOptions& options, std::uint64_t seed) {
  if (is_file(options.name)) {
    check<UsageError>(options.noise.empty(),
                      "--noise: must be given only with synthetic data (got a file)");
    return read_csv_file(options.name, {.label = options.label,
                                        .header = !options.no_header,
                                        .drop_missing = options.drop_missing,
                                        .ignore = options.ignore,
                                        .one_hot = options.one_hot});
  }
  const NamedData& data = find_data("--data", options.name);
  check<UsageError>(options.label.empty() && options.ignore.empty() && options.one_hot.empty() &&
                        !options.drop_missing && !options.no_header && !options.no_target_scale,
                    "--label, --ignore, --one-hot, --drop-missing, --no-header and "
                    "--no-target-scale: must be given only with a file (got --data {})",
                    options.name);
  return data.make(data, noise_of(data, options), seed);
}

std::string data_code(const DataOptions& options, std::uint64_t seed) {
  std::string out;
  if (!is_file(options.name)) {
    const NamedData& data = find_data("--data", options.name);
    const double noise = noise_of(data, options);
    if (data.rows > 0) out += fmt::format(".rows = {}, ", data.rows);
    if (noise != data.default_noise) out += fmt::format(".noise = {}, ", noise);
    return fmt::format("make_{}({{{}.seed = {}}})", data.name, out, seed);
  }
  const auto add = [&](bool given, const char* name, const std::string& v) {
    if (given) out += fmt::format("{}.{} = {}", out.empty() ? "" : ", ", name, v);
  };
  add(!options.label.empty(), "label", quoted(options.label, '\"'));
  add(options.no_header, "header", "false");
  add(options.drop_missing, "drop_missing", "true");
  add(!options.ignore.empty(), "ignore", list_code(options.ignore));
  add(!options.one_hot.empty(), "one_hot", list_code(options.one_hot));
  return fmt::format("read_csv({}{})", quoted(options.name, '\"'),
                     out.empty() ? "" : fmt::format(", {{{}}}", out));
}

Dataset read_rows(const std::string& name, const DataOptions& options,
                  const TrainedColumns& trained, bool labelled, std::uint64_t seed) {
  if (!is_file(name)) {
    const NamedData& data = find_data("DATA", name);
    return data.make(data, noise_of(data, options), seed);
  }
  return read_csv_file(name,
                       {.label = labelled ? trained.label : "",
                        .header = !options.no_header,
                        .drop_missing = !labelled || options.drop_missing,
                        .one_hot = options.one_hot,
                        .columns = trained.columns,
                        .classes = trained.classes},
                       false);
}
