/// The scalar reference: the same mathematics in plain loops, which everything else is compared with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "adagrad/api.hpp"
#include "adagrad/optimizer_options.hpp"
#include "adagrad/options.hpp"
#include "adagrad/rows.hpp"

namespace adagrad::reference {

/// What adagrad::update does, one element after the other on the calling thread, always in `exact` arithmetic (options.mode is checked
/// and otherwise without meaning here). Same arguments, same errors, same bits.
ADAGRAD_API void update(std::span<float> parameters, std::span<const float> gradients, std::span<float> accumulators, double learning_rate,
                        const update_options& options = {});
ADAGRAD_API void update(std::span<double> parameters, std::span<const double> gradients, std::span<double> accumulators,
                        double learning_rate, const update_options& options = {});

/// A step of method::dual_averaging, which refuses decoupled weight decay; `gradient_sums` is the sum of all gradients before, `iterations` the number of steps.
ADAGRAD_API void dual_average(std::span<float> parameters, std::span<const float> gradients, std::span<float> gradient_sums,
                              std::span<float> accumulators, double learning_rate, std::uint64_t iterations,
                              const update_options& options = {});
ADAGRAD_API void dual_average(std::span<double> parameters, std::span<const double> gradients, std::span<double> gradient_sums,
                              std::span<double> accumulators, double learning_rate, std::uint64_t iterations,
                              const update_options& options = {});

/// The sum of the squares of all elements, in the library's fixed order: doubles; tiles of 4,096 elements; element i of a tile to lane i mod 16; at a
/// tile's end lanes l + (l + 8), then 4, 2, 1; tiles in order.
ADAGRAD_API double sum_of_squares(std::span<const float> array);
ADAGRAD_API double sum_of_squares(std::span<const double> array);

/// The l2 norm: the root of that sum; where the sum of doubles is neither 0 nor in [2^-900, 2^1000] it is formed again from elements scaled by the
/// power of two that brings the largest magnitude into [1, 2).
ADAGRAD_API double norm(std::span<const float> array);
ADAGRAD_API double norm(std::span<const double> array);

/// The factor of clipping by norms: 1 where nothing is clipped. NaN for a norm that is NaN or infinite.
ADAGRAD_API double clip_factor(double norm, double largest, clip_form form = clip_form::above_only);

/// What max_norm, unit_norm and min_max_norm do to a parameter of a shape.
ADAGRAD_API void constrain_norms(std::span<float> parameters, const tensor_shape& shape, const parameter_constraint& constraint,
                                 double norm_fuzz);
ADAGRAD_API void constrain_norms(std::span<double> parameters, const tensor_shape& shape, const parameter_constraint& constraint,
                                 double norm_fuzz);

/// average = first ? w : momentum * average + (1 - momentum) * w, see moving_average.
ADAGRAD_API void average(std::span<float> averages, std::span<const float> parameters, double momentum, bool first);
ADAGRAD_API void average(std::span<double> averages, std::span<const double> parameters, double momentum, bool first);

/// What adagrad::update_rows does, one row after the other on the calling thread, in `exact` arithmetic. Same arguments, same errors, same bits. Allocates.
ADAGRAD_API void update_rows(rows_view<float> table, rows_view<float> accumulators, const row_gradients<float>& gradients,
                             double learning_rate, const update_options& rule = {}, const row_options& rows = {});
ADAGRAD_API void update_rows(rows_view<double> table, rows_view<double> accumulators, const row_gradients<double>& gradients,
                             double learning_rate, const update_options& rule = {}, const row_options& rows = {});

/// The gradients of bags as one for each index, as bag_gradients says: row i of `values`, as wide as the bags' gradients, becomes value(i).
ADAGRAD_API void expand(rows_view<float> values, const bag_gradients<float>& gradients);
ADAGRAD_API void expand(rows_view<double> values, const bag_gradients<double>& gradients);

}  // namespace adagrad::reference
