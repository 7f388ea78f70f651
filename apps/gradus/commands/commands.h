#pragma once
/// All commands, in the order of `gradus --help`.

#include "commands/compare.h"
#include "commands/completion.h"
#include "commands/data.h"
#include "commands/demo.h"
#include "commands/evaluate.h"
#include "commands/expect.h"
#include "commands/explain.h"
#include "commands/find_lr.h"
#include "commands/forecast.h"
#include "commands/playground.h"
#include "commands/predict.h"
#include "commands/report.h"
#include "commands/schedule.h"
#include "commands/sensitivity.h"
#include "commands/train.h"
#include "commands/tune.h"

using Commands = std::tuple<DemoCommand, ScheduleCommand, FindLrCommand, TrainCommand,
                            ExplainCommand, EvaluateCommand, PredictCommand, DataCommand,
                            CompareCommand, ExpectCommand, ForecastCommand, SensitivityCommand,
                            TuneCommand, ReportCommand, PlaygroundCommand, CompletionCommand>;
