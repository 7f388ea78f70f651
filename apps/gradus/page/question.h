#pragma once
/// A question of the page, checked as it is read.

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "training/contenders.h"

class Question {
 public:
  /// UsageError unless the text is a JSON object of at most 1 MB.
  explicit Question(std::string_view text);

  /// Each throws UsageError for a value of another type.
  std::string text(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  std::int64_t whole(const std::string& key, std::int64_t fallback, std::int64_t least,
                     std::int64_t most) const;
  bool flag(const std::string& key, bool fallback) const;
  /// The defaults with what `options` and `steps` give. UsageError for an unknown key, for files
  /// and for a run that is too long for a page.
  ContenderOptions options(ContenderOptions defaults = {}) const;

 private:
  const Json* find(const std::string& key) const;

  Json json_;
};

/// The contenders of the texts that can be read. `errors` has a place for each text: null for a
/// contender, {"label", "error", "column"} for a text that cannot be read.
struct ReadContenders {
  std::vector<Contender> contenders = {};
  std::vector<std::string> texts = {};  ///< of the contenders
  std::vector<Json> errors = {};

  /// The errors, with `found` in the places of the contenders.
  std::vector<Json> merged(const std::vector<Json>& found) const;
};
/// UsageError if the options are wrong.
ReadContenders read_contenders(const std::vector<std::string>& texts,
                               const ContenderOptions& chosen);
/// The contender of one text. UsageError.
Contender read_contender(const std::string& text, const ContenderOptions& chosen);
/// {"label", "error", "column"}; a column counts characters, from 1.
Json to_error(const std::string& text, const std::exception& error);
