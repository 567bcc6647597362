// A one-dimensional exponential family from plain functions of one member: the loops over columns are here.
#pragma once

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>
#include <kullback/scalar_family.hpp>

#include <iterator>

namespace kullback {

/// A `PlainFamily` that is an exponential family. Beside what PlainFamily wants, Math has
///
///   static constexpr Text kStatistics[];                                // labels, one row each
///   static double log_partition(const double* eta, double* mean);      // returns A, writes m
///   static void natural(const double* mean, double* eta);              // throws DomainError
///   static bool in_domain(const double* eta);
///   static void to_natural(const double* theta, double* eta);
///   static void from_natural(const double* eta, double* theta);
///   static double fisher(const double* eta, const double* delta);      // delta' I(eta) delta
///   static constexpr bool kBaseMeasure;                                 // true: see has_base_measure; kTerms has its
///   logarithm
template <class Math>
class PlainExponential : public PlainFamily<Math>, public ExponentialFamily, public Fisher {
 public:
  std::vector<Statistic> statistics(const Layout&) const override {
    std::vector<Statistic> out;
    for (const Text label : Math::kStatistics) out.push_back({std::string(label), 1});
    return out;
  }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) log_partition[n] = Math::log_partition(eta.col(n).data(), m.col(n).data());
  }
  void natural(const Layout&, In m, Out eta) const override {
    for (Index n = 0; n < m.cols(); ++n) Math::natural(m.col(n).data(), eta.col(n).data());
  }
  bool in_domain(const Layout&, In eta, Index member) const override { return Math::in_domain(eta.col(member).data()); }
  void convert(const Layout&, In from, Out to, bool theta_to_eta) const override {
    for (Index n = 0; n < from.cols(); ++n)
      (theta_to_eta ? Math::to_natural : Math::from_natural)(from.col(n).data(), to.col(n).data());
  }
  void fisher(const Layout&, In eta, In delta, Row out) const override {
    for (Index n = 0; n < out.size(); ++n) out[n] = Math::fisher(plain::column(eta, n), plain::column(delta, n));
  }
  bool has_base_measure(const Layout&) const override {
    if constexpr (requires { Math::kBaseMeasure; }) return Math::kBaseMeasure;
    return false;
  }
};

}  // namespace kullback
