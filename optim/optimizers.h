#pragma once
/// All update rules, and optimizers from text. A new rule joins by its header and in KnownRules.

#include <tuple>

#include <gradus/optim/adadelta.h>
#include <gradus/optim/adafactor.h>
#include <gradus/optim/adagrad.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adamax.h>
#include <gradus/optim/adamw.h>
#include <gradus/optim/ftrl.h>
#include <gradus/optim/lamb.h>
#include <gradus/optim/lion.h>
#include <gradus/optim/muon.h>
#include <gradus/optim/nadam.h>
#include <gradus/optim/rmsprop.h>
#include <gradus/optim/schedule_free_adamw.h>
#include <gradus/optim/schedule_free_sgd.h>
#include <gradus/optim/sgd.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The rules that parse_optimizer() knows by name.
using KnownRules = std::tuple<SGD, Adam, AdamW, Nadam, Adamax, Adagrad, Adadelta, Adafactor,
                              RMSprop, Ftrl, Lamb, Lion, Muon, ScheduleFreeSGD, ScheduleFreeAdamW>;

/// Their names: `SGD`, `Adam`, ...
std::span<const std::string> known_optimizers();

/// Reads the text that to_string() writes for an optimizer, or a line pasted from Python: the name
/// of a rule, also in lower case, then its arguments, by position or by name, then those of
/// OptimizerOptions; one that is left out has its default. parse_schedule() reads schedules.
///
///     Optimizer a = parse_optimizer("Adam(learning_rate=CosineDecay(0.01, 900), clipnorm=1)");
///     Optimizer b = parse_optimizer("sgd");
///
/// FormatError with the column, the expected text and, for a misspelt name, the nearest known one;
/// ValueError for an option outside its range.
Optimizer parse_optimizer(std::string_view text);

namespace detail {
struct Call;
/// The optimizer that parse_optimizer() makes of a call.
Optimizer make_optimizer(Call call);
/// A to Z as a to z; a text may spell a rule's name so.
std::string lower(std::string_view text);
}  // namespace detail

}}  // namespace gradus
