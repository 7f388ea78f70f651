/// Calls gradus with random words: options of every command with valid, nearly valid and junk
/// values. Usage: random_arguments COUNT SEED

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "commands/commands.h"
#include "in_process.h"
#include "terminal/option_words.h"

namespace {

namespace fs = std::filesystem;
using in_process::call, in_process::as_it_should;
using Words = std::vector<std::string>;

/// A command: its name, its options and its number of positional arguments.
struct Known {
  std::string name;
  Words words, flags;  ///< options that take a word, and those that do not
  int positionals = 0;
};

template <class... Command>
std::vector<Known> all_known(const std::tuple<Command...>& commands) {
  std::vector<Known> all;
  const auto add = [&](const auto& command) {
    Known known{command.name, {"--config"}, {"--help"}, 0};
    std::remove_cvref_t<decltype(command)>::options(
        command, [&](const auto& member, const std::string& name, const auto&...) {
          if (!name.starts_with('-'))
            ++known.positionals;
          else if (std::is_same_v<std::remove_cvref_t<decltype(member)>, bool>)
            known.flags.push_back("--" + key_of(name));
          else
            known.words.push_back("--" + key_of(name));
        });
    all.push_back(known);
  };
  (add(std::get<Command>(commands)), ...);
  return all;
}

const Words junk = {
    "",         "-1",   "0",     "010",  "1e3",      "3.5",     "99999999999999999999",
    "nan",      "inf",  "1e400", "0x10", "ten",      " 1",      "1 ",
    "--",       "-",    "=",     "a\nb", "\xff\xfe", "\x1b[2J", "\xf0\x9f\x98\x80",
    "1,5",      "%s%n", "{}",    "{0}",  "\"",       "'",       "../..",
    "/dev/null"};
const Words expressions = {
    "0.1",
    "CosineDecay(0.1, 100)",
    "linear(0, 0.1, 10) >> 0.5 * CosineDecay(0.1, 40).take(20)",
    "a=OneCycle(0.1, 60)",
    "warmup(StepDecay(0.1, 20, gamma=0.5), 5)",
    "repeat(linear(0, 1, 7), 2, 0.5)",
    "clamp(ExponentialDecay(0.1, 10, 0.5, staircase=True), 0.01, 0.05)",
    "1e30",
    "1e-300",
    "keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.05, 0.01])"};

class RandomWords {
 public:
  explicit RandomWords(std::uint64_t seed) : random_(seed) {}

  Words next() {
    static const std::vector<Known> all = all_known(Commands());
    if (below(50) == 0) return {pick({"--help", "--version", "--help-all", "", "nothing", "-h"})};
    const Known& known = all[below(all.size())];
    Words words = {known.name};
    for (std::size_t n = below(4); n > 0; --n)
      if (known.positionals > 0) words.push_back(positional(known.name));
    for (std::size_t n = below(5); n > 0; --n) add_option(words, known);
    make_short(words, known.name);
    if (below(20) == 0) words[below(words.size())] = pick(junk);
    return words;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  const std::string& pick(const Words& words) { return words[below(words.size())]; }

  /// The text with a part changed, left out, or cut off.
  std::string damaged(std::string text) {
    for (std::size_t n = below(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      const char c = "()[],.=>*+-0e\"'#\\ x"[below(19)];
      switch (below(4)) {
        case 0:
          text.erase(at, 1);
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        case 2:
          text[at] = c;
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }

  std::string positional(const std::string& command) {
    if (below(8) == 0) return pick(junk);
    if (command == "evaluate" || command == "predict")
      return pick({"line.st", "t.st", "t.csv", "line", "moons", "bad.csv", "none.st", "run.jsonl"});
    if (command == "demo") return pick({"line", "moons", "lin", "digit"});
    if (command == "report") return pick({"run.jsonl", "t.csv", "none.jsonl", "cut.jsonl"});
    if (command == "completion") return pick({"bash", "zsh", "bas"});
    return damaged(pick(expressions));
  }

  /// A value that may be valid for the option; numbers are small, so that a run is short.
  std::string value(const std::string& option) {
    if (below(4) == 0) return pick(junk);
    if (option == "--data")
      return pick(
          {"line", "ravine", "moons", "spirals", "blobs", "t.csv", "bad.csv", "none.csv", "moon"});
    if (option == "--layers")
      return pick({"none", "4", "8,8", "4,", ",", "4097", "1,1,1,1", "1000"});
    if (option == "--activation") return damaged(pick(activation_names()));
    if (option.ends_with("initializer"))
      return damaged(below(2) ? pick(initializer_names()) : "variance_scaling(scale=8)");
    if (option == "--loss") return pick(below(2) ? loss_names() : Words{"auto", "huber", "mse"});
    if (option == "--optimizer")
      return below(3) ? pick(optimizer_names())
                      : damaged(pick({"adam(learning_rate=0.1, beta_1=0.8)", "SGD(momentum=0.9)",
                                      "Muon(ns_steps=2)", "adamw(clipnorm=1, use_ema=True)",
                                      "sgd(CosineDecay(0.1, 10), nesterov=True)"}));
    if (option == "--schedule") return damaged(pick(expressions));
    if (option == "--label" || option == "--ignore" || option == "--one-hot")
      return pick({"kind", "size", "class", "none", "kind,size", ","});
    if (option == "--save") return pick({"new.st", "line.st", "none/a.st", "/", "t.csv"});
    if (option == "--resume") return pick({"line.st", "t.st", "none.st", "t.csv"});
    if (option == "--log") return pick({"new.jsonl", "new.csv", "new.txt", "none/a.csv"});
    if (option == "--tensorboard") return pick({"logs", "t.csv", "none/logs"});
    if (option == "--out") return pick({"new.html", "none/a.html"});
    if (option == "--config") return pick({"run.toml", "bad.toml", "t.csv", "none.toml"});
    if (option == "--plot") return pick({"term", "a.gif", "a"});
    if (option == "--color") return pick({"auto", "always", "never", "some"});
    if (option == "--start" || option == "--end" || option == "--target")
      return pick({"1e-7", "0.1", "10", "1000"});
    if (option == "--validation-split") return pick({"0", "0.1", "0.5", "0.999", "1"});
    return pick({"1", "2", "3", "16", "40"});
  }

  void add_option(Words& words, const Known& known) {
    if (below(3) == 0) return words.push_back(pick(known.flags));
    std::string name = pick(known.words);
    const std::string v = value(name);
    if (below(30) == 0) name = damaged(name);
    if (below(4) == 0) return words.push_back(name + "=" + v);
    words.push_back(name);
    if (below(40) != 0) words.push_back(v);
  }

  /// Adds options that keep the run short, unless they are given.
  void make_short(Words& words, const std::string& command) {
    const auto lacks = [&](const std::string& name) {
      return std::ranges::none_of(words, [&](const auto& w) { return w.starts_with(name); });
    };
    const auto add = [&](const char* name, const char* v) {
      if (lacks(name)) words.insert(words.end(), {name, v});
    };
    const bool exact = command == "sensitivity" || command == "tune";
    if (command == "train" || command == "compare" || exact) add("--epochs", "2");
    if (command == "tune") add("--iterations", "2");
    if (command == "compare") add("--seeds", "1");
    if (command == "schedule" || command == "find-lr") add("--steps", "20");
  }

  std::mt19937_64 random_;
};

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

/// Makes files for the options in the current folder. False when that fails.
bool make_files() {
  std::string table = "size,kind,class\n";
  for (int i = 0; i < 20; ++i)
    table += fmt::format("{},{},{}\n", i % 7, i % 3 ? "new" : "old", i % 2 ? "yes" : "no");
  write("t.csv", table);
  write("bad.csv", "a,b\n1,2\n3\n");
  write("run.toml", "seed = 3\n[train]\nlayers = [4, 4]\nquiet = true\n");
  write("bad.toml", "seed = \n");
  return call({"train", "--data", "line", "--layers", "none", "--epochs", "3", "--save", "line.st",
               "--log", "run.jsonl"})
                 .code == 0 &&
         call({"train", "--data", "t.csv", "--one-hot", "kind", "--epochs", "3", "--save", "t.st"})
                 .code == 0 &&
         (fs::copy("run.jsonl", "cut.jsonl"), fs::resize_file("cut.jsonl", 700), true);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  std::string name = (fs::temp_directory_path() / "gradus-words-XXXXXX").string();
  if (!mkdtemp(name.data())) return 1;
  fs::current_path(name);
  int counts[4] = {}, wrong = make_files() ? 0 : 1;
  RandomWords words(std::stoull(argv[2]));
  double longest = 0;
  for (int i = std::stoi(argv[1]); i > 0; --i) {
    const Words given = words.next();
    const auto start = std::chrono::steady_clock::now();
    const auto outcome = call(given);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    longest = std::max(longest, time.count());
    if (outcome.code >= 0 && outcome.code < 4) ++counts[outcome.code];
    if (as_it_should(outcome)) continue;
    ++wrong;
    fmt::print("WRONG: exit code {}, stderr '{}', {} bytes on stdout, of", outcome.code,
               outcome.err, outcome.out.size());
    for (const std::string& word : given) fmt::print(" '{}'", word);
    fmt::print("\n");
  }
  fs::current_path("/");
  fs::remove_all(name);
  fmt::print("exit code 0: {}, 1: {}, 2: {}, 3: {}; the longest took {:.2f} s; {} wrong\n",
             counts[0], counts[1], counts[2], counts[3], longest, wrong);
  return wrong == 0 && counts[0] > 0 && counts[2] > 0 ? 0 : 1;
}
