#pragma once
/// Schedules as JSON, in Keras's form.

#include <string>
#include <string_view>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Writes the dictionary of keras.optimizers.schedules.serialize, key for key and in its order:
///
///     {"module": "keras.optimizers.schedules", "class_name": "CosineDecay",
///      "config": {"initial_learning_rate": 0.1, "decay_steps": 900, "alpha": 0.0, ...},
///      "registered_name": null}
///
/// Schedules and expressions that Keras does not have are in module "gradus.schedules". A schedule
/// inside a config is an object of the same form, or a number for a constant. Your own struct with
/// `fields` is written as Keras writes a custom class, which deserialize() does not read.
/// ValueError for a lambda or a struct without fields.
std::string serialize(const Schedule& s);

/// Reads what serialize() or Keras wrote; a bare number is a constant. As in Keras, missing
/// options take their defaults, entries may come in any order, and entries other than class_name
/// and config are ignored, except that "module": null means a custom class.
///
/// FormatError with line and column for text that is not JSON; with the class and the option for an
/// unknown class (with the nearest name; Keras returns the name) and for an option that is unknown,
/// missing, given twice or of the wrong type; for schedules and lists nested more than 1,000 deep.
/// ValueError where the schedule refuses its options.
Schedule deserialize(std::string_view json);

}}  // namespace gradus
