#include "commands/compare_parts.h"

#include <fmt/format.h>
#include <gradus/models/file.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "terminal/text.h"

using namespace gradus;
using ParsedJson = nlohmann::json;

namespace {

void read(const ParsedJson& json, auto& out) { json.get_to(out); }
void read(const ParsedJson& json, std::vector<double>& out) {
  for (const ParsedJson& v : json)  // JSON has no infinity, and becomes null
    out.push_back(v.is_null() ? INFINITY : v.get<double>());
}

struct PartFile {
  ParsedJson shared;  ///< the same in all parts of a command
  std::size_t number, of;
  MergedParts part = {};
};

PartFile read_part_file(const std::string& path) {
  const std::string text = detail::read_file(path, std::int64_t{1} << 30);
  try {
    ParsedJson json = ParsedJson::parse(text);
    PartFile file{json, json.at("part"), json.at("of")};
    ComparedRuns::options(file.part.from,
                          [&](auto& member, const std::string& name, const auto&...) {
                            json.at("options").at(key_of(name)).get_to(member);
                          });
    for (const ParsedJson& saved : json.at("runs")) {
      TrainingRun& run = file.part.runs.emplace_back();
      TrainingRun::saved(run,
                         [&](const char* name, auto& member) { read(saved.at(name), member); });
      check(run.measured.size() == run.losses.size() && (run.diverged || !run.losses.empty()), "");
    }
    file.shared.erase("part");
    file.shared.erase("runs");
    return file;
  } catch (const std::exception&) {
    throw UsageError(fmt::format("'{}': must be a file of gradus compare --part", clean(path)));
  }
}

}  // namespace

std::string save_part(const CompareCommand& command, const std::vector<RunRequest>& all,
                      std::size_t jobs) {
  const std::size_t slash = std::min(command.part.find('/'), command.part.size() - 1);
  const auto of = read_whole("--part: N of K/N", command.part.substr(slash + 1), 1);
  const auto number = read_whole("--part: K of K/N", command.part.substr(0, slash), 1, of);
  check_writable("--out", command.out);
  std::vector<RunRequest> own;
  for (auto i = static_cast<std::size_t>(number - 1); i < all.size();
       i += static_cast<std::size_t>(of))
    own.push_back(all[i]);
  const std::vector<TrainingRun> runs = run_all(own, jobs);
  if (runs.size() < own.size())
    throw StoppedError(SignalWatch::caught(), fmt::format("after {} of {} runs; nothing is saved",
                                                          runs.size(), own.size()));
  ParsedJson json{{"gradus", GRADUS_VERSION}, {"part", number}, {"of", of}};
  ComparedRuns::options(command, [&](const auto& member, const std::string& name, const auto&...) {
    json["options"][key_of(name)] = member;
  });
  json["runs"] = std::vector(runs.size(), ParsedJson());
  for (std::size_t i = 0; i < runs.size(); ++i)
    TrainingRun::saved(
        runs[i], [&](const char* name, const auto& member) { json["runs"][i][name] = member; });
  detail::write_file(command.out, {json.dump(), "\n"});
  return fmt::format("wrote {}: {} of {} runs\n", clean(command.out), own.size(), all.size());
}

MergedParts merge_parts(const std::vector<std::string>& paths) {
  check<UsageError>(!paths.empty(), "--merge: give the files of all parts");
  std::vector<PartFile> files;
  std::size_t all = 0;
  for (const std::string& path : paths) {
    files.push_back(read_part_file(path));
    all += files.back().part.runs.size();
    check<UsageError>(files.back().shared == files[0].shared,
                      "'{}': must be a part of the same command as '{}'", clean(path),
                      clean(paths[0]));
  }
  for (std::size_t number = 1; number <= files[0].of; ++number) {
    const auto times = std::ranges::count(files, number, &PartFile::number);
    check<UsageError>(times == 1, "--merge: must have part {}/{} once (got it {} times)", number,
                      files[0].of, times);
  }
  MergedParts out{files[0].part.from, std::vector<TrainingRun>(all)};
  for (const PartFile& file : files)
    for (std::size_t i = 0, place = file.number - 1; i < file.part.runs.size();
         ++i, place += file.of) {
      check<UsageError>(place < all, "--merge: part {} must have fewer runs", file.number);
      out.runs[place] = file.part.runs[i];
    }
  return out;
}
