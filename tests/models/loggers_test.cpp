#include <gradus/models/loggers.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include <gradus/models/model_checkpoint.h>
#include <gradus/schedules/exponential_decay.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using data_files::Folder;
using nlohmann::json;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<json> lines_of(const std::string& path) {
  std::istringstream text(content(path));
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

/// Sums to nan, which JSON cannot write.
struct Quoted {
  static constexpr const char* name = "a \"name\"\\\n";
  void update(std::vector<double>& sums, const Tensor&, const Tensor&, const Tensor&) const {
    sums.assign(1, 0);
  }
  double result(std::span<const double>) const { return std::nan(""); }
};

}  // namespace

TEST_CASE("CSVLogger writes a line per epoch, its columns in alphabetical order") {
  const Folder folder;
  Sequential model = scripted({3, 0.125, 2, 7});
  const std::string path = folder.path("log.csv");
  const auto fit = [&](CSVLogger logger, std::int64_t epochs) {
    model.fit(one_row, one_row, {.epochs = epochs, .verbose = 0, .callbacks = {logger}});
  };
  fit({.filename = path}, 2);
  CHECK(content(path) == "epoch,learning_rate,loss\n0,1,3\n1,1,0.125\n");
  fit({.filename = path, .append = true}, 1);
  CHECK(content(path) == "epoch,learning_rate,loss\n0,1,3\n1,1,0.125\n0,1,2\n");
  CHECK_THROWS_WITH_AS(fit({.filename = path, .separator = ";", .append = true}, 1),
                       doctest::Contains("must have the columns of this run to be appended to"),
                       StateError);
  CHECK(content(path) == "epoch,learning_rate,loss\n0,1,3\n1,1,0.125\n0,1,2\n");
  fit({.filename = path, .separator = "; "}, 1);
  CHECK(content(path) == "epoch; learning_rate; loss\n0; 1; 7\n");
}

TEST_CASE("CSVLogger writes NA for a number that an epoch does not have") {
  const Folder folder;
  Sequential model = line();
  const History h = model.fit(line_x, line_y,
                              {.epochs = 2,
                               .verbose = 0,
                               .callbacks = {CSVLogger{folder.path("log.csv")}},
                               .validation_data = {{line_x, line_y}},
                               .validation_freq = 2});
  CHECK(content(folder.path("log.csv")) ==
        fmt::format("epoch,learning_rate,loss,val_loss\n0,0.01,{},NA\n1,0.01,{},{}\n", h["loss"][0],
                    h["loss"][1], h["val_loss"][0]));
}

TEST_CASE("JSONLogger writes an object per update and per epoch") {
  const Folder folder;
  Sequential model =
      scripted({3, 1, 2, 5},
               ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 3, .decay_rate = 0.5});
  const Tensor x = Tensor::ones({2, 1});
  const History h = model.fit(
      x, x,
      {.batch_size = 1, .epochs = 2, .verbose = 0, .callbacks = {JSONLogger{folder.path("log")}}});
  std::vector<json> lines = lines_of(folder.path("log"));
  REQUIRE(lines.size() == 6);
  double last = 0;
  for (json& line : lines) {
    CHECK(line["seconds"].get<double>() >= last);
    last = line["seconds"];
    line.erase("seconds");
  }
  const Schedule rate = model.optimizer().schedule();
  CHECK(lines[0] == json{{"step", 1},
                         {"epoch", 0},
                         {"batch", 0},
                         {"learning_rate", 0.1},
                         {"batch_loss", 3.0},
                         {"loss", 3.0}});
  CHECK(lines[1] == json{{"step", 2},
                         {"epoch", 0},
                         {"batch", 1},
                         {"learning_rate", rate(1)},
                         {"batch_loss", 1.0},
                         {"loss", 2.0}});
  CHECK(lines[2] == json{{"epoch", 0}, {"learning_rate", rate(1)}, {"loss", 2.0}});
  CHECK(lines[4] == json{{"step", 4},
                         {"epoch", 1},
                         {"batch", 1},
                         {"learning_rate", rate(3)},
                         {"batch_loss", 5.0},
                         {"loss", 3.5}});
  CHECK(lines[5] ==
        json{{"epoch", 1}, {"learning_rate", h["learning_rate"][1]}, {"loss", h["loss"][1]}});
}

TEST_CASE(
    "JSONLogger by epochs only, appended, with names and numbers that JSON has trouble with") {
  const Folder folder;
  const std::string path = folder.path("log");
  Sequential model = line(0.01, {Quoted{}});
  for (const bool append : {false, true, true})
    model.fit(
        line_x, line_y,
        {.epochs = 2,
         .verbose = 0,
         .callbacks = {JSONLogger{.filename = path, .append = append, .every_batch = false}}});
  const std::vector<json> lines = lines_of(path);
  REQUIRE(lines.size() == 6);
  for (const json& line : lines) CHECK(line[Quoted::name].is_null());
  CHECK(lines[5]["epoch"] == 1);
  model.fit(line_x, line_y, {.verbose = 0, .callbacks = {JSONLogger{path}}});
  CHECK(lines_of(path).size() == 2);
}

TEST_CASE("a logger used twice empties its file") {
  const Folder folder;
  CSVLogger lines{folder.path("log.csv")};
  JSONLogger objects{folder.path("log.json")};
  Sequential model = line();
  for (int run = 0; run < 2; ++run) {
    model.fit(line_x, line_y, {.verbose = 0, .callbacks = {std::ref(lines), std::ref(objects)}});
    CHECK(lines_of(folder.path("log.json")).size() == 2);
    const std::string text = content(folder.path("log.csv"));
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  }
}

namespace {

struct Killed {};
struct Killer {
  std::int64_t batches;  ///< until it throws
  static constexpr bool runs_last = true;
  void on_train_batch_end() {
    if (--batches == 0) throw Killed();
  }
};

/// A text without its seconds.
std::string timeless(std::string text) {
  for (std::size_t at; (at = text.find(", \"seconds\"")) != text.npos;)
    text.erase(at, text.find('}', at) - at);
  return text;
}

/// Four epochs of two batches, with both logs.
std::string log_of(const Folder& folder, bool append, std::vector<Callback> more) {
  Sequential model = line();
  more.insert(more.begin(), CSVLogger{.filename = folder.path("csv"), .append = append});
  more.insert(more.begin(), JSONLogger{.filename = folder.path("json"), .append = append});
  std::string said;
  model.fit(line_x, line_y,
            {.batch_size = 2,
             .epochs = 4,
             .verbose = 0,
             .callbacks = std::move(more),
             .progress = [&](std::string_view text) { said += text; }});
  return said;
}

}  // namespace

TEST_CASE("the logs of a resumed run have each line once, wherever it was killed") {
  int tried = 0;
  for (const char* before :
       {"", "epoch,learning_rate,loss\n0,1,2\n", "epoch,learning_rate,loss\n0,1,2"})
    for (const bool append : {false, true})
      for (const std::optional<Extent> save_freq : {std::optional<Extent>(), {1}, {3}})
        for (std::int64_t batches = 1; batches <= 8; ++batches, ++tried) {
          CAPTURE(before);
          CAPTURE(append);
          CAPTURE(batches);
          const auto begin = [&](const Folder& folder) {
            folder.write("csv", before);
            folder.write("json", before);
          };
          const Folder whole, folder;
          begin(whole), begin(folder);
          log_of(whole, append, {});
          const std::string lines = *before ? "epoch,learning_rate,loss\n0,1,2\n0,0.01," : "";
          if (append) CHECK(content(whole.path("csv")).starts_with(lines));
          const BackupAndRestore backup{folder.path("backup"), save_freq};
          CHECK_THROWS_AS(log_of(folder, append, {backup, Killer{batches}}), Killed);
          // Without a checkpoint it is another run.
          if (!std::filesystem::exists(backup.path()) && append) continue;
          CHECK(log_of(folder, append, {backup}) == "");
          CHECK(content(folder.path("csv")) == content(whole.path("csv")));
          CHECK(timeless(content(folder.path("json"))) == timeless(content(whole.path("json"))));
        }
  MESSAGE(tried << " combinations");
}

TEST_CASE("a log that was removed or emptied begins anew and says so, a shorter one is refused") {
  for (const bool append : {false, true})
    for (const char* how : {"removed", "emptied", "cut"}) {
      const Folder folder;
      const BackupAndRestore backup{folder.path("backup")};
      CHECK_THROWS_AS(log_of(folder, append, {backup, Killer{5}}), Killed);
      for (const char* log : {"csv", "json"}) {
        const std::string path = folder.path(log);
        if (how == std::string("removed")) std::filesystem::remove(path);
        if (how == std::string("emptied")) std::filesystem::resize_file(path, 0);
        if (how == std::string("cut")) std::filesystem::resize_file(path, 30);
      }
      if (how == std::string("cut")) {
        CHECK_THROWS_WITH_AS(log_of(folder, append, {backup}),
                             doctest::Contains("must hold at least the"), StateError);
        continue;
      }
      CHECK(log_of(folder, append, {backup}) ==
            fmt::format("Logger: '{}' was removed or emptied, and begins anew\n"
                        "Logger: '{}' was removed or emptied, and begins anew\n",
                        folder.path("json"), folder.path("csv")));
      const std::string csv = content(folder.path("csv"));
      CHECK(csv.starts_with("epoch,learning_rate,loss\n2,"));
      CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);  // the names, and epochs 2 and 3
      CHECK(lines_of(folder.path("json")).size() == 6);
    }
}

TEST_CASE("loggers refuse a full disk, a missing folder and missing names") {
  const Folder folder;
  const auto fit = [&](const Callback& logger) {
    Sequential model = line();
    model.fit(line_x, line_y, {.verbose = 0, .callbacks = {logger}});
  };
  // Before the first update.
  const Callback unwritable[] = {CSVLogger{folder.path("missing/log")},
                                 JSONLogger{folder.path("missing/log")},
                                 TensorBoard{folder.path("missing/log")},
                                 TensorBoard{folder.write("file", "")}, CSVLogger{folder.path("")}};
  for (const Callback& logger : unwritable) {
    Sequential model = line();
    CHECK_THROWS_AS(model.fit(line_x, line_y, {.verbose = 0, .callbacks = {logger}}), IoError);
    CHECK(model.optimizer().iterations() == 0);
  }
  if (std::filesystem::exists("/dev/full")) {
    CHECK_THROWS_AS(fit(CSVLogger{"/dev/full"}), IoError);
    CHECK_THROWS_AS(fit(JSONLogger{"/dev/full"}), IoError);
  }
  CHECK_THROWS_WITH_AS(fit(CSVLogger{}), "CSVLogger: filename must be given", ValueError);
  CHECK_THROWS_WITH_AS(fit(CSVLogger{.filename = "x", .separator = ""}),
                       "CSVLogger: separator must be given", ValueError);
  CHECK_THROWS_WITH_AS(fit(JSONLogger{}), "JSONLogger: filename must be given", ValueError);
  CHECK_THROWS_WITH_AS(fit(TensorBoard{""}), "TensorBoard: log_dir must be given", ValueError);
}

TEST_CASE("other programs can read the logs while training goes on") {
  const Folder folder;
  struct Reader {
    std::string path;
    std::vector<std::uintmax_t> sizes;
    void on_epoch_end() { sizes.push_back(std::filesystem::file_size(path)); }
  } reader{folder.path("log.csv"), {}};
  Sequential model = line();
  model.fit(line_x, line_y,
            {.epochs = 3,
             .verbose = 0,
             .callbacks = {CSVLogger{folder.path("log.csv")}, std::ref(reader)}});
  CHECK(reader.sizes.size() == 3);
  CHECK(reader.sizes[0] < reader.sizes[1]);
  CHECK(reader.sizes[2] == std::filesystem::file_size(reader.path));
}
