#include <gradus/models/loggers.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

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

/// Sums to nan: what JSON has no number for.
struct Quoted {
  static constexpr const char* name = "a \"name\"\\\n";
  void update(std::vector<double>& sums, const Tensor&, const Tensor&, const Tensor&) const {
    sums.assign(1, 0);
  }
  double result(std::span<const double>) const { return std::nan(""); }
};

/// The tags and steps in an event file: each point holds `\x0a LENGTH tag`, as protocol buffers do.
bool holds_tag(const std::string& events, const std::string& tag) {
  return events.find("\x0a" + std::string(1, static_cast<char>(tag.size())) + tag + "\x15") !=
         std::string::npos;
}

std::vector<std::string> event_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  return files;
}

}  // namespace

TEST_CASE("CSVLogger writes a line per epoch, its columns in alphabetical order") {
  const Folder folder;
  Sequential model = scripted({3, 0.1, 2, 7});
  const std::string path = folder.path("log.csv");
  const auto fit = [&](CSVLogger logger, std::int64_t epochs) {
    model.fit(one_row, one_row, {.epochs = epochs, .verbose = 0, .callbacks = {logger}});
  };
  fit({.filename = path}, 2);
  CHECK(content(path) == "epoch,learning_rate,loss\n0,1,3\n1,1,0.1\n");
  fit({.filename = path, .append = true}, 1);
  CHECK(content(path) == "epoch,learning_rate,loss\n0,1,3\n1,1,0.1\n0,1,2\n");
  fit({.filename = path, .separator = "; "}, 1);
  CHECK(content(path) == "epoch; learning_rate; loss\n0; 1; 7\n");
}

TEST_CASE("CSVLogger marks what an epoch has no number for") {
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
  CHECK(lines[0] ==
        json{{"step", 1}, {"epoch", 0}, {"batch", 0}, {"learning_rate", 0.1}, {"loss", 3.0}});
  CHECK(lines[1] ==
        json{{"step", 2}, {"epoch", 0}, {"batch", 1}, {"learning_rate", rate(1)}, {"loss", 2.0}});
  CHECK(lines[2] == json{{"epoch", 0}, {"learning_rate", rate(1)}, {"loss", 2.0}});
  CHECK(lines[4] ==
        json{{"step", 4}, {"epoch", 1}, {"batch", 1}, {"learning_rate", rate(3)}, {"loss", 3.5}});
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

TEST_CASE("TensorBoard gets a curve for each number, by epoch and by update") {
  const Folder folder;
  const auto fit = [&](const std::string& name, bool every_batch) {
    Sequential model = line(0.01, {MeanAbsoluteError{}});
    model.fit(line_x, line_y,
              {.batch_size = 2,
               .epochs = 2,
               .verbose = 0,
               .callbacks = {TensorBoard{folder.path(name), every_batch}},
               .validation_data = {{line_x, line_y}}});
    const auto files = event_files(folder.path(name));
    REQUIRE(files.size() == 1);
    return content(files[0]);
  };
  const std::string epochs = fit("epochs", false), batches = fit("batches", true);
  for (const char* tag : {"loss/train", "loss/validation", "mean_absolute_error/train",
                          "mean_absolute_error/validation", "learning_rate"}) {
    CHECK(holds_tag(epochs, tag));
    CHECK(holds_tag(batches, tag));
  }
  for (const char* tag :
       {"batch_loss/train", "batch_mean_absolute_error/train", "batch_learning_rate"}) {
    CHECK_FALSE(holds_tag(epochs, tag));
    CHECK(holds_tag(batches, tag));
  }
  CHECK_FALSE(holds_tag(batches, "val_loss/train"));
}

TEST_CASE("loggers are told of a full disk, a missing folder and missing names") {
  const Folder folder;
  const auto fit = [&](const Callback& logger) {
    Sequential model = line();
    model.fit(line_x, line_y, {.verbose = 0, .callbacks = {logger}});
  };
  CHECK_THROWS_AS(fit(CSVLogger{folder.path("missing/log")}), IoError);
  CHECK_THROWS_AS(fit(JSONLogger{folder.path("missing/log")}), IoError);
  CHECK_THROWS_AS(fit(TensorBoard{folder.path("missing/log")}), IoError);
  CHECK_THROWS_AS(fit(CSVLogger{folder.path("")}), IoError);
  if (std::filesystem::exists("/dev/full")) {
    CHECK_THROWS_AS(fit(CSVLogger{"/dev/full"}), IoError);
    CHECK_THROWS_AS(fit(JSONLogger{"/dev/full"}), IoError);
  }
  CHECK_THROWS_WITH_AS(fit(CSVLogger{}), "CSVLogger: filename must be given", ValueError);
  CHECK_THROWS_WITH_AS(fit(CSVLogger{.filename = "x", .separator = ""}),
                       "CSVLogger: separator must not be empty", ValueError);
  CHECK_THROWS_WITH_AS(fit(JSONLogger{}), "JSONLogger: filename must be given", ValueError);
  CHECK_THROWS_WITH_AS(fit(TensorBoard{""}), "TensorBoard: log_dir must be given", ValueError);
}

TEST_CASE("what the loggers wrote is there for others while training goes on") {
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
