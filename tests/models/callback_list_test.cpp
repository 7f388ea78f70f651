#include <gradus/models/run.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <gradus/models/early_stopping.h>
#include <gradus/models/file.h>
#include <gradus/models/model_checkpoint.h>
#include <gradus/optim/adam.h>

#include "data_files.h"
#include "training_support.h"

using namespace gradus;
using namespace training;
using data_files::Folder;

namespace {

std::string order;
/// Writes its name into `order`, small in a hook and large after it.
struct Early {
  char name;
  void on_epoch_end() { order += name; }
  void after_hook(const Logs&, Sequential&) { order += static_cast<char>(name - 'a' + 'A'); }
};
struct Late : Early {
  static constexpr bool runs_last = true;
};

/// Counts hooks, in its state.
struct Counter {
  std::int64_t hooks = 0;
  void on_epoch_begin() { ++hooks; }
  void on_epoch_end() { ++hooks; }
  void on_train_batch_end() { ++hooks; }
  static void state(auto& self, auto&& field) { field("hooks", self.hooks); }
};

struct Killed {};
/// Throws at an update, or at an epoch's end: as the others act, or as they write.
struct Killer {
  Step update = -1;
  std::int64_t epoch = -1;
  bool late = false, armed = false;

  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    act(model.optimizer().iterations() == update);
  }
  void on_epoch_end(std::int64_t number) { act(number == epoch); }
  void act(bool now) {
    if (now && !late) throw Killed();
    armed = now;
  }
  void after_hook(const Logs&, Sequential&) const {
    if (armed) throw Killed();
  }
};

/// A run of four epochs of four batches, whose validation gets better and worse.
History fit(Sequential& model, std::vector<Callback> callbacks) {
  return model.fit(line_x, line_y,
                   {.batch_size = 1,
                    .epochs = 4,
                    .verbose = 0,
                    .callbacks = std::move(callbacks),
                    .validation_data = {{line_x, line_y}}});
}
Sequential restless() {
  Sequential model = line();
  model.compile({.optimizer = Adam{.learning_rate = 1.5}, .loss = MeanSquaredError{}, .seed = 4});
  return model;
}

/// The callbacks of a run in this order, with their files in `folder`.
std::vector<Callback> callbacks_in(const Folder& folder, std::span<const int> permutation,
                                   std::optional<Extent> save_freq, const Killer& killer) {
  const std::vector<Callback> all{
      BackupAndRestore{folder.path("backup"), save_freq},
      ModelCheckpoint{.filepath = folder.path("best-{epoch}"), .save_best_only = true},
      ModelCheckpoint{.filepath = folder.path("each-{epoch}"), .save_freq = 3}, Counter{}, killer};
  std::vector<Callback> chosen;
  for (const int i : permutation) chosen.push_back(all[static_cast<std::size_t>(i)]);
  return chosen;
}

std::map<std::string, std::string> files_of(const Folder& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("")))
    if (entry.is_regular_file())
      files[entry.path().filename()] = detail::read_file(entry.path(), 1 << 20);
  return files;
}

std::vector<Killer> killers() {
  std::vector<Killer> all;
  for (const bool late : {false, true}) {
    for (const Step update : {1, 3, 4, 6, 10, 13, 16})
      all.push_back({.update = update, .late = late});
    for (std::int64_t epoch = 0; epoch < 4; ++epoch) all.push_back({.epoch = epoch, .late = late});
  }
  return all;
}

}  // namespace

TEST_CASE("callbacks act in the order of their list, then those with runs_last, then they write") {
  order.clear();
  Sequential model = line();
  model.fit(line_x, line_y,
            {.verbose = 0, .callbacks = {Late{{'x'}}, Early{'a'}, Late{{'y'}}, Early{'b'}}});
  CHECK(order == "abxyXAYB");
}

TEST_CASE("a killed run writes the files of one that was not, whatever the order of callbacks") {
  std::size_t tried = 0, orders = 0;
  const std::vector<Killer> all = killers();
  std::vector<int> permutation{0, 1, 2, 3, 4};
  do {
    const std::optional<Extent> freqs[] = {std::nullopt, 1, 2};
    const std::optional<Extent> freq = freqs[orders % 3];
    const Folder whole;
    Sequential expected = restless();
    fit(expected, callbacks_in(whole, permutation, freq, {}));
    const auto files = files_of(whole);
    CHECK(std::ranges::count_if(files, [](const auto& file) {
            return file.first.starts_with("best");
          }) == 3);  // of 4 epochs
    for (std::size_t i = orders++ % 11; i < all.size(); i += 11, ++tried) {
      const Killer& killer = all[i];
      CAPTURE(fmt::format("order {}, killer {}", orders, i));
      const Folder folder;
      Sequential killed = restless(), resumed = restless();
      CHECK_THROWS_AS(fit(killed, callbacks_in(folder, permutation, freq, killer)), Killed);
      fit(resumed, callbacks_in(folder, permutation, freq, {}));
      CHECK(same(resumed.get_weights(), expected.get_weights()));
      const bool same_files = files_of(folder) == files;
      CHECK(same_files);
    }
  } while (std::ranges::next_permutation(permutation).found);
  MESSAGE(orders << " orders, " << tried << " kills");
}
