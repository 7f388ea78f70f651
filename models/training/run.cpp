/// History, and the state of a fit(): sums over batches, and what callbacks have heard.

#include <gradus/models/run.h>

#include <fmt/format.h>

#include <gradus/core/from_text.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

template <class Entries, class Found>
const auto& entry(const char* owner, const Entries& entries, Found found, std::string_view key) {
  std::vector<std::string> names;
  if (found == entries.end())
    for (const auto& [name, _] : entries) names.push_back(name);
  check(found != entries.end(), "{}: there is no '{}'{} (there are: {})", owner, key,
        names.empty() ? "" : fmt::format("; did you mean '{}'?", detail::nearest(key, names)),
        names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  return found->second;
}

/// The sums of a file of an older version are those of batches that weighed as much as their rows.
std::array<double, 3> loss_sums(const detail::Totals& totals) {
  const std::vector<double>& sums = totals.loss;
  if (sums.size() == 3) return {sums[0], sums[1], sums[2]};
  return {sums.empty() ? 0 : sums[0], totals.rows, 0};
}

}  // namespace

double Logs::operator[](std::string_view key) const {
  return entry("Logs", numbers_, find(key), key);
}

void Logs::set(std::string_view key, double number) {
  const auto place = find(key) - numbers_.begin();
  if (place == std::ssize(numbers_)) numbers_.emplace_back(key, 0);
  numbers_[static_cast<std::size_t>(place)].second = number;
}

const std::vector<double>& History::operator[](std::string_view key) const {
  return entry("History", series_, series_.find(key), key);
}

void History::add(std::int64_t epoch, const Logs& logs) {
  const auto room = static_cast<std::size_t>(expected_);
  if (epochs_.size() == epochs_.capacity()) epochs_.reserve(epochs_.size() + room);
  epochs_.push_back(epoch);
  for (const auto& [name, number] : logs) {
    std::vector<double>& series = series_[name];
    if (series.size() == series.capacity()) series.reserve(series.size() + room);
    series.push_back(number);
  }
}

void History::remove_last(const Logs& logs) {
  epochs_.pop_back();
  for (const auto& [name, _] : logs) series_.find(name)->second.pop_back();
}

double Evaluation::operator[](std::string_view key) const {
  return key == "loss" ? loss : entry("Evaluation", metrics, metrics.find(key), key);
}

namespace detail {

void Totals::add(const CompileOptions& with, const Batch& batch, const Tensor& y_pred,
                 const BatchLoss& batch_loss) {
  const NoGrad off;
  const auto count = static_cast<double>(batch.rows());
  const double divisor = batch_loss.divisor, unit = with.unit(with.loss.degree());
  const auto [values, divisors, penalties] = loss_sums(*this);
  last_loss = unit * value(batch_loss.loss.item());
  const double reduced = unit * batch_loss.values;
  const double penalty = std::isfinite(reduced) ? *last_loss - reduced : 0;  // else inf - inf
  loss = {values + reduced * (divisor == 0 ? 1 : divisor),  // by 0 nothing was divided
          divisors + divisor, penalties + penalty * count};
  rows += count;
  whole = batch_loss.whole;
  metrics.resize(with.metrics.size() + with.weighted_metrics.size());
  for_each_metric(with, [&](std::size_t i, const Metric& metric, bool weighted) {
    const Tensor weights = weighted ? batch.sample_weight : Tensor();
    whole = metric.update(metrics[i], batch.y, y_pred, weights) || whole;
  });
}

void Totals::report(const CompileOptions& with, Logs& logs, std::string_view prefix) const {
  const auto set = [&](std::string_view name, double number) {
    if (prefix.empty())
      logs.set(name, number);  // the usual case makes no string
    else
      logs.set(fmt::format("{}{}", prefix, name), number);
  };
  const auto [values, divisors, penalties] = loss_sums(*this);
  const bool divided = divisors != 0 && with.loss.reduction() != LossReduction::sum;
  set("loss", values / (divided ? divisors : 1) + penalties / rows);
  for_each_metric(with, [&](std::size_t i, const Metric& metric, bool) {
    set(metric.name(), with.unit(metric.degree()) * metric.result(metrics[i]));
  });
}

void Totals::clear() {
  rows = 0;
  loss.clear();
  for (std::vector<double>& sums : metrics) sums.clear();
}

// ---- callbacks ----------------------------------------------------------------------------------

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

}  // namespace detail
}}  // namespace gradus
