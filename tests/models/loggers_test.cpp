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

TEST_CASE("the log of a resumed run goes on at the checkpoint") {
  struct Crash {
    void on_epoch_end(std::int64_t epoch) {
      if (epoch == 2) throw std::runtime_error("power cut");
    }
  };
  const Folder folder;
  const auto fit = [&](const std::string& name, std::vector<Callback> more) {
    Sequential model = line();
    const bool append = name == "appended";
    more.insert(more.begin(), CSVLogger{.filename = folder.path(name), .append = append});
    more.push_back(BackupAndRestore{folder.path(name + "_backup")});
    model.fit(line_x, line_y,
              {.batch_size = 2, .epochs = 4, .verbose = 0, .callbacks = std::move(more)});
    return content(folder.path(name));
  };
  const std::string expected = fit("whole", {});
  for (const std::string name : {"resumed", "appended"}) {
    CHECK_THROWS_WITH(fit(name, {Crash{}}), "power cut");  // with the third line written
    CHECK(fit(name, {}) == expected);
  }
}

TEST_CASE("loggers refuse a full disk, a missing folder and missing names") {
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
