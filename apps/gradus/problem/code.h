#pragma once
/// Schedules and optimizers as C++.

#include <gradus/optim/optimizer.h>
#include <gradus/schedules/schedule.h>

#include <string>

/// `CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 900}`; a call of parse_schedule() for
/// what has a shorter text than code.
std::string code_of(const gradus::Schedule& s);
/// `Adam{.learning_rate = 0.01}`, or with options that all optimizers share,
/// `Optimizer(Adam{.learning_rate = 0.01}, {.clipnorm = 1})`. The rate is what `rate` says: C++.
std::string code_of(const gradus::Optimizer& optimizer, const std::string& rate);
