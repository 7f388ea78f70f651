#pragma once
/// CallbackList: calls callbacks in order, and knows what each has heard.

#include <gradus/models/callback.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// The callbacks of one fit(), evaluate() or predict().
///
/// A run moves when an update is applied and when an epoch has ended. Between two moves its hooks
/// come in a fixed order, so the number of those that are over, and who has heard the next one, is
/// a place in the run. state() holds it: a resumed run takes the same path from the last move on,
/// and calls only what was not heard. A hook that throws was not heard; one that saves was.
class CallbackList {
 public:
  explicit CallbackList(std::vector<Callback> callbacks)
      : all_(std::move(callbacks)), heard_(all_.size()) {}

  bool empty() const { return all_.empty(); }
  bool has(Hook hook) const;
  /// Calls the hook of each callback, in the order that callback.h states.
  void call(Hook hook, std::int64_t index, const Logs& logs, Sequential& model);
  /// Adds the numbers of all callbacks.
  void add_to(Logs& logs) const {
    for (const Callback& callback : all_) callback.add_to(logs);
  }
  /// The run has moved.
  void moved() { at_ = over_ = 0; }

  /// The state of all callbacks, under `EarlyStopping/0`: the type, and its number among that type.
  /// The place is under `heard`.
  State state() const;
  /// Reads it back. A callback without saved state keeps its own; unknown state is dropped. Where
  /// the state says nothing of the place, as in older files, `over` hooks are over.
  void load(State state, std::int64_t over);
  /// From now on state() is that of this moment.
  void hold() { held_ = state(); }

 private:
  enum Heard : std::int64_t { nothing, the_hook, after_hook };  ///< by a callback, of a hook
  std::string name(std::size_t i) const;

  std::vector<Callback> all_;
  std::vector<std::int64_t> heard_;  ///< by each callback, of the hook that is not over
  std::int64_t at_ = 0, over_ = 0;   ///< hooks since the last move: passed again, and over
  std::optional<State> held_ = {};
};

}}}  // namespace gradus::detail
