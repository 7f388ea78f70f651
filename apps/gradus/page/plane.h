#pragma once
/// What stands over a plane: the loss over two weights, or what a model says over two inputs.

#include "terminal/json.h"
#include "training/comparison.h"

/// The loss around the first weights of a model with two weights, with room for runs that swing
/// past the goal. UsageError for another model.
Json surface_around_start(const Problem& problem);

/// What the contender's model says over its two inputs after its updates, with the rows. For two
/// classes it is the probability of the second, for more the likeliest class. UsageError unless
/// there are two inputs.
Json map_after(const Contender& c);
