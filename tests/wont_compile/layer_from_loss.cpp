// error: conversion from|no matching|could not convert|no viable
// A loss is not a layer.
#include <gradus/models/layer.h>
#include <gradus/models/losses.h>
using namespace gradus;

Layer layer = MeanSquaredError{};
