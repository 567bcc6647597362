#include "wrapper.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kullback::transformed {

Call read_call(const std::string& family, const Arguments& arguments, const std::vector<std::string>& names) {
  std::string form = family + "(distribution";
  for (const std::string& name : names) form += ", " + name + " = ...";
  form += ")";
  Call out{{}, std::vector<double>(names.size(), std::numeric_limits<double>::quiet_NaN())};
  bool found = false;
  for (const Argument& a : arguments) {
    if (const auto* list = std::get_if<std::vector<Members>>(&a.value); list && a.name.empty()) {
      if (found || list->size() != 1 || list->front().theta.cols() != 1)
        throw DomainError("", family + " takes one distribution: " + form);
      out.child = list->front();
      found = true;
      continue;
    }
    const auto name = std::find(names.begin(), names.end(), a.name);
    const auto* number = std::get_if<double>(&a.value);
    if (name == names.end())
      throw DomainError(a.name, names.empty() ? family + " takes a distribution alone: " + form
                                              : family + " has no parameter '" + a.name + "': " + form);
    if (!number) throw DomainError(a.name, a.name + " must be a number");
    out.numbers[static_cast<std::size_t>(name - names.begin())] = *number;
  }
  if (!found) throw DomainError("", family + " takes a distribution: " + form);
  if (out.child.layout.dimension != 1)
    throw DomainError("", family + " takes a distribution of one coordinate, and " +
                              std::string(out.child.family->name()) + " has " +
                              std::to_string(out.child.layout.dimension));
  return out;
}

Layout Wrapper::open(const Arguments&, const Opening&) const {
  throw DomainError("", "a " + std::string(name()) + " distribution cannot be fitted; fit the distribution inside");
}

Index Wrapper::parameter_count(const Layout& layout) const {
  return child(layout).family->parameter_count(child(layout).layout);
}

Members Wrapper::wrap(const Call& call, std::vector<double> constants) const {
  Members out{this, {}, call.child.theta};
  if (!constants.empty())
    out.layout.constants = {Eigen::Map<const Eigen::VectorXd>(constants.data(), static_cast<Index>(constants.size()))};
  out.layout.parts = {{call.child.family, call.child.layout, 1}};
  return out;
}

double cdf(const Part& part, In theta, double x, bool upper) {
  if (std::isinf(x)) return (x > 0) != upper ? 1 : 0;
  Eigen::RowVectorXd p(1);
  capability<Quantiles>(*part.family, part.layout)
      ->cdf(part.layout, theta, Eigen::MatrixXd::Constant(1, 1, x), upper, row(p));
  return p[0];
}

double quantile(const Part& part, In theta, double p, bool upper) {
  Eigen::RowVectorXd x(1);
  capability<Quantiles>(*part.family, part.layout)
      ->quantile(part.layout, theta, Eigen::MatrixXd::Constant(1, 1, p), upper, row(x));
  return x[0];
}

namespace {

// Gauss-Legendre with 8 nodes [Abramowitz & Stegun, table 25.4].
double integral(const Part& part, In theta, double a, double b) {
  constexpr std::array<double, 4> kNodes = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                            0.9602898564975363};
  constexpr std::array<double, 4> kWeights = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                              0.1012285362903763};
  Eigen::MatrixXd x(1, 8);
  for (Index k = 0; k < 8; ++k)
    x(0, k) = 0.5 * (a + b) + 0.5 * (b - a) * (k < 4 ? 1 : -1) * kNodes[static_cast<std::size_t>(k % 4)];
  Eigen::RowVectorXd logs(8);
  part.family->log_density(part.layout, theta, Points(x), row(logs));
  double sum = 0;
  for (Index k = 0; k < 8; ++k) sum += kWeights[static_cast<std::size_t>(k % 4)] * std::exp(logs[k]);
  return 0.5 * (b - a) * sum;
}

}  // namespace

Mass::Mass(const Part& part, In theta, double a, double b) {
  const bool integer = part.family->support(part.layout, theta, 0, 0).integer;
  const double before = integer ? std::ceil(a) - 1 : a, last = integer ? std::floor(b) : b;
  const double below = cdf(part, theta, before, false);
  const bool upper = below > 0.5;
  const double outside = upper ? cdf(part, theta, before, true) : below, other = cdf(part, theta, last, upper);
  mass_ = upper ? outside - other : other - outside;
  if (!integer && mass_ < 0.01 * std::max(outside, other) && std::isfinite(a) && std::isfinite(b)) {
    const double direct = integral(part, theta, a, b);
    if (std::abs(direct - mass_) < 1e-4 * mass_ + 8 * kEpsilon * std::max(outside, other)) mass_ = direct;
  }
  log_ = std::log(mass_);
}

}  // namespace kullback::transformed
