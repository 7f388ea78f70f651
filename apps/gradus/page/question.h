#pragma once
/// A question of the page, checked as it is read.

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "training/contenders.h"

class Question {
 public:
  /// UsageError unless the text is a JSON object of reasonable size.
  explicit Question(std::string_view text);

  /// Each a UsageError for a value of another kind.
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

/// The contenders of single texts: of those that can be read. The others are in `errors`, as
/// {"label", "error", "column"}, at their places; the places of contenders hold null there.
struct ReadContenders {
  std::vector<Contender> contenders = {};
  std::vector<std::string> texts = {};  ///< of the contenders
  std::vector<Json> errors = {};

  /// The list of the page: `found` in the places of the contenders.
  std::vector<Json> merged(const std::vector<Json>& found) const;
};
/// UsageError where the fault is not in the texts.
ReadContenders read_contenders(const std::vector<std::string>& texts,
                               const ContenderOptions& chosen);
/// The contender of the only text. UsageError.
Contender read_contender(const std::string& text, const ContenderOptions& chosen);
/// {"label", "error", "column"}; a column counts characters, from 1.
Json to_error(const std::string& text, const std::exception& error);
