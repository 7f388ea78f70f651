#pragma once
/// Values over a plane: the loss over two weights, or the predictions of a model over two inputs.

#include "terminal/json.h"
#include "training/comparison.h"

/// The loss around the first weights of a model with two weights, with room for runs that swing
/// past the minimum. UsageError for another model.
Json surface_around_start(const Problem& problem);

/// The predictions of the contender's model over its two inputs after its updates, and the rows of
/// the data. Of two classes it gives the probability of the second, of more the likeliest class.
/// UsageError unless there are two inputs.
Json map_after(const Contender& c);
