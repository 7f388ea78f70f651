#include "commands/playground.h"

#include <gradus/models/file.h>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/option_words.h"

// The page, where it is linked in: see gradus_embed() in CMakeLists.txt.
extern "C" [[gnu::weak]] const char gradus_page[], gradus_page_end[];

namespace {

constexpr std::int64_t most = 10'000;  // of updates and rows of a batch; apps/playground/state.js
constexpr std::size_t most_schedules = 4;

/// The text as part of an address: letters, digits and these characters stay, other bytes become
/// `%2B`.
std::string encoded(const std::string& text, std::string_view stay) {
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out += letter || stay.find(c) != stay.npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// The options that differ from their defaults: `#schedule=0.1&data=line`.
std::string fragment(const PlaygroundCommand& command) {
  const auto all = all_options(command), defaults = all_options(PlaygroundCommand());
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const std::string& value : all[i].values)
      if (key_of(all[i].name) != "out" && all[i].values != defaults[i].values)
        out += fmt::format("{}{}={}", out.empty() ? '#' : '&', key_of(all[i].name),
                           encoded(value, "-_.~(),"));
  return out;
}

/// UsageError, or what gradus throws, for what the page would refuse.
void check_problem(std::vector<std::string> expressions, ContenderOptions chosen) {
  check<UsageError>(expressions.size() <= most_schedules, "give at most {} schedules (got {})",
                    most_schedules, expressions.size());
  const std::string& data = chosen.problem.data.name;
  check<UsageError>(!is_file(data), "--data: must not be a file; the page reads none (got '{}')",
                    clean(data));
  if (chosen.steps.empty()) chosen.steps = "210";
  read_whole("--steps", chosen.steps, 1, most);
  read_whole("--batch-size", chosen.problem.network.batch_size, 1, most);
  if (expressions.empty()) expressions = {"0.1"};
  make_contenders(expressions, {}, chosen);
}

}  // namespace

std::string PlaygroundCommand::run() const {
  check_problem(expressions, chosen);
  check_writable("--out", out);
  check<UsageError>(
      gradus_page != nullptr,
      "this gradus was built without the page; run sh apps/playground.sh, which builds "
      "build/playground/gradus.html, then configure and build gradus again");
  gradus::detail::write_file(out, {{gradus_page, gradus_page_end}});
  return fmt::format("wrote {}; open\nfile://{}{}\n", clean(out), encoded(real_path(out), "-_.~/"),
                     fragment(*this));
}
