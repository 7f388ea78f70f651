/// Construction, copies, parameters and saved state of Optimizer; options as text.

#include <gradus/core/node.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::node_of;

bool ParameterSelector::selects(const Tensor& parameter, std::string_view name,
                                std::span<const std::string> names) const {
  if (const Tensor* handle = std::get_if<Tensor>(&chosen_))
    return handle->node() == parameter.node();
  std::string text = fmt::format("/{}", std::get<std::string>(chosen_));
  if (text.size() == 1 || !text.ends_with('/')) text += '/';
  const auto place = [&](std::string_view path) { return fmt::format("/{}/", path).find(text); };
  const bool from_start = std::ranges::any_of(names, [&](auto& path) { return place(path) == 0; });
  return from_start ? place(name) == 0 : place(name) != text.npos;
}

std::string to_string(const ParameterSelector& s) {
  const std::string* text = std::get_if<std::string>(&s.chosen_);
  return text ? *text : "a parameter";
}

detail::Value to_value(const ParameterSelector& s) { return {to_string(s)}; }
detail::Value to_value(const LearningRateMultiplier& m) {
  return {std::vector<detail::Value>{to_value(m.parameters), {m.factor}}};
}

std::string assign(std::vector<ParameterSelector>& member, const detail::Value& v) {
  std::vector<std::string> texts;
  const std::string expected = detail::assign(texts, v);
  if (expected.empty()) member.assign(texts.begin(), texts.end());
  return expected;
}

std::string assign(std::vector<LearningRateMultiplier>& member, const detail::Value& v) {
  const std::string expected = "a list, each element a list of a text and a number";
  const auto* pairs = std::get_if<std::vector<detail::Value>>(&v.content);
  if (!pairs) return expected;
  member.clear();
  for (const detail::Value& item : *pairs) {
    const auto* pair = std::get_if<std::vector<detail::Value>>(&item.content);
    std::string name;
    Real factor = 0;
    if (!pair || pair->size() != 2 || !detail::assign(name, (*pair)[0]).empty() ||
        !detail::assign(factor, (*pair)[1]).empty())
      return expected;
    member.push_back({name, factor});
  }
  return "";
}

namespace {

void check_options(const OptimizerOptions& options, std::string_view owner, bool decays_itself) {
  detail::validate(options, "Optimizer");
  const int limits = options.clipnorm.has_value() + options.clipvalue.has_value() +
                     options.global_clipnorm.has_value();
  check(limits <= 1,
        "Optimizer: at most one of clipnorm, clipvalue and global_clipnorm must be given (got {})",
        limits);
  check(!decays_itself || detail::always_zero(options.weight_decay),
        "Optimizer: weight_decay must be given once, among the options of {} (got {})", owner,
        to_string(options.weight_decay));
}

void check_selects(std::string_view option, const ParameterSelector& selector,
                   std::span<const Tensor> parameters, std::span<const std::string> names) {
  std::string known;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (selector.selects(parameters[i], names[i], names)) return;
    known += (i > 0 ? ", " : "") + names[i];
  }
  throw ValueError(fmt::format("Optimizer: {} must select a parameter of these: {} (got {})",
                               option, known, to_string(selector)));
}

void check_parameters(std::span<const Tensor> parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    check<StateError>(node_of(parameters[i]).is_parameter,
                      "Optimizer: parameters[{}] must be made with parameter()", i);
    for (std::size_t j = 0; j < i; ++j)
      check<StateError>(parameters[j].node() != parameters[i].node(),
                        "Optimizer: parameters[{}] must be given once", i);
  }
}

}  // namespace

Optimizer::Optimizer(detail::Boxed<Interface> rule, OptimizerOptions options)
    : rule_(std::move(rule)),
      options_(std::move(options)),
      initial_schedule_(rule_->learning_rate()) {
  check_options(options_, rule_->name(), rule_->weight_decay_of({}) != nullptr);
  check(!options_.use_ema || !rule_averages(),
        "Optimizer: use_ema must be false with {}, which averages the weights itself (got true)",
        name());
}

Optimizer::Optimizer(const Optimizer& other)
    : rule_(other.rule_),
      options_(other.options_),
      initial_schedule_(other.initial_schedule_),
      entries_(other.entries_),
      counters_(other.counters_) {
  for (Entry& entry : entries_)
    for (Memory& m : entry.memory) m.values = m.values.copy(m.size);
  make_room(entries_);
}

Optimizer& Optimizer::operator=(Optimizer other) noexcept {
  std::swap(rule_, other.rule_);
  std::swap(options_, other.options_);
  std::swap(initial_schedule_, other.initial_schedule_);
  std::swap(entries_, other.entries_);
  std::swap(counters_, other.counters_);
  std::swap(room_, other.room_);
  return *this;
}

/// So that an update needs no memory, unless it must be able to take itself back.
void Optimizer::make_room(std::span<const Entry> entries) {
  std::int64_t largest = 0;
  for (const Entry& entry : entries) largest = std::max(largest, entry.parameter.size());
  if (options_.clipnorm || options_.clipvalue || options_.global_clipnorm)
    room_ = detail::Buffer(largest);
}

void Optimizer::adopt(std::span<const Tensor> parameters, std::span<const std::string> names,
                      std::span<const Constrain> constraints) {
  std::vector<std::string> given(names.begin(), names.end());
  for (std::size_t i = 0; names.empty() && i < parameters.size(); ++i)
    given.push_back(std::to_string(i));
  check(given.size() == parameters.size(),
        "Optimizer: names must be as many as parameters (got {} and {})", given.size(),
        parameters.size());
  check_parameters(parameters);
  const bool known = owns(parameters);
  check<StateError>(known || !started(), "Optimizer: parameters must be those of the first update");
  for (const ParameterSelector& s : options_.exclude_from_weight_decay)
    check_selects("exclude_from_weight_decay", s, parameters, given);
  for (const LearningRateMultiplier& m : options_.learning_rate_multipliers)
    check_selects("learning_rate_multipliers", m.parameters, parameters, given);

  std::vector<Entry> entries;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    entries.push_back(entry_for(parameters[i], given, i));
    if (!constraints.empty()) entries[i].constraint = constraints[i];
    entries[i].memory = known ? entries_[i].memory : memory_for(parameters[i]);
    if (!known) start_average(parameters[i], entries[i].memory);
  }
  make_room(entries);
  std::swap(entries_, entries);
}

bool Optimizer::owns(std::span<const Tensor> parameters) const {
  return std::equal(parameters.begin(), parameters.end(), entries_.begin(), entries_.end(),
                    [](const Tensor& p, const Entry& e) { return p.node() == e.parameter.node(); });
}

Optimizer::Entry& Optimizer::entry_of(const Tensor& parameter, std::size_t place) {
  const auto is_its = [&](const Entry& e) { return e.parameter.node() == parameter.node(); };
  if (place < entries_.size() && is_its(entries_[place])) return entries_[place];
  const auto found = std::find_if(entries_.begin(), entries_.end(), is_its);
  check<StateError>(found != entries_.end(),
                    "Optimizer: parameters[{}] was not in the first update; give all of them from "
                    "the start",
                    place);
  return *found;
}

Optimizer::Entry Optimizer::entry_for(const Tensor& parameter, std::span<const std::string> names,
                                      std::size_t place) const {
  const std::string& name = names[place];
  const auto selected = [&](const ParameterSelector& s) {
    return s.selects(parameter, name, names);
  };
  const auto& excluded = options_.exclude_from_weight_decay;
  const bool may_decay =
      rule_->weight_decay_of(parameter.shape()) || !detail::always_zero(options_.weight_decay);
  const bool decays = may_decay && std::ranges::none_of(excluded, selected);
  Real multiplier = 1;
  for (const LearningRateMultiplier& m : options_.learning_rate_multipliers)
    if (selected(m.parameters)) multiplier *= m.factor;
  return {parameter, name, decays, multiplier, {}, {}};
}

std::vector<Optimizer::Memory> Optimizer::memory_for(const Tensor& parameter) const {
  std::vector<Memory> memory;
  const auto add = [&](const std::string& name, const Shape& shape, Real start,
                       bool not_negative = false) {
    for (const Memory& m : memory)
      check(m.name != name, "{}: names of slots must differ (got {} twice)", this->name(), name);
    Memory& m = memory.emplace_back(
        Memory{name, shape, shape.count(), detail::Buffer(shape.count()), not_negative});
    std::ranges::fill(m.span(), static_cast<Scalar>(start));
  };
  check(rule_->slots() >= 0 && rule_->slots() <= detail::most_slots,
        "{}: slots() must be in [0,{}] (got {})", name(), detail::most_slots, rule_->slots());
  for (int i = 0; i < rule_->slots(); ++i) {
    const SlotInfo info = rule_->slot_info(i, parameter.shape());
    add(info.name.empty() ? fmt::format("slot_{}", i) : std::string(info.name),
        info.shape.value_or(parameter.shape()), info.start, info.not_negative);
  }
  check(!rule_averages() || (slots() > 0 && memory[0].shape == parameter.shape()),
        "{}: slot 0 must be the average, in the shape of its parameter", name());
  if (options_.use_ema) add("average", parameter.shape(), 0);
  if (has_averages()) add("raw", parameter.shape(), 0);
  if (options_.gradient_accumulation_steps) add("gradient_accumulator", parameter.shape(), 0);
  return memory;
}

/// Starts the averages at the present weights.
void Optimizer::start_average(const Tensor& parameter, std::span<const Memory> memory) {
  if (rule_averages()) rule_->start_average(parameter.values(), slots_of(memory));
  if (options_.use_ema) std::ranges::copy(parameter.values(), memory[slots()].values.data());
}

std::span<const std::span<Scalar>> Optimizer::slots_of(std::span<const Memory> memory) {
  for (std::size_t i = 0; i < slots(); ++i) slots_[i] = memory[i].span();
  return {slots_.data(), slots()};
}

detail::Fault Optimizer::state_fault() const {
  for (const Entry& entry : entries_)
    for (const Memory& m : entry.memory)
      for (std::int64_t i = 0; in_state(entry, m) && i < m.size; ++i) {
        const double v = value(m.values.data()[i]);
        if (!std::isfinite(v) || (m.not_negative && v < 0))
          return {fmt::format("{}/{} must be {} (got {} at element {})", entry.name, m.name,
                              m.not_negative ? "finite and >= 0" : "finite", v, i)};
      }
  return {};
}

void Optimizer::set_counters(const OptimizerCounters& given) {
  check(given.iterations >= 0, "Optimizer: iterations must be >= 0 (got {})", given.iterations);
  const double calls = value(options_.gradient_accumulation_steps.value_or(Steps(1)).count);
  check(given.collected >= 0 && static_cast<double>(given.collected) < calls,
        "Optimizer: collected must be in [0,{}) (got {})", calls, given.collected);
  const double rate = value(given.last_learning_rate);
  check(rules::not_negative.holds(rate), "Optimizer: last_learning_rate must be {} (got {})",
        rules::not_negative.text, rate);
  check(given.averages_from >= 0 && given.averages_from <= given.iterations,
        "Optimizer: averages_from must be in [0,iterations] (got {} of {})", given.averages_from,
        given.iterations);
  check(!given.shows_averages || (has_averages() && given.averages_from < given.iterations),
        "Optimizer: shows_averages must come with averages (got true)");
  counters_ = given;
}

std::string to_string(const Optimizer& optimizer) {
  std::string text(optimizer.name()), before = "(";
  const auto add = [&](std::string_view name, const detail::Value& v) {
    text += fmt::format("{}{}={}", before, name, detail::text_of(v));
    before = ", ";
  };
  const detail::Config rule = optimizer.config();
  if (!rule.has_fields) add("learning_rate", {optimizer.schedule()});
  for (const detail::Config::Field& field : rule.fields) add(field.name, field.value);
  for (const detail::Config::Field& field : detail::config_of(optimizer.options()).fields)
    if (!field.at_default) add(field.name, field.value);
  return text + ")";
}

}}  // namespace gradus
