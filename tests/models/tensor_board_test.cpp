#include <gradus/models/loggers.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <gradus/models/model_checkpoint.h>
#include <gradus/optim/adam.h>

#include "data_files.h"
#include "event_reader.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using data_files::Folder;

namespace {

using Point = std::pair<std::int64_t, float>;
using Curves = std::map<std::string, std::vector<Point>>;

/// What a viewer shows of a folder: it reads the files by name, and at the start of a session it
/// drops the points at the start's step and after it.
Curves shown(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  std::ranges::sort(files);
  Curves curves;
  for (const std::string& file : files)
    for (const events::Event& event : events::read_events(file)) {
      if (event.start)
        for (auto& curve : curves)
          std::erase_if(curve.second, [&](const Point& p) { return p.first >= event.step; });
      if (!event.tag.empty()) curves[event.tag].emplace_back(event.step, event.value);
    }
  return curves;
}

std::vector<std::string> tags(const Curves& curves) {
  std::vector<std::string> names;
  for (const auto& curve : curves) names.push_back(curve.first);
  return names;
}
using Tags = std::vector<std::string>;

struct Killed {};
struct Killer {
  std::int64_t batches;  ///< until it throws
  void on_train_batch_end() {
    if (--batches == 0) throw Killed();
  }
  static constexpr bool runs_last = true;
};

/// Three epochs of four batches, of which some are collected for each update.
void fit(const Folder& folder, bool every_batch, std::optional<Steps> collected,
         std::vector<Callback> more, std::int64_t initial_epoch = 0) {
  Sequential model = line();
  model.compile({.optimizer = Optimizer(Adam{.learning_rate = [](double t) { return 1 / (t + 1); }},
                                        {.gradient_accumulation_steps = collected}),
                 .loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}}});
  more.insert(more.begin(), TensorBoard{folder.path("logs"), every_batch});
  model.fit(line_x, line_y,
            {.batch_size = 1,
             .epochs = initial_epoch + 3,
             .verbose = 0,
             .callbacks = std::move(more),
             .validation_data = {{line_x, line_y}},
             .initial_epoch = initial_epoch});
}

}  // namespace

TEST_CASE("TensorBoard writes the folders and names of Keras 3") {
  const Folder folder;
  Sequential model = scripted({3, 1, 7, 2, 4, 8}, [](double step) { return 1 + step; });
  const Tensor x = Tensor::ones({2, 1});
  const Batch held{one_row, one_row};
  const auto fit = [&](const std::string& name, bool every_batch) {
    model = scripted({3, 1, 7, 2, 4, 8}, [](double step) { return 1 + step; });
    model.fit(x, x,
              {.batch_size = 1,
               .epochs = 2,
               .verbose = 0,
               .callbacks = {TensorBoard{folder.path(name), every_batch}},
               .validation_data = held});
    CHECK(shown(folder.path(name + "/validation")) == Curves{{"epoch_loss", {{0, 7}, {1, 8}}}});
    return shown(folder.path(name + "/train"));
  };
  const Curves by_epoch{{"epoch_loss", {{0, 2}, {1, 3}}},
                        {"epoch_learning_rate", {{0, 2}, {1, 4}}}};
  CHECK(fit("epochs", false) == by_epoch);
  Curves all = by_epoch;
  all["batch_loss"] = {{1, 3}, {2, 2}, {3, 2}, {4, 3}};  // the means so far
  all["batch_learning_rate"] = {{1, 1}, {2, 2}, {3, 3}, {4, 4}};
  CHECK(fit("batches", true) == all);
  Sequential alone = line();
  alone.fit(line_x, line_y, {.verbose = 0, .callbacks = {TensorBoard{folder.path("alone")}}});
  CHECK_FALSE(std::filesystem::exists(folder.path("alone/validation")));
}

TEST_CASE("TensorBoard has one point per update, and none before the first") {
  for (const std::int64_t collected : {1, 2, 3, 5}) {
    const Folder folder;
    fit(folder, true, collected > 1 ? std::optional<Steps>(collected) : std::nullopt, {});
    const Curves curves = shown(folder.path("logs/train"));
    CHECK(tags(curves) == Tags{"batch_learning_rate", "batch_loss", "batch_mean_absolute_error",
                               "epoch_learning_rate", "epoch_loss", "epoch_mean_absolute_error"});
    const std::vector<Point>& points = curves.at("batch_loss");
    REQUIRE(std::ssize(points) == 12 / collected);
    for (std::size_t i = 0; i < points.size(); ++i)
      CHECK(points[i].first == static_cast<std::int64_t>(i) + 1);
  }
}

TEST_CASE("viewers show each point of a resumed run once") {
  int tried = 0;
  for (const bool every_batch : {false, true})
    for (const std::optional<Steps>& collected : {std::optional<Steps>(), {3}})
      for (const std::int64_t initial_epoch : {0, 40}) {
        const Folder whole;
        fit(whole, every_batch, collected, {}, initial_epoch);
        for (const std::optional<Extent> save_freq : {std::optional<Extent>(), {1}, {3}, {7}})
          for (std::int64_t batches = 1; batches <= 12; ++batches, ++tried) {
            CAPTURE(fmt::format("{} {} {} {} {}", every_batch, collected.has_value(), initial_epoch,
                                save_freq ? save_freq->count : 0, batches));
            const Folder folder;
            const BackupAndRestore backup{folder.path("backup"), save_freq};
            CHECK_THROWS_AS(
                fit(folder, every_batch, collected, {backup, Killer{batches}}, initial_epoch),
                Killed);
            if (!std::filesystem::exists(backup.path()) && initial_epoch > 0) continue;
            fit(folder, every_batch, collected, {backup}, initial_epoch);
            for (const char* part : {"logs/train", "logs/validation"})
              CHECK(shown(folder.path(part)) == shown(whole.path(part)));
          }
      }
  MESSAGE(tried << " combinations");
}
