#pragma once
/// Run: the place of a fit() in its data, its sums and its history. Checkpoints save it together
/// with weights and optimizer, so that training can continue.

#include <gradus/models/history.h>
#include <gradus/models/state.h>
#include <gradus/models/totals.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

struct Run {
  std::int64_t epoch = 0;  ///< the epoch in training, or the next one
  std::int64_t batch = 0;  ///< batches done in it
  bool in_epoch = false;   ///< it has begun
  std::int64_t rows = 0;   ///< of the training data; 0 for a BatchSource
  std::int64_t batch_size = 0;
  std::int64_t shuffle_index = 0;  ///< the index of the order in force; see Feed
  std::int64_t position = 0;       ///< batches taken of that order, or of the BatchSource
  Totals totals = {};
  History history = {};
  State callbacks = {};  ///< of the callbacks, when the run was saved or ended

  static void state(auto& self, auto&& field) {
    field("epoch", self.epoch);
    field("batch", self.batch);
    field("in_epoch", self.in_epoch);
    field("rows", self.rows);
    field("batch_size", self.batch_size);
    field("shuffle_index", self.shuffle_index);
    field("position", self.position);
    field("totals", self.totals);
    field("history", self.history);
  }
};

}}}  // namespace gradus::detail
