#pragma once
/// A problem in the plain data of exact.h.

#include "problem/problem.h"
#include "training/exact.h"

/// `rest` with network, loss, outputs and data of the problem.
ExactTraining to_exact(const Problem& problem, ExactTraining rest);
/// The rows that give the loss, in words.
std::string rows_of_loss(const ExactTraining& training);
