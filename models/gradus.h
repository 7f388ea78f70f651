#pragma once
/// All of gradus.

#include <fmt/core.h>

// First, since compilers print the way to a header before an error in it.
#include <gradus/models/fit_options.h>

#include <gradus/core/check_gradients.h>
#include <gradus/core/ops.h>
#include <gradus/core/random.h>
#include <gradus/core/tensor.h>
#include <gradus/core/thread_pool.h>
#include <gradus/models/activations.h>
#include <gradus/models/best_schedule.h>
#include <gradus/models/constraints.h>
#include <gradus/models/curvature.h>
#include <gradus/models/dataset.h>
#include <gradus/models/early_stopping.h>
#include <gradus/models/expected_loss.h>
#include <gradus/models/explain.h>
#include <gradus/models/find_learning_rate.h>
#include <gradus/models/forecast.h>
#include <gradus/models/gradient_noise.h>
#include <gradus/models/greedy_lr.h>
#include <gradus/models/initializers.h>
#include <gradus/models/layers.h>
#include <gradus/models/learning_rate_scheduler.h>
#include <gradus/models/loggers.h>
#include <gradus/models/losses.h>
#include <gradus/models/metrics.h>
#include <gradus/models/model_checkpoint.h>
#include <gradus/models/normalization.h>
#include <gradus/models/preparation.h>
#include <gradus/models/read_csv.h>
#include <gradus/models/read_idx.h>
#include <gradus/models/reduce_lr_on_plateau.h>
#include <gradus/models/regularizers.h>
#include <gradus/models/sampling.h>
#include <gradus/models/sensitivity.h>
#include <gradus/models/sequential.h>
#include <gradus/models/swap_ema_weights.h>
#include <gradus/models/table.h>
#include <gradus/models/tune.h>
#include <gradus/optim/optimizers.h>
#include <gradus/schedules/greedy.h>
#include <gradus/schedules/inspect.h>
#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/plateau.h>
#include <gradus/schedules/plot.h>
#include <gradus/schedules/schedule.h>
#include <gradus/schedules/serialize.h>
#include <gradus/schedules/worst_case.h>
