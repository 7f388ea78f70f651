#pragma once
/// Optimizers from text.

#include <span>
#include <string>
#include <string_view>

#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The names of KnownRules (optim/optimizers.h): `SGD`, `Adam`, ...
std::span<const std::string> known_optimizers();

/// Reads the text that to_string() writes for an optimizer, or a line pasted from Python: the name
/// of a rule, also in lower case, then its arguments, by position or by name, then those of
/// OptimizerOptions. An argument that is left out has its default. Schedules are read as
/// parse_schedule() reads them.
///
///     Optimizer a = parse_optimizer("Adam(learning_rate=CosineDecay(0.01, 900), clipnorm=1)");
///     Optimizer b = parse_optimizer("sgd");
///
/// FormatError with the column, the expected text and, for a misspelt name, the nearest known one;
/// ValueError for an option outside its range.
Optimizer parse_optimizer(std::string_view text);

namespace detail {
/// A to Z as a to z; a text may spell a rule's name so.
std::string lower(std::string_view text);
}  // namespace detail

}}  // namespace gradus
