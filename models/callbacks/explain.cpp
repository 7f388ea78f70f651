#include <gradus/models/explain.h>

#include <cmath>

#include <gradus/core/from_text.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// A number or a product, to be added or subtracted.
struct Term {
  Scalar number;
  double factor = 1;
  bool minus = false;
};

/// `w = 0.5 - 0.1 * -35 = 4`, computed from what is printed; empty if training had another result.
std::string equation(const char* name, std::initializer_list<Term> terms, Scalar trained) {
  const double result = value(trained);
  double sum = 0, largest = std::max(std::abs(result), 1e-300);
  std::string text;
  const auto shown = [](double& v) {
    const std::string number = fmt::format("{:.6g}", v);
    detail::from_text(number.data(), number.data() + number.size(), v);
    return number;
  };
  for (const Term& term : terms) {
    double number = value(term.number), factor = term.factor;
    const bool flips = !text.empty() && factor == 1 && number < 0;
    const bool minus = term.minus != flips;
    if (flips) number = -number;
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
  const Scalar w = p.before[i], next = p.after[i];
  const Term by_gradient{p.gradient[i], p.rate, true};
  std::string first, last;
  if (rule.type == "SGD" && p.slots_before.empty()) {
    if (last = equation("w", {{w}, by_gradient}, next); !last.empty()) return last;
  } else if (rule.type == "SGD") {
    const double mu = value(std::get<Schedule>(rule.fields[1].value.content)(step));
    const Scalar v = p.slots_after[0][i];
    first = equation("v", {{p.slots_before[0][i], mu}, by_gradient}, v);
    last = std::get<bool>(rule.fields[2].value.content)
               ? equation("w", {{w}, {v, mu}, by_gradient}, next)
               : equation("w", {{w}, {v}}, next);
    if (!first.empty() && !last.empty()) return first + indent + last;
  }
  return fmt::format("gradient {:.6g}\n", value(p.gradient[i])) + indent +
         equation("w", {{w}, {next - w}}, next);
}

std::string norms(const ParameterRecord& p) {
  const double w = value(detail::norm(p.before)), by = value(detail::norm(p.change()));
  return fmt::format("{:>10.4g}{:>11.4g}{:>11.4g}{:>17.3g}\n", w, value(detail::norm(p.gradient)),
                     by, by / w);
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
  for (const ParameterRecord& p : r.parameters)
    for (std::size_t i = 0; i < (weights > 2 ? 1 : p.before.size()); ++i) {
      const std::string element = weights > 2 || p.before.size() == 1 ? "" : fmt::format("[{}]", i);
      out += fmt::format("  {:<{}}", p.name + element, width);
      out += weights > 2
                 ? norms(p)
                 : arithmetic(p, i, optimizer.config(), r.step, std::string(width + 2, ' '));
    }
  return out;
}

}  // namespace

std::vector<Scalar> ParameterRecord::change() const {
  std::vector<Scalar> out = after;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= before[i];
  return out;
}

void Explain::on_train_batch_begin(std::int64_t, const Logs&, Sequential& model) {
  now = {.step = model.optimizer().iterations()};
  if (!std::ranges::count(at, now.step)) return;
  model.optimizer().set_watch([this](const std::string& name, const ParameterUpdate& u, bool done) {
    const auto copy = [](auto numbers) {
      return std::vector<Scalar>(numbers.begin(), numbers.end());
    };
    if (!done)
      now.parameters.push_back({name, value(u.learning_rate), copy(u.w), copy(u.g), {}, {}, {}});
    ParameterRecord& p = now.parameters.back();
    for (const auto slot : u.slots) (done ? p.slots_after : p.slots_before).push_back(copy(slot));
    if (done) p.after = copy(u.w);
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
