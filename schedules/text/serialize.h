#pragma once
/// Schedules as JSON, in the form that Keras gives them.

#include <string>
#include <string_view>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// What keras.optimizers.schedules.serialize gives, key for key and in its order:
///
///     {"module": "keras.optimizers.schedules", "class_name": "CosineDecay",
///      "config": {"initial_learning_rate": 0.1, "decay_steps": 900, "alpha": 0.0, ...},
///      "registered_name": null}
///
/// Schedules and expressions that Keras does not have are of module "gradus.schedules"; a schedule
/// inside a config is such an object again, or a number for a constant. A struct of your own with
/// `fields` is written as Keras writes a custom class, which deserialize() does not read.
/// ValueError for a lambda or a struct without fields, which have nothing to write.
std::string serialize(const Schedule& s);

/// Reads what serialize() or Keras wrote; a bare number is a constant. As in Keras, options left
/// out take their defaults, the entries may come in any order, and entries beside class_name and
/// config count for nothing, except that "module": null means a custom class.
///
/// FormatError with line and column for what is not JSON; with the class and the option for what
/// is no schedule: an unknown class (with the nearest name; Keras returns the name), an option
/// that is unknown, missing, given twice or of the wrong type. ValueError where the schedule
/// refuses its options. Any nesting of schedules is read; lists at most 32 deep.
Schedule deserialize(std::string_view json);

}}  // namespace gradus
