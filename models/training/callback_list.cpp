#include <gradus/models/callback_list.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

bool CallbackList::has(Hook hook) const {
  return std::ranges::any_of(all_, [&](const Callback& c) { return c.has(hook); });
}

void CallbackList::call(Hook hook, std::int64_t index, const Logs& logs, Sequential& model) {
  // These two belong to a fit(), not to the run that it goes on with.
  const bool in_run = hook != Hook::train_begin && hook != Hook::train_end;
  if (in_run && at_ < over_) return void(++at_);
  const auto hear = [&](std::size_t i, Heard step) {
    std::int64_t outside = nothing, &heard = in_run ? heard_[i] : outside;
    if (heard >= step || !all_[i].has(hook)) return;
    const std::int64_t before = std::exchange(heard, step);  // first, for what it saves
    try {
      step == the_hook ? all_[i].call(hook, index, logs, model) : all_[i].after_hook(logs, model);
    } catch (...) {
      heard = before;
      throw;
    }
  };
  for (const bool last : {false, true})
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (all_[i].runs_last() == last) hear(i, the_hook);
  for (std::size_t i = 0; i < all_.size(); ++i) hear(i, after_hook);
  if (!in_run) return;
  std::ranges::fill(heard_, nothing);
  over_ = ++at_;
}

std::string CallbackList::name(std::size_t i) const {
  const std::string_view type = all_[i].type();
  const auto before = std::ranges::count(std::span(all_).first(i), type, &Callback::type);
  return fmt::format("{}/{}", type, before);
}

State CallbackList::state() const {
  if (held_) return *held_;
  State state;
  StateWriter place(state, "heard");
  place("hooks", over_);
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (heard_[i] != nothing) place(name(i), heard_[i]);
    all_[i].save(state, name(i));
  }
  return state;
}

void CallbackList::load(State state, std::int64_t over) {
  const StateReader place(state, "heard");
  at_ = 0;
  over_ = over;
  if (state.contains("heard/hooks")) place("hooks", over_);
  for (std::size_t i = 0; i < all_.size(); ++i) {
    heard_[i] = nothing;
    if (state.contains("heard/" + name(i))) place(name(i), heard_[i]);
    const std::string own = name(i) + "/";
    const auto first = state.lower_bound(own);
    if (first != state.end() && first->first.starts_with(own)) all_[i].load(state, name(i));
  }
}

}}}  // namespace gradus::detail
