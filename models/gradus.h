#pragma once
/// All of gradus.

#include <fmt/core.h>

#include <gradus/core/check_gradients.h>
#include <gradus/core/ops.h>
#include <gradus/core/random.h>
#include <gradus/core/tensor.h>
#include <gradus/models/dataset.h>
#include <gradus/models/layers.h>
#include <gradus/models/losses.h>
#include <gradus/models/metrics.h>
#include <gradus/models/read_csv.h>
#include <gradus/models/read_idx.h>
#include <gradus/models/sequential.h>
#include <gradus/optim/adadelta.h>
#include <gradus/optim/adafactor.h>
#include <gradus/optim/adagrad.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adamax.h>
#include <gradus/optim/adamw.h>
#include <gradus/optim/ftrl.h>
#include <gradus/optim/lamb.h>
#include <gradus/optim/lion.h>
#include <gradus/optim/muon.h>
#include <gradus/optim/nadam.h>
#include <gradus/optim/optimizer.h>
#include <gradus/optim/rmsprop.h>
#include <gradus/optim/sgd.h>
#include <gradus/schedules/inspect.h>
#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/plateau.h>
#include <gradus/schedules/plot.h>
#include <gradus/schedules/schedule.h>
#include <gradus/schedules/serialize.h>
