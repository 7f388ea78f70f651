#include <gradus/models/read_csv.h>

namespace gradus { inline namespace GRADUS_VARIANT {

Dataset read_csv(const std::string& path, const CsvOptions& options) {
  Table table = read_table(path, options);
  Preparation prepared = prepare(table, {.scale = false, .scale_target = false});
  if (!options.columns.empty()) prepared.features = detail::columns_of(options);
  return prepared(std::move(table));
}

}}  // namespace gradus
