#pragma once
/// Golden values: files of cases computed by other systems. The folder is the environment variable
/// GRADUS_GOLDEN, or else tests/golden.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include <gradus/core/tensor.h>

namespace golden {

using Json = nlohmann::ordered_json;  // in the order of the file
using gradus::Scalar;

constexpr bool coarse = sizeof(Scalar) == 4;

/// A number, or one of the strings "inf", "-inf" and "nan".
double number(const Json& json);
/// A flat list of such.
std::vector<double> numbers(const Json& json);
/// `{"shape": [...], "data": [...]}`.
gradus::Shape shape(const Json& extents);
gradus::Tensor tensor(const Json& json);

/// |got - want| <= absolute + relative |want|; infinities and nan equal only themselves.
bool close(double got, double want, double absolute, double relative);
/// What a float cannot hold, however it was rounded.
bool beyond_float(double x);
/// Whether this build can be asked for f(x) with these results at all; the double build always can.
bool fits(double x, std::initializer_list<double> results);

/// Thrown by a test to end a case that needs what gradus does not have.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One file, and what became of its cases. Each case ends in one call of pass(), refuse(), skip()
/// or fail(); the counts are printed when the object dies and never asserted, so that a folder with
/// other cases of the same kind runs too.
///
///     golden::GoldenFile file("ops/ops.json");
///     for (const golden::Json& c : file.cases()) ...
class GoldenFile {
 public:
  explicit GoldenFile(std::string name);
  GoldenFile(const GoldenFile&) = delete;
  GoldenFile& operator=(const GoldenFile&) = delete;
  ~GoldenFile();

  /// The whole file; an empty object if it is absent.
  const Json& root() const { return root_; }
  /// A list inside the file; empty if it is absent.
  const Json& cases(const char* key = "cases") const;

  void pass() { ++passed_; }
  /// A gradus::Error that the table of bad inputs demands.
  void refuse(const std::string& name, const std::string& why);
  /// Not applicable, for a reason.
  void skip(const std::string& name, const std::string& why);
  /// A doctest failure.
  void fail(const std::string& name, const std::string& why);
  /// pass() if `why` is empty, else fail().
  void finish(const std::string& name, const std::string& why);

 private:
  std::string name_;
  Json root_ = Json::object();
  bool present_ = false;
  int passed_ = 0, refused_ = 0, skipped_ = 0, failed_ = 0;
  std::string notes_;
};

}  // namespace golden
