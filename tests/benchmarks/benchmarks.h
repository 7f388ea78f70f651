#pragma once
/// The pieces of the benchmark program; see main.cpp.

/// Whole training steps. Before it adds them it checks that every contestant computes the same
/// losses, and throws std::runtime_error if not: a faster loop that computes less is no comparison.
void add_training_steps();
/// What a step is made of: products, recorded operations.
void add_parts();
/// Schedules asked through Schedule, beside their formulas; throws likewise if they differ.
void add_schedules();
