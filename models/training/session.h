#pragma once
/// Session: the part of a running fit() that callbacks and save() use.

#include <gradus/models/fit_options.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

struct Session {
  Progress progress;
  std::vector<Callback> callbacks;
  bool begun = false;  ///< on_train_begin is over

  /// The state of all callbacks, under `EarlyStopping/0`: the type, and its number among that type.
  State callback_state() const;
  /// Reads it back. A callback without saved state keeps its own; unknown state is dropped.
  void load_callbacks(State state);

 private:
  std::string callback_name(std::size_t i) const;
};

}}}  // namespace gradus::detail
