#pragma once
/// Names that are taken for hooks but are none: other words, tenses and orders, an s too much,
/// camel case, Keras's old names and those of PyTorch Lightning. Only hooks.h includes this.

#include <type_traits>

#include <gradus/core/scalar.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

struct MisspeltHooks {
  int on_epoch_start, on_epoch_ends, on_epoch_begins, on_epoch_ended, on_epoch_started,
      on_epoch_stop, on_epoch_finish, on_epoch_finished, on_epoch_done, on_epochs_begin,
      on_epochs_end, on_epochbegin, on_epochend, on_begin_epoch, on_end_epoch, on_epoch_en,
      on_epoch_edn, on_batch_begin, on_batch_end, on_batch_start, on_batch_ends, on_batch_finish,
      on_begin_batch, on_end_batch, on_train_start, on_train_begins, on_train_ends, on_train_stop,
      on_train_finish, on_train_finished, on_training_begin, on_training_end, on_training_start,
      on_fit_begin, on_fit_end, on_fit_start, on_train_batch_start, on_train_batch_begins,
      on_train_batch_ends, on_step_begin, on_step_end, on_train_step_begin, on_train_step_end,
      on_train_epoch_start, on_train_epoch_begin, on_train_epoch_end, on_validation_begin,
      on_validation_end, on_validation_start, on_validation_epoch_start, on_validation_epoch_end,
      on_validation_batch_begin, on_validation_batch_start, on_validation_batch_end,
      on_evaluate_begin, on_evaluate_end, on_test_start, on_test_begins, on_test_ends,
      on_test_epoch_end, on_test_batch_start, on_test_batch_ends, on_predict_start,
      on_predict_begins, on_predict_ends, on_predict_epoch_end, on_predict_batch_start,
      on_predict_batch_ends, onEpochBegin, onEpochEnd, onTrainBegin, onTrainEnd, onBatchBegin,
      onBatchEnd, onTrainBatchBegin, onTrainBatchEnd;
};
template <class C>
struct WithMisspeltHooks : C, MisspeltHooks {};
/// One of these names has two meanings in WithMisspeltHooks. A struct that is `final` is not
/// looked into.
template <class C>
concept HasMisspeltHook =
    std::is_class_v<C> && !std::is_final_v<C> && !requires(WithMisspeltHooks<C> & c) {
  c.on_epoch_start, c.on_epoch_ends, c.on_epoch_begins, c.on_epoch_ended, c.on_epoch_started,
      c.on_epoch_stop, c.on_epoch_finish, c.on_epoch_finished, c.on_epoch_done, c.on_epochs_begin,
      c.on_epochs_end, c.on_epochbegin, c.on_epochend, c.on_begin_epoch, c.on_end_epoch,
      c.on_epoch_en, c.on_epoch_edn, c.on_batch_begin, c.on_batch_end, c.on_batch_start,
      c.on_batch_ends, c.on_batch_finish, c.on_begin_batch, c.on_end_batch, c.on_train_start,
      c.on_train_begins, c.on_train_ends, c.on_train_stop, c.on_train_finish, c.on_train_finished,
      c.on_training_begin, c.on_training_end, c.on_training_start, c.on_fit_begin, c.on_fit_end,
      c.on_fit_start, c.on_train_batch_start, c.on_train_batch_begins, c.on_train_batch_ends,
      c.on_step_begin, c.on_step_end, c.on_train_step_begin, c.on_train_step_end,
      c.on_train_epoch_start, c.on_train_epoch_begin, c.on_train_epoch_end, c.on_validation_begin,
      c.on_validation_end, c.on_validation_start, c.on_validation_epoch_start,
      c.on_validation_epoch_end, c.on_validation_batch_begin, c.on_validation_batch_start,
      c.on_validation_batch_end, c.on_evaluate_begin, c.on_evaluate_end, c.on_test_start,
      c.on_test_begins, c.on_test_ends, c.on_test_epoch_end, c.on_test_batch_start,
      c.on_test_batch_ends, c.on_predict_start, c.on_predict_begins, c.on_predict_ends,
      c.on_predict_epoch_end, c.on_predict_batch_start, c.on_predict_batch_ends, c.onEpochBegin,
      c.onEpochEnd, c.onTrainBegin, c.onTrainEnd, c.onBatchBegin, c.onBatchEnd, c.onTrainBatchBegin,
      c.onTrainBatchEnd;
};

}}}  // namespace gradus::detail
