// The statistics of a distribution by name: what families, closed forms and messages call the same function of x.
#pragma once

#include <kullback/types.hpp>

#include <span>

namespace kullback {

/// Statistics without a parameter. d is the dimension of x (of one row of a d x d matrix x).
///
///   label                               rows    value
///   1                                   1       1
///   x, x2, x3, x4                       d       powers, coordinate by coordinate
///   x*x'                                d^2     all products of two coordinates, column-major
///   log_x, log2_x, 1/x, 1/x2, sqrt_x    d       log x, (log x)^2, ...
///   log_1mx, log_1px, log_1px2          d       log(1 - x), log(1 + x), log(1 + x^2)
///   logit_x, logit2_x                   d       log(x/(1 - x)) and its square
///   abs_x, exp_x, exp_-x                d       |x|, e^x, e^-x
///   cos_x, sin_x                        d
///   lgamma_x, log_factorial             d       log Gamma(x), log Gamma(x + 1)
///   lgamma_sum                          1       log Gamma of the sum of the coordinates
///   cell                                cells   indicators of the levels or cells (families with levels)
///   log_det, inverse                    1, d    of a symmetric positive definite matrix, whose event is its d = k*k
///   entries
///
/// Statistics with a parameter c (`Moments::expect_at`, `Expansion`), for scalar x:
///
///   abs(x-c)    (x-c)^2    x^c    abs(x)^c    exp(c*x)    cos(x-c)    log(1+exp(c*x))    log(1+x^c)    log(x+c)
///   log(c-x)    1/(x+c) log(1-x^c)         for x between 0 and 1 lgamma(x+c)        log Gamma(x + c) lgamma(c-x) log
///   Gamma(c - x) log_binomial(c)    log of c over x, the number of ways to choose x of c lgamma((x-c)/2)    log
///   Gamma((x - c)/2) cell(c)     1 where x == c above(c)    1 where x >= c
///
/// With a number in the place of c they have no parameter, and serve vectors too: "x^0.5".
/// A plugin may add labels of its own; those are known to the families that name them.

/// The statistic of each column of x. False for a label that is not in the table above, or that needs a layout
/// ("cell"). 0 * inf never arises; values may be +-inf at the ends of a support. [any-thread]
bool evaluate_label(Text label, In x, Out value);

/// The same for a parametric label, scalar x, one c a column or one for all.
bool evaluate_label(Text label, ConstRow c, In x, Row value);

/// Rows of a label for events of that many coordinates; 0 if unknown.
Index label_rows(Text label, Index dimension);

/// All labels of the two tables.
std::span<const Text> plain_labels();
std::span<const Text> parametric_labels();

}  // namespace kullback
