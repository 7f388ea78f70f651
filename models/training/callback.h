#pragma once
/// Callback: a struct whose hooks fit(), evaluate() and predict() call.

#include <gradus/core/boxed.h>
#include <gradus/models/hooks.h>
#include <gradus/models/state.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A struct becomes a callback by any of Keras's hooks, as a method:
///
///     struct PrintRate {
///       void on_epoch_end(std::int64_t epoch, const Logs& logs) {
///         fmt::print("epoch {}: rate {}\n", epoch, logs["learning_rate"]);
///       }
///     };
///     model.fit(x, y, {.callbacks = {PrintRate{}}});
///
/// - on_{train,test,predict}_{begin,end} take (logs, model);
/// - on_epoch_{begin,end} and on_{train,test,predict}_batch_{begin,end} take (index, logs, model);
///
/// or only the first of these, or none; a hook without an index may also take (model) alone.
/// `std::int64_t index` is the number of the epoch or batch from 0, `const Logs& logs` the numbers
/// so far, and `Sequential& model` the model: `model.stop_training = true` ends training after this
/// batch, `model.optimizer().set_learning_rate(...)` acts from the next update on. The logs of
/// on_train_begin hold every key that the run will report, with nan for numbers; those of a batch
/// the means of the epoch so far; those of an epoch are the entries of History.
///
/// At each hook, the callbacks that have it are called in the order of their list, those with
/// `static constexpr bool runs_last = true` after the others. Then those with a method
/// `after_hook(logs, model)` get the same logs: it is the place to save the model, since the file
/// then holds what all callbacks made of that hook, in any order of the list.
///
/// A struct with a method `void add_to(Logs& logs) const` adds its numbers to the logs of batches
/// and epochs, and so to History, log files and progress; also to those of on_train_begin, where a
/// number that is not known yet is nan.
///
/// A struct with a method that reads like a hook but is none, such as on_epoch_ends, on_batch_end
/// or on_train_epoch_end, does not compile. The list of these names is in models/hooks.h.
///
/// A struct with a `state` (models/state.h) is saved in checkpoints and restored from them.
/// fit() uses a copy; `std::ref(callback)` makes it use the original.
///
/// An exception of a callback passes through fit(); the model is then at its last completed update.
/// fit() with `resume`, after an exception, a stop or load(), makes exactly the updates that were
/// not made, and calls exactly the hooks that were not heard, by callback: a hook that threw was
/// not heard, a hook that saved the file was. on_train_begin and on_train_end belong to a fit(),
/// and are called each time. An epoch that `stop_training` cut short ends with on_epoch_end and an
/// entry in the history; a resumed run goes on within it, without that entry and with the states
/// from before it.
class Callback {
 public:
  template <detail::HooksFit C>
  Callback(C callback) : held_(std::make_unique<Held<C>>(std::move(callback))) {}
  template <detail::HookOfOtherArguments C>
  Callback(C, detail::Expects<"(std::int64_t index, const Logs&, Sequential&)"> = {}) = delete;
  template <detail::NoSuchHook C>
  Callback(C, detail::Expects<"on_{epoch,train,test,predict,*_batch}_{begin,end}"> = {}) = delete;
  Callback(const Callback&) = default;  // and no moves: a callback is never empty
  Callback& operator=(const Callback&) = default;
  ~Callback() = default;

  bool has(detail::Hook hook) const { return held_->calls[static_cast<std::size_t>(hook)]; }
  void call(detail::Hook hook, std::int64_t index, const Logs& logs, Sequential& model) {
    if (const detail::HookCall f = held_->calls[static_cast<std::size_t>(hook)])
      f(held_->struct_address(), index, logs, model);
  }
  bool runs_last() const { return held_->runs_last; }
  void after_hook(const Logs& logs, Sequential& model) { held_->after_hook(logs, model); }
  void add_to(Logs& logs) const { held_->add_to(logs); }
  /// The struct's name, such as `EarlyStopping`.
  std::string_view type() const { return held_->type; }
  void save(detail::State& state, const std::string& prefix) const { held_->save(state, prefix); }
  void load(detail::State& state, const std::string& prefix) { held_->load(state, prefix); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual void* struct_address() = 0;
    virtual void after_hook(const Logs& logs, Sequential& model) = 0;
    virtual void add_to(Logs& logs) const = 0;
    virtual void save(detail::State& state, const std::string& prefix) const = 0;
    virtual void load(detail::State& state, const std::string& prefix) = 0;

    const detail::HookCall* calls = nullptr;
    std::string_view type;
    bool runs_last = false;
  };
  template <class C>
  struct Held final : Interface {
    using Struct = detail::Unwrapped<C>;
    explicit Held(C c) : callback(std::move(c)) {
      calls = detail::hook_calls<Struct>.data();
      type = detail::type_name<Struct>();
      if constexpr (requires { Struct::runs_last; }) runs_last = Struct::runs_last;
      detail::validate(get());
    }
    void* struct_address() override { return &get(); }
    void after_hook([[maybe_unused]] const Logs& logs,
                    [[maybe_unused]] Sequential& model) override {
      if constexpr (requires { get().after_hook(logs, model); }) get().after_hook(logs, model);
    }
    void add_to([[maybe_unused]] Logs& logs) const override {
      if constexpr (requires { get().add_to(logs); }) get().add_to(logs);
    }
    void save(detail::State& state, const std::string& prefix) const override {
      if constexpr (detail::HasState<Struct>)
        Struct::state(get(), detail::StateWriter(state, prefix));
    }
    void load(detail::State& state, const std::string& prefix) override {
      if constexpr (detail::HasState<Struct>)
        Struct::state(get(), detail::StateReader(state, prefix));
    }
    Struct& get() { return callback; }
    const Struct& get() const { return callback; }
    C callback;
  };

  detail::Boxed<Interface> held_;
};

/// A callback made of functions. Keras: keras.callbacks.LambdaCallback.
///
///     LambdaCallback{.on_epoch_end = [&](std::int64_t epoch, const Logs& logs) { ... }}
struct LambdaCallback {
  using Indexed = std::function<void(std::int64_t index, const Logs& logs)>;
  using Whole = std::function<void(const Logs& logs)>;
  Indexed on_epoch_begin = [](std::int64_t, const Logs&) {};
  Indexed on_epoch_end = [](std::int64_t, const Logs&) {};
  Whole on_train_begin = [](const Logs&) {};
  Whole on_train_end = [](const Logs&) {};
  Indexed on_train_batch_begin = [](std::int64_t, const Logs&) {};
  Indexed on_train_batch_end = [](std::int64_t, const Logs&) {};

  static void fields(auto& self, auto&& field) {
    field("on_epoch_begin", self.on_epoch_begin, rules::given);
    field("on_epoch_end", self.on_epoch_end, rules::given);
    field("on_train_begin", self.on_train_begin, rules::given);
    field("on_train_end", self.on_train_end, rules::given);
    field("on_train_batch_begin", self.on_train_batch_begin, rules::given);
    field("on_train_batch_end", self.on_train_batch_end, rules::given);
  }
};

}}  // namespace gradus
