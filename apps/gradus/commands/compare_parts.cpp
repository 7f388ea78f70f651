#include "commands/compare_parts.h"

#include <gradus/models/file.h>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"

using namespace gradus;

namespace {

void read(const Json& json, auto& out) { json.get_to(out); }
void read(const Json& json, std::vector<double>& out) {
  for (const Json& v : json)  // JSON has no infinity and gets null
    out.push_back(v.is_null() ? INFINITY : v.get<double>());
}

TrainingRun read_run(const Json& saved) {
  TrainingRun run;
  std::size_t i = 0;
  TrainingRun::saved(run, [&](auto&... member) { (read(saved.at(i++), member), ...); });
  if (run.measured.size() != run.losses.size() || (run.losses.empty() && !run.diverged))
    saved.at(i);  // throws
  return run;
}

}  // namespace

std::string save_part(const CompareCommand& command, const std::vector<RunRequest>& all,
                      std::size_t jobs) {
  const std::size_t slash = std::min(command.part.find('/'), command.part.size() - 1);
  const auto of = read_whole("--part: N of K/N", command.part.substr(slash + 1), 1);
  const auto number = read_whole("--part: K of K/N", command.part.substr(0, slash), 1, of);
  check_writable("--out", command.out);
  std::vector<RunRequest> own;
  for (std::int64_t i = number - 1; i < std::ssize(all); i += of)
    own.push_back(all[static_cast<std::size_t>(i)]);
  const std::vector<TrainingRun> runs = run_all(own, jobs);
  if (runs.size() < own.size())
    throw StoppedError(SignalWatch::caught(), fmt::format("after {} of {} runs; nothing is saved",
                                                          runs.size(), own.size()));
  Json json{{"gradus", GRADUS_VERSION}, {"part", number}, {"of", of}};
  ComparedRuns::options(command, [&](const auto& member, const std::string& name, const auto&...) {
    json["options"][key_of(name)] = member;
  });
  json["runs"] = Json::array();
  for (const TrainingRun& run : runs)
    TrainingRun::saved(
        run, [&](const auto&... member) { json["runs"].push_back(Json::array({member...})); });
  detail::write_file(command.out, {json.dump(), "\n"});
  return fmt::format("wrote {}: {} of {} runs\n", clean(command.out), own.size(), all.size());
}

MergedParts merge_parts(const std::vector<std::string>& paths) {
  check<UsageError>(!paths.empty(), "--merge: give the files of all parts");
  MergedParts out;
  Json shared;
  std::size_t of = 1;
  std::map<std::size_t, std::vector<TrainingRun>> parts;
  for (const std::string& path : paths) try {
      Json json = Json::parse(detail::read_file(path, std::int64_t{1} << 30));
      const std::size_t number = json.at("part");
      check<UsageError>(!parts.contains(number), "'{}': must not be part {} again", clean(path),
                        number);
      std::vector<TrainingRun>& runs = parts[number];
      for (const Json& run : json.at("runs")) runs.push_back(read_run(run));
      of = std::max<std::size_t>(1, json.at("of"));
      ComparedRuns::options(out.from, [&](auto& member, const std::string& name, const auto&...) {
        json.at("options").at(key_of(name)).get_to(member);
      });
      json.erase("part");
      json.erase("runs");
      if (shared.is_null()) shared = json;
      check<UsageError>(shared == json, "'{}': must be a part of the same command as '{}'",
                        clean(path), clean(paths[0]));
    } catch (const Json::exception&) {
      throw UsageError(fmt::format("'{}': must be a file of gradus compare --part", clean(path)));
    }
  for (std::size_t number = 1; number <= of; ++number)
    check<UsageError>(parts.contains(number), "--merge: part {}/{} is missing", number, of);
  for (std::size_t i = 0; i / of < parts[i % of + 1].size(); ++i)
    out.runs.push_back(parts[i % of + 1][i / of]);
  return out;
}
