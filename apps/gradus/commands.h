#pragma once
/// All commands, in the order of `gradus --help`.

#include <tuple>

#include "compare_command.h"
#include "completion_command.h"
#include "demo_command.h"
#include "find_command.h"
#include "learnt_command.h"
#include "report_command.h"
#include "schedule_command.h"
#include "train_command.h"

using Commands =
    std::tuple<DemoCommand, ScheduleCommand, FindCommand, TrainCommand, EvaluateCommand,
               PredictCommand, CompareCommand, ReportCommand, CompletionCommand>;
