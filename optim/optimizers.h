#pragma once
/// All update rules of gradus. A new one is added here: its header and its name in KnownRules.

#include <tuple>

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

namespace gradus { inline namespace GRADUS_VARIANT {

/// The rules that parse_optimizer() knows by name.
using KnownRules = std::tuple<SGD, Adam, AdamW, Nadam, Adamax, Adagrad, Adadelta, Adafactor,
                              RMSprop, Ftrl, Lamb, Lion, Muon>;

}}  // namespace gradus
