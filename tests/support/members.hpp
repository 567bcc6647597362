// Short ways to make members and to ask for one value.
#pragma once

#include <gtest/gtest.h>

#include <kullback/kullback.hpp>

#include <initializer_list>

#include "support/plugins.hpp"

namespace kullback {

inline Members make(Text family, const Arguments& arguments) { return registry().family(family).make(arguments); }

inline Members normal(double mean, double stddev) { return make("normal", {{"mean", mean}, {"stddev", stddev}}); }

inline Eigen::VectorXd vector(std::initializer_list<double> values) {
  return Eigen::Map<const Eigen::VectorXd>(values.begin(), static_cast<Index>(values.size()));
}

/// What the closed form of KL(p || q) gives, value and error bound.
struct ValueAndError {
  double value, error;
};
inline ValueAndError kl_rule(const Members& p, const Members& q) {
  const Rule* rule = registry().find_rule("kl", p.family->name(), q.family->name());
  if (!rule) throw UnsupportedError("no rule");
  Eigen::RowVectorXd value(1), error(1);
  rule->evaluate(side(p), side(q), row(value), row(error));
  return {value[0], error[0]};
}

inline Eigen::RowVectorXd log_density(const Members& members, const Eigen::MatrixXd& x) {
  Eigen::RowVectorXd out(x.cols());
  members.family->log_density(members.layout, members.theta, Points(x), row(out));
  return out;
}

/// The message of the exception that `body` throws; empty if it throws none.
template <class Exception, class Body>
std::string message_of(const Body& body) {
  try {
    body();
  } catch (const Exception& e) {
    return e.what();
  }
  return {};
}

}  // namespace kullback
