#include <gradus/models/model_checkpoint.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using data_files::Folder;
using doctest::Contains;

namespace {

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.insert(entry.path().filename());
  return files;
}
using Files = std::set<std::string>;

/// The weight that a file of a scripted model holds.
double saved_weight(const std::string& path) {
  Sequential model = scripted({});
  model.load(path, {.weights_only = true});
  return weight(model);
}

}  // namespace

TEST_CASE("ModelCheckpoint saves each epoch under a name with its numbers") {
  const Folder folder;
  Sequential model = scripted({3, 0.125, 2});
  std::string said;
  model.fit(one_row, one_row,
            {.epochs = 3,
             .verbose = 0,
             .callbacks = {ModelCheckpoint{
                 .filepath = folder.path("{epoch:02}-{loss:.2f}-{learning_rate}"), .verbose = 1}},
             .progress = [&](std::string_view text) { said += text; }});
  CHECK(files_in(folder.path("")) == Files{"01-3.00-1", "02-0.12-1", "03-2.00-1"});
  for (const auto& [file, expected] :
       {std::pair("01-3.00-1", -1), std::pair("02-0.12-1", -2), std::pair("03-2.00-1", -3)})
    CHECK(saved_weight(folder.path(file)) == expected);
  CHECK(said == "Epoch 1: saved the model to " + folder.path("01-3.00-1") +
                    "\nEpoch 2: saved the model to " + folder.path("02-0.12-1") +
                    "\nEpoch 3: saved the model to " + folder.path("03-2.00-1") + "\n");
}

TEST_CASE("ModelCheckpoint keeps the best only, by the monitored number") {
  const Folder folder;
  const auto saved = [&](std::vector<double> losses, ModelCheckpoint checkpoint) {
    for (const std::string& file : files_in(folder.path("")))
      std::filesystem::remove(folder.path(file));
    const auto epochs = std::ssize(losses);
    Sequential model = scripted(std::move(losses));
    checkpoint.filepath = folder.path("{epoch}");
    checkpoint.save_best_only = true;
    checkpoint.monitor = "loss";
    model.fit(one_row, one_row, {.epochs = epochs, .verbose = 0, .callbacks = {checkpoint}});
    return files_in(folder.path(""));
  };
  CHECK(saved({3, 2, 2, 4, 1}, {}) == Files{"1", "2", "5"});
  CHECK(saved({3, 2, 4, 5}, {.mode = MonitorMode::max}) == Files{"1", "3", "4"});
  CHECK(saved({3, 2, 1}, {.initial_value_threshold = 2}) == Files{"3"});
}

TEST_CASE("with save_freq, ModelCheckpoint counts the batches of the whole fit") {
  const Folder folder;
  Sequential model = scripted(std::vector<double>(9, 1));
  const Tensor x = Tensor::ones({3, 1});
  model.fit(
      x, x,
      {.batch_size = 1,
       .epochs = 6,
       .verbose = 0,
       .callbacks = {ModelCheckpoint{.filepath = folder.path("{epoch}-{loss}"), .save_freq = 2}},
       .initial_epoch = 3});
  // After updates 2, 4, 6 and 8; 4 and 6 are in epoch number 5.
  CHECK(files_in(folder.path("")) == Files{"4-1", "5-1", "6-1"});
  CHECK(saved_weight(folder.path("4-1")) == -2);
  CHECK(saved_weight(folder.path("5-1")) == -6);
  CHECK(saved_weight(folder.path("6-1")) == -8);
}

TEST_CASE("a ModelCheckpoint used twice counts its batches from 0") {
  const Folder folder;
  ModelCheckpoint checkpoint{.filepath = folder.path("net"), .save_freq = 2};
  Sequential model = scripted(std::vector<double>(6, 1));
  const Tensor x = Tensor::ones({3, 1});
  for (const double expected : {-2, -5}) {
    model.fit(x, x, {.batch_size = 1, .verbose = 0, .callbacks = {std::ref(checkpoint)}});
    CHECK(saved_weight(folder.path("net")) == expected);
  }
}

TEST_CASE("nan is never the best") {
  const Folder folder;
  ModelCheckpoint checkpoint{.filepath = folder.path("{epoch}"), .save_best_only = true};
  Sequential model = line();
  model.build({1, 1});
  const double none = std::nan("");
  checkpoint.on_train_begin(Logs({{"val_loss", none}}), model);
  for (const double number : {none, 2.0, none, 1.0}) {
    const Logs logs({{"val_loss", number}});
    checkpoint.on_epoch_end(checkpoint.epoch, logs);
    checkpoint.after_hook(logs, model);
    checkpoint.on_epoch_begin(checkpoint.epoch + 1);
  }
  CHECK(files_in(folder.path("")) == Files{"2", "4"});
}

TEST_CASE("a validation's number is nan after an epoch without validation") {
  const Folder folder;
  Sequential model = line();
  model.fit(line_x, line_y,
            {.epochs = 2,
             .verbose = 0,
             .callbacks = {ModelCheckpoint{.filepath = folder.path("{epoch}-{val_loss:.0f}")}},
             .validation_data = {{line_x, line_y}},
             .validation_freq = 2});
  const Files files = files_in(folder.path(""));
  CHECK(files.size() == 2);
  CHECK(files.contains("1-nan"));
  CHECK_FALSE(files.contains("2-nan"));
}

TEST_CASE("ModelCheckpoint saves the weights alone, or all the state of training") {
  const Folder folder;
  Sequential model = line();
  const auto save = [&](const std::string& name, bool weights_only) {
    model.fit(line_x, line_y,
              {.verbose = 0,
               .callbacks = {ModelCheckpoint{.filepath = folder.path(name),
                                             .save_weights_only = weights_only}}});
  };
  save("weights", true);
  const auto after_weights = model.get_weights();
  save("all", false);
  Sequential other = line();
  other.load(folder.path("weights"));
  CHECK(same(other.get_weights(), after_weights));
  CHECK(other.optimizer().iterations() == 0);
  other.load(folder.path("all"));
  CHECK(other.optimizer().iterations() == 2);
  CHECK(same(other.get_weights(), model.get_weights()));
}

TEST_CASE("a path that ends like a file of Keras is refused with the name to write") {
  for (const std::string suffix : {".h5", ".hdf5", ".keras", ".tf"}) {
    const std::string complaint = "ModelCheckpoint: filepath must not end in " + suffix +
                                  ", since the file's format is safetensors (got 'a/net-{epoch}" +
                                  suffix + "'; write 'a/net-{epoch}.safetensors')";
    CHECK_THROWS_WITH_AS(Callback(ModelCheckpoint{"a/net-{epoch}" + suffix}), complaint.c_str(),
                         ValueError);
  }
  for (const char* path : {"net.safetensors", "net", "net.h5.safetensors", "net.st", "a.h5/net"})
    CHECK_NOTHROW(Callback(ModelCheckpoint{path}));
}

TEST_CASE("a path that cannot be filled in is refused before training") {
  Sequential model = line(0.01, {MeanAbsoluteError{}});
  const auto fit = [&](ModelCheckpoint checkpoint) {
    model.fit(line_x, line_y, {.verbose = 0, .callbacks = {checkpoint}});
  };
  for (const char* path : {"{val_loss}", "{epochs}", "{epoch", "}", "{epoch:.2f}", "{loss:d}"})
    CHECK_THROWS_WITH_AS(fit({.filepath = path}),
                         Contains("ModelCheckpoint: filepath must hold no placeholders but"),
                         ValueError);
  // Validation and rate are known at the end of an epoch only.
  CHECK_THROWS_AS(fit({.filepath = "{learning_rate}", .save_freq = 2}), ValueError);
  CHECK_THROWS_WITH_AS(fit({.filepath = ""}), "ModelCheckpoint: filepath must be given",
                       ValueError);
  CHECK_THROWS_WITH_AS(fit({.filepath = "x", .save_freq = 0}),
                       "ModelCheckpoint: save_freq must be >= 1 (got 0)", ValueError);
  CHECK_THROWS_WITH_AS(fit({.filepath = "x", .save_best_only = true, .save_freq = 2}),
                       Contains("must not come with save_best_only"), ValueError);
  CHECK_THROWS_WITH_AS(fit({.filepath = "x", .save_best_only = true}),
                       Contains("ModelCheckpoint: monitor must be"), ValueError);
  CHECK(model.optimizer().iterations() == 0);
}

TEST_CASE("ModelCheckpoint makes the folders of its path") {
  const Folder folder;
  Sequential model = line();
  for (const char* path : {"a/b/net", "a/{epoch}/{loss:.0f}/net", "/c//net"})
    model.fit(line_x, line_y,
              {.verbose = 0, .callbacks = {ModelCheckpoint{.filepath = folder.path(path)}}});
  CHECK(files_in(folder.path("a/b")) == Files{"net"});
  CHECK(files_in(folder.path("a/1")).size() == 1);
  CHECK(files_in(folder.path("c")) == Files{"net"});
}

TEST_CASE("what cannot be saved is refused before the first update") {
  const Folder folder;
  Sequential model = line();
  const std::string file = folder.write("file", "");
  const auto refuses = [&](const Callback& callback) {
    CHECK_THROWS_AS(model.fit(line_x, line_y, {.verbose = 0, .callbacks = {callback}}), IoError);
    CHECK(model.optimizer().iterations() == 0);
  };
  std::filesystem::create_directory(folder.path("net"));
  for (const char* path : {"file/net", "file/a/net-{epoch}", "net", "", "new/"})
    refuses(ModelCheckpoint{.filepath = folder.path(path)});
  std::filesystem::create_directories(folder.path("b/backup.safetensors"));
  for (const char* path : {"file", "file/a", "no/parent", "b"})
    refuses(BackupAndRestore{folder.path(path)});
  CHECK(files_in(folder.path("")) == Files{"b", "file", "net", "new"});
}

TEST_CASE("BackupAndRestore goes on where a run was interrupted, and removes its file at the end") {
  struct Crash {
    Step at;
    void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
      if (model.optimizer().iterations() == at) throw std::runtime_error("power cut");
    }
  };
  const Folder folder;
  const auto options = [&](std::optional<Extent> save_freq, std::vector<Callback> more = {}) {
    more.push_back(BackupAndRestore{.backup_dir = folder.path("backup"), .save_freq = save_freq});
    return FitOptions{
        .batch_size = 1, .epochs = 3, .verbose = 0, .callbacks = std::move(more), .shuffle = true};
  };
  Sequential whole = line();
  const History expected = whole.fit(line_x, line_y, options({}));
  CHECK(files_in(folder.path("backup")).empty());
  for (const std::optional<Extent>& save_freq : {std::optional<Extent>(), {2}}) {
    Sequential first = line(), second = line();
    CHECK_THROWS_WITH(first.fit(line_x, line_y, options(save_freq, {Crash{7}})), "power cut");
    CHECK(files_in(folder.path("backup")) == Files{"backup.safetensors"});
    const History h = second.fit(line_x, line_y, options(save_freq));
    CHECK(h["loss"] == expected["loss"]);
    CHECK(same(second.get_weights(), whole.get_weights()));
    CHECK(second.optimizer().iterations() == 12);
    CHECK(files_in(folder.path("backup")).empty());
    // The next fit() is a new run: Keras would train nothing here.
    CHECK(second.fit(line_x, line_y, options(save_freq))["loss"].size() == 3);
  }
}

TEST_CASE("BackupAndRestore may leave its file, and refuses bad options") {
  const Folder folder;
  Sequential model = line();
  model.fit(
      line_x, line_y,
      {.epochs = 2, .verbose = 0, .callbacks = {BackupAndRestore{folder.path("kept"), {}, false}}});
  CHECK(files_in(folder.path("kept")).size() == 1);
  CHECK_THROWS_WITH_AS(Callback(BackupAndRestore{}), "BackupAndRestore: backup_dir must be given",
                       ValueError);
  CHECK_THROWS_WITH_AS(Callback(BackupAndRestore{"x", 0}),
                       "BackupAndRestore: save_freq must be >= 1 (got 0)", ValueError);
  const auto into = [&](const std::string& path) {
    model.fit(line_x, line_y, {.verbose = 0, .callbacks = {BackupAndRestore{path}}});
  };
  CHECK_THROWS_AS(into(folder.path("no/parent")), IoError);
  CHECK_THROWS_AS(into(folder.write("file", "")), IoError);
  std::filesystem::create_directory(folder.path("bad"));
  folder.write("bad/backup.safetensors", "nonsense");
  const auto before = model.get_weights();
  CHECK_THROWS_AS(into(folder.path("bad")), FormatError);
  CHECK(same(model.get_weights(), before));
}
