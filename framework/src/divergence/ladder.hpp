// The rungs of `evaluate`. Each answers or says in words why it does not apply.
#pragma once

#include <kullback/registry.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kullback::divergence {

/// One question and what has been learnt on the way down. p and q have one member each.
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

/// Throws NumericalError naming the pair if the value is NaN, or negative beyond its error; what is negative within its
/// error is 0, since no divergence is.
Estimate checked(const Question& question, Estimate estimate);

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
Answer by_parts(Question& question);
Answer by_quadratic(Question& question);
Answer by_statistics(Question& question);
Answer by_marginals(Question& question);
Answer by_integration(Question& question);

/// The value and error of a rule over columns, in parallel chunks; throws NumericalError naming the pair and the column
/// of a NaN.
void run_rule(const Rule& rule, const std::string& pair, const Side& p, const Side& q, Row value, Row error);

}  // namespace kullback::divergence
