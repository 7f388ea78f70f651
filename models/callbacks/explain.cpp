#include <gradus/models/explain.h>

#include <gradus/core/from_text.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// `w = 0.5 - 0.1 * -35 = 4`, computed from what is printed, of a sum of products; a factor of 1 is
/// not printed. Empty if training had another result.
std::string equation(const char* name, std::initializer_list<std::pair<double, double>> products,
                     double result) {
  double sum = 0, largest = std::max(std::abs(result), 1e-300);
  std::string text;
  const auto shown = [](double& v) {
    const std::string number = fmt::format("{:.6g}", v);
    detail::from_text(number.data(), number.data() + number.size(), v);
    return number;
  };
  for (auto [factor, number] : products) {
    const bool flips = factor * factor == 1 && number < 0 && !text.empty();
    const bool minus = (factor < 0) != flips;
    factor = std::abs(factor), number = flips ? -number : number;
    if (!text.empty()) text += minus ? " - " : " + ";
    if (factor != 1) text += shown(factor) + " * ";
    text += shown(number);
    sum += (minus ? -factor : factor) * number;
    largest = std::max(largest, std::abs(factor * number));
  }
  const double place = std::pow(10, std::floor(std::log10(largest)) - 3);
  if (!(std::abs(sum - result) <= place)) return "";
  return fmt::format("{} = {} = {:.6g}\n", name, text, std::round(sum / place) * place + 0.0);
}

/// By SGD's formulas, if they give what training did.
std::string arithmetic(const ParameterRecord& p, std::size_t i, const detail::Config& rule,
                       Step step, const std::string& indent) {
  const double w = value(p.before[i]), g = value(p.gradient[i]), next = value(p.after[i]);
  std::string first, last;
  if (rule.type == "SGD" && p.slots_before.empty()) {
    last = equation("w", {{1, w}, {-p.rate, g}}, next);
  } else if (rule.type == "SGD") {
    const double mu = value(std::get<Schedule>(rule.fields[1].value.content)(step));
    const double v = value(p.slots_after[0][i]);
    first = equation("v", {{mu, value(p.slots_before[0][i])}, {-p.rate, g}}, v) + indent;
    last = std::get<bool>(rule.fields[2].value.content)
               ? equation("w", {{1, w}, {mu, v}, {-p.rate, g}}, next)
               : equation("w", {{1, w}, {1, v}}, next);
  }
  if (!last.empty()) return first + last;
  return fmt::format("gradient {:.6g}\n{}{}", g, indent,
                     equation("w", {{1, w}, {1, value(p.change[i])}}, next));
}

std::string to_text(const UpdateRecord& r, const Optimizer& optimizer) {
  std::string out =
      fmt::format("update {}: rate {:.6g}, loss of the batch {:.6g}", r.step, r.rate, r.loss);
  for (const auto& field : detail::config_of(optimizer.options()).fields)
    if (!field.at_default) out += fmt::format(", {} {}", field.name, detail::text_of(field.value));
  std::size_t weights = 0, width = 0;
  for (const ParameterRecord& p : r.parameters)
    weights += p.before.size(), width = std::max(width, p.name.size() + 4);
  if (weights > 2)
    out += fmt::format("\n  {:<{}}{:>10}{:>11}{:>11}{:>17}", "norm of", width, "weights",
                       "gradient", "change", "change/weights");
  out += '\n';
  const auto norm = [](const std::vector<Scalar>& x) { return value(detail::norm(x)); };
  for (const ParameterRecord& p : r.parameters)
    if (weights > 2)
      out += fmt::format("  {:<{}}{:>10.4g}{:>11.4g}{:>11.4g}{:>17.3g}\n", p.name, width,
                         norm(p.before), norm(p.gradient), norm(p.change),
                         norm(p.change) / norm(p.before));
    else
      for (std::size_t i = 0; i < p.before.size(); ++i)
        out += fmt::format(
            "  {:<{}}{}", p.before.size() == 1 ? p.name : fmt::format("{}[{}]", p.name, i), width,
            arithmetic(p, i, optimizer.config(), r.step, std::string(width + 2, ' ')));
  return out;
}

}  // namespace

void Explain::on_train_batch_begin(std::int64_t, const Logs&, Sequential& model) {
  now = {.step = model.optimizer().iterations()};
  if (!std::ranges::count(at, now.step)) return;
  model.optimizer().set_watch([this](const std::string& name, const ParameterUpdate& u, bool done) {
    const auto copy = [](auto x) { return std::vector<Scalar>(x.begin(), x.end()); };
    if (!done)
      now.parameters.push_back({.name = name,
                                .rate = value(u.learning_rate),
                                .before = copy(u.w),
                                .gradient = copy(u.g)});
    ParameterRecord& p = now.parameters.back();
    for (const auto slot : u.slots) (done ? p.slots_after : p.slots_before).push_back(copy(slot));
    if (!done) return;
    p.after = p.change = copy(u.w);
    for (std::size_t i = 0; i < p.change.size(); ++i) p.change[i] -= p.before[i];
  });
}

void Explain::on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
  if (now.parameters.empty()) return;
  Optimizer& optimizer = model.optimizer();
  optimizer.set_watch(nullptr);
  now.rate = value(optimizer.last_learning_rate());
  now.loss = model.last_loss();
  now.text = to_text(now, optimizer);
  sink ? sink(now) : model.report(now.text);
}

}}  // namespace gradus
