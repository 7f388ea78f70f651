#include "training/train_logs.h"

#include <fmt/format.h>
#include <gradus/models/file.h>

#include <utility>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/text.h"

using gradus::detail::AppendFile, gradus::detail::read_file;

void JsonLog::on_train_batch_begin() {
  if (header.empty()) return;
  file = std::make_shared<AppendFile>(filename, !fresh);
  if (offset > file->size())
    throw UsageError(
        fmt::format("--log: '{}' must hold at least the {} bytes that it held when training was "
                    "saved (got {}); "
                    "give another --log",
                    clean(filename), offset, file->size()));
  if (offset > 0) file->truncate(offset);
  file->write(std::exchange(header, ""));
  offset = file->size();
}

void check_is_log(const std::string& path) {
  constexpr std::int64_t most_bytes = std::int64_t{1} << 30;
  const char* const start = path.ends_with(".csv") ? "epoch," : "{\"gradus\":";
  if (file_bytes(path) >= 0 && !read_file(path, most_bytes).starts_with(start))
    throw UsageError(fmt::format(
        "--log: must be a log of gradus train (got '{}'); give another --log", clean(path)));
}
