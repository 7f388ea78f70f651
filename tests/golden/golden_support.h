#pragma once
/// Golden values: files of cases computed by other systems. The folder is the environment variable
/// GRADUS_GOLDEN, or else tests/golden.

#include <functional>
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
/// A flat list of numbers.
std::vector<double> numbers(const Json& json);
/// `{"shape": [...], "data": [...]}`.
gradus::Shape shape(const Json& extents);
gradus::Tensor tensor(const Json& json);

/// |got - want| <= absolute + relative |want|; infinities and nan equal only themselves.
bool close(double got, double want, double absolute, double relative);
/// Whether x is finite and no float is as large.
bool beyond_float(double x);
/// Whether this build can hold x and the results of a function of x; the double build always can.
bool fits(double x, std::initializer_list<double> results);

/// Thrown by a test to end a case that needs a feature gradus does not have.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One file, and the results of its cases. Each case ends in one call of pass(), refuse(), skip()
/// or fail(). The destructor prints the counts. No test asserts them, so that a folder with other
/// cases of the same kind runs too.
///
///     golden::GoldenFile file("ops/ops.json");
///     golden::run_cases(file, compare, {.name = "name"});
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
  /// A ValueError that the table of bad inputs demands.
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

/// Runs one case. `compare` returns what differs, or an empty text. The case is skipped when it
/// throws Skipped, and refused when it throws a ValueError and `is_bad`; another gradus::Error
/// fails it, as does a bad case that nothing refuses.
void run_case(GoldenFile& file, const std::string& name, bool is_bad,
              const std::function<std::string()>& compare);

struct CaseOptions {
  const char* list = "cases";                         ///< the file's member that holds the cases
  const char* name = "id";                            ///< the case's member that holds its name
  std::function<bool(const Json&)> is_bad = nullptr;  ///< must it be refused? none: no
};
/// Runs every case of a file.
void run_cases(GoldenFile& file, const std::function<std::string(const Json&)>& compare,
               const CaseOptions& options = {});

}  // namespace golden
