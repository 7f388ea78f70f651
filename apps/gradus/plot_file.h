#pragma once
/// Plots in files, drawn by gnuplot.

#include <gradus/schedules/plot.h>
#include <gradus/schedules/plot_rates.h>

#include <span>
#include <string>

/// Writes the rates of a run of `steps` updates to `path`, whose ending says how: .svg, .png or
/// .pdf. The file appears whole or not at all. UsageError for another ending; RunError when there
/// is no gnuplot, or it fails.
void plot_file(const std::string& path, std::span<const gradus::LabelledSchedule> curves,
               gradus::Step steps);
/// The same for values over the logarithm of the rates; `name` says what they are.
void plot_file(const std::string& path, const gradus::RateCurve& curve, const std::string& name);
