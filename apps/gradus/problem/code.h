#pragma once
/// Schedules and optimizers as C++ expressions.

#include <gradus/optim/optimizer.h>
#include <gradus/schedules/schedule.h>

#include <string>

/// `CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 900}`; for a schedule without short
/// C++, a call of parse_schedule().
std::string to_code(const gradus::Schedule& s);
/// `Adam{.learning_rate = 0.01}`, or with the options of Optimizer,
/// `Optimizer(Adam{.learning_rate = 0.01}, {.clipnorm = 1})`. `rate` is the C++ of the rate.
std::string to_code(const gradus::Optimizer& optimizer, const std::string& rate);
