// The rungs of `evaluate`. Each answers or says in words why it does not apply.
#pragma once

#include "divergence/integrands.hpp"

#include <kullback/numerics.hpp>
#include <kullback/registry.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kullback::divergence {

/// One question and what has been learnt on the way down. p and q have one member each. The divergence is what is asked
/// for, or a relative entropy or alpha integral that it is made of: then the answer is the functional, |log c| of an
/// alpha integral c.
struct Question {
  const Registry& registry;
  const Divergence& divergence;
  const Members& p;
  const Members& q;
  const EvaluateOptions& options;
  std::vector<std::string> missing = {};  ///< why the rungs so far did not apply
};

using Answer = std::optional<Estimate>;

/// "kl(normal, gamma)"
std::string pair_name(const Question& question);

/// +inf with a reason.
Estimate infinite(std::string reason);

/// Throws NumericalError naming the pair if the value is NaN, or has the wrong sign beyond its error; what has it
/// within its error is 0: no divergence is negative, and one of negative order (renyi, tsallis) never positive.
Estimate checked(const Question& question, Estimate estimate);

/// True if the functional may be negative.
bool is_signed(const Divergence& divergence);

/// Supports of all coordinates of one member, products taken apart.
std::vector<Support> supports(const Members& members);

/// Carriers of all coordinates of one member (Distribution::carrier), products taken apart.
std::vector<Text> carriers(const Members& members);

/// Column `member` alone, as members of its own.
Members one(const Members& members, Index member);

/// The interval as a person reads it: "(-inf, 0)", "[0, 1]".
std::string to_text(const Support& support);

Answer by_support(Question& question);
Answer by_rule(Question& question);
Answer by_image(Question& question);
Answer by_log_partition(Question& question);
Answer by_parts(Question& question);
Answer by_quadratic(Question& question);
Answer by_statistics(Question& question);
Answer by_marginals(Question& question);
Answer by_integration(Question& question);
Answer by_draws(Question& question);
Answer by_entropy(Question& question);
Answer by_cross_entropy(Question& question);
Answer by_chernoff(Question& question);
Answer by_distribution_functions(Question& question);
Answer by_scores(Question& question);
Answer by_geodesic(Question& question);
Answer by_kernel(Question& question);

/// The functional of the question's divergence by the rungs that know it. Throws UnsupportedError with all reasons.
Estimate functional(Question& question);

/// Over columns of members: fills what the formula serves and leaves NaN where it does not; false if it serves no pair.
bool rule_columns(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q, Row value,
                  Row error,
                  Rule* used = nullptr);  ///< used: method and source
bool log_partition_columns(const Divergence& divergence, const Side& p, const Side& q, Row value, Row error);
bool statistics_columns(const Divergence& divergence, const Side& p, const Side& q, Row value, Row error);

/// |log c| of an alpha integral from |1 - c|.
Estimate log_integral(double order, Estimate estimate);

/// D from its functional, with the bound that follows.
Estimate outer(const Divergence& divergence, Estimate functional);

/// Member n alone.
Members pick(const Side& members, Index n);

/// The value and error of a rule over columns, in parallel chunks; throws NumericalError naming the pair and the column
/// of a NaN.
void run_rule(const Rule& rule, double parameter, const std::string& pair, const Side& p, const Side& q, Row value,
              Row error);

}  // namespace kullback::divergence
