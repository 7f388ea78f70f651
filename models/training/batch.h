#pragma once
/// Batch: rows to train on; BatchSource: gives batches when the rows do not fit in memory.

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <gradus/models/dataset.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Inputs, targets and optional weights: one row per example.
struct Batch {
  Batch() = default;
  Batch(Tensor inputs, Tensor targets, Tensor weights = {})
      : x(std::move(inputs)), y(std::move(targets)), sample_weight(std::move(weights)) {}
  Batch(const Dataset& data) : x(data.x), y(data.y) {}

  Tensor x = {}, y = {};
  Tensor sample_weight = {};  ///< (rows) or (rows, 1); without elements: every row weighs 1

  std::int64_t rows() const { return x.rank() > 0 ? x.shape()[0] : 0; }
};

/// A callable that gives one batch at a time, as a Batch or a Dataset, or an optional of one: an
/// empty optional ends the epoch. It takes nothing, or the number of the batch, counted from 0 over
/// all epochs of a fit(); with the number, a resumed run asks for exactly the batches it lacks,
/// without it, it draws those it had and drops them.
///
///     model.fit([&](std::int64_t i) { return read_chunk(i % chunks); },
///               {.epochs = 3, .steps_per_epoch = chunks});
class BatchSource {
 public:
  template <class F>
  requires(!std::same_as<F, BatchSource> &&
           (std::is_invocable_v<F&> || std::is_invocable_v<F&, std::int64_t>)) BatchSource(F source)
      : numbered_(std::is_invocable_v<F&, std::int64_t>),
        next_([source = std::move(source)](std::int64_t i) mutable {
          if constexpr (std::is_invocable_v<F&, std::int64_t>)
            return as_batch(source(i));
          else
            return (void)i, as_batch(source());
        }) {}

  std::optional<Batch> operator()(std::int64_t number) { return next_(number); }
  /// Whether batches are asked for by number.
  bool numbered() const { return numbered_; }

 private:
  static std::optional<Batch> as_batch(Batch batch) { return batch; }
  template <class B>
  static std::optional<Batch> as_batch(const std::optional<B>& batch) {
    return batch ? std::optional<Batch>(*batch) : std::nullopt;
  }

  bool numbered_;
  std::function<std::optional<Batch>(std::int64_t)> next_;
};

}}  // namespace gradus
