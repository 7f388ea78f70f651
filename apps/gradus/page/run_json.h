#pragma once
/// The page's way into gradus: a question as JSON in, its answer as JSON out.

#include <string>
#include <string_view>

/// Answers a question such as
///
///     {"ask": "compare", "options": {"data": "line", "layers": "none"}, "steps": 210,
///      "expressions": ["CosineDecay(0.3, 210)"]}
///
/// with one line. `options` has the options of the command by their names; a number may be a text.
///
/// | ask         | also                            | answer                                     |
/// |-------------|---------------------------------|--------------------------------------------|
/// | compare     | expressions, every, curvature   | as `gradus compare --json` with one seed   |
/// | expect      | expressions                     | as `gradus expect --json`                  |
/// | sensitivity | expression, seeds, windows      | as `gradus sensitivity --json`             |
/// | read        | expression                      | label, text, rates, notes, numbers         |
/// | finals      | expressions, seeds              | losses: means at the end, null if diverged |
/// | surface     |                                 | the loss around the start of two weights   |
/// | map         | expression, updates             | a model's predictions over two inputs      |
/// | program     | expression                      | code: a program in C++                     |
/// | list        |                                 | data, optimizers, schedules                |
///
/// The answer to a wrong question is {"error": sentence}, also to one that would take too long. A
/// wrong expression has this error in its place, with the column of the mistake if that is known.
std::string run_json(std::string_view question);
