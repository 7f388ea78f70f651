#pragma once
/// Optimizers from texts.

#include <span>
#include <string>
#include <string_view>
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
#include <gradus/optim/optimizer.h>
#include <gradus/optim/rmsprop.h>
#include <gradus/optim/sgd.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The update rules that texts can name: the only list of them.
using KnownRules = std::tuple<SGD, Adam, AdamW, Nadam, Adamax, Adagrad, Adadelta, Adafactor,
                              RMSprop, Ftrl, Lamb, Lion, Muon>;

/// Their names: `SGD`, `Adam`, ...
std::span<const std::string> known_optimizers();

/// Reads what to_string() writes of an optimizer, or a line pasted from Python: a rule's name, also
/// in lower case, and its arguments, by position or by name, then those of OptimizerOptions. What
/// is not given has its default. Schedules are as parse_schedule() reads them.
///
///     Optimizer a = parse_optimizer("Adam(learning_rate=CosineDecay(0.01, 900), clipnorm=1)");
///     Optimizer b = parse_optimizer("sgd");
///
/// FormatError with the column, what was expected and, for a misspelt name, the nearest one;
/// ValueError where the options are refused.
Optimizer parse_optimizer(std::string_view text);

namespace detail {
/// A to Z as a to z: how texts may spell the rules' names.
std::string lower(std::string_view text);
}

}}  // namespace gradus
