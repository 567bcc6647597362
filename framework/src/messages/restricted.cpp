#include "messages/restricted.hpp"

#include "messages/restricted_nodes.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double limit(double x) { return x > kNoLimit ? kInfinity : x < -kNoLimit ? -kInfinity : x; }

// A label at places: of the logarithms beside an end, not of a number that has rounded to it.
bool label_at(Text label, const kullback::Support& support, const Places& at, Eigen::MatrixXd& value) {
  const bool distances = at.log_from_low.size() == at.x.size();
  if (distances && support.low == 0 && label == "log_x") return value = at.log_from_low, true;
  if (distances && support.low == 0 && label == "log2_x") return value = at.log_from_low.cwiseAbs2(), true;
  if (distances && support.high == 1 && label == "log_1mx") return value = at.log_to_high, true;
  return evaluate_label(label, at.x, value);
}

// <eta, s(x)>; of x and x2 by the square around its top, which does not cancel.
class Exponent {
 public:
  Exponent(const std::vector<std::string>& labels, const kullback::Support& support, const double* eta)
      : labels_(labels), support_(support), eta_(eta) {
    const auto row = [&](Text label) {
      const auto at = std::find(labels.begin(), labels.end(), label);
      return at == labels.end() ? -1 : at - labels.begin();
    };
    const auto x = row("x"), x2 = row("x2");
    const auto wanted = static_cast<std::size_t>((x >= 0) + (x2 >= 0));
    if (x2 < 0 || labels.size() != wanted || !(eta[x2] < 0)) return;
    curvature_ = eta[x2];
    const double linear = x < 0 ? 0 : eta[x];
    center_ = linear / (-2 * curvature_);
    constant_ = 0.5 * linear * center_;
  }
  void operator()(const Places& at, Eigen::RowVectorXd& g) const {
    if (curvature_ < 0) {
      g = curvature_ * (at.x.array() - center_).square();
      return;
    }
    g.setZero(at.x.size());
    Eigen::MatrixXd value(1, at.x.size());
    for (std::size_t l = 0; l < labels_.size(); ++l) {
      if (eta_[l] == 0) continue;
      label_at(labels_[l], support_, at, value);
      g += eta_[l] * value;
    }
  }
  /// What the values lack.
  double constant() const { return constant_; }

 private:
  const std::vector<std::string>& labels_;
  const kullback::Support& support_;
  const double* eta_;
  double curvature_ = 0, center_ = 0, constant_ = 0;
};

double mean_of(const WeightedNodes& nodes, const kullback::Support& support, Text label) {
  Eigen::MatrixXd value(1, nodes.at.x.size());
  if (!label_at(label, support, nodes.at, value)) return std::nan("");
  double sum = 0;
  for (Index i = 0; i < nodes.weights.size(); ++i)
    if (nodes.weights[i] > 0) sum += nodes.weights[i] * value(0, i);
  return sum;
}

void check_labels(Text name, const std::vector<std::string>& labels) {
  const auto known = plain_labels();
  for (const std::string& label : labels)
    if (std::find(known.begin(), known.end(), label) == known.end() || label_rows(label, 1) != 1)
      throw UnsupportedError(
          fmt::format("{} within limits: its statistic {} is no function of one number", name, label));
}

std::vector<std::vector<Parameter>> named(const std::vector<std::string>& labels, std::vector<Parameter> parameters) {
  for (const std::string& label : labels) parameters.push_back({"natural " + label});
  parameters.push_back({"low"});
  parameters.push_back({"high"});
  return {parameters};
}

kullback::Support meet(kullback::Support whole, double low, double high) {
  return {std::max(whole.low, low), std::min(whole.high, high), whole.integer};
}

}  // namespace

Restricted::Restricted(Text name, std::vector<std::string> labels, kullback::Support support)
    : name_(fmt::format("{} within limits", name)), labels_(std::move(labels)), support_(support) {
  check_labels(name, labels_);
}

std::vector<std::vector<Parameter>> Restricted::parameterizations() const { return named(labels_, {}); }

kullback::Support Restricted::support(const Layout&, In theta, Index member, Index) const {
  const auto rows = static_cast<Index>(labels_.size());
  return meet(support_, limit(theta(rows, member)), limit(theta(rows + 1, member)));
}

namespace {

WeightedNodes nodes_of(const std::vector<std::string>& labels, const kullback::Support& support, const double* eta) {
  const auto rows = labels.size();
  const Exponent exponent(labels, support, eta);
  WeightedNodes nodes = nodes_between(std::cref(exponent), support, limit(eta[rows]), limit(eta[rows + 1]));
  nodes.log_mass += exponent.constant();
  if (nodes.weights.size() == 0)
    throw NumericalError(
        fmt::format("there is nothing between the limits {} and {}", limit(eta[rows]), limit(eta[rows + 1])));
  return nodes;
}

}  // namespace

void Restricted::log_density(const Layout& layout, In theta, const Points& points, Row out) const {
  for (Index n = 0; n < points.x.cols(); ++n) {
    const Index member = theta.cols() > 1 ? n : 0;
    const Eigen::VectorXd eta = theta.col(member);
    const double x = points.x(0, n);
    const kullback::Support within = support(layout, theta, member, 0);
    if (!(x >= within.low && x <= within.high)) {
      out[n] = -kInfinity;
      continue;
    }
    const Exponent exponent(labels_, support_, eta.data());
    Eigen::RowVectorXd g;
    exponent({Eigen::RowVectorXd::Constant(1, x), {}, {}}, g);
    out[n] = g[0] + exponent.constant() - nodes_of(labels_, support_, eta.data()).log_mass;
  }
}

std::vector<Statistic> Restricted::statistics(const Layout&) const {
  std::vector<Statistic> statistics;
  for (const std::string& label : labels_) statistics.push_back({label, 1});
  return statistics;
}

void Restricted::mean(const Layout&, In eta, Out m, Row log_partition) const {
  m.setZero();
  for (Index n = 0; n < eta.cols(); ++n) {
    const Eigen::VectorXd one = eta.col(n);
    const WeightedNodes nodes = nodes_of(labels_, support_, one.data());
    for (std::size_t l = 0; l < labels_.size(); ++l) m(static_cast<Index>(l), n) = mean_of(nodes, support_, labels_[l]);
    log_partition[n] = nodes.log_mass;
  }
}

void Restricted::natural(const Layout&, In, Out) const {
  throw UnsupportedError(
      fmt::format("{}: its natural parameters are not found from moments; start from the prior", name_));
}

bool Restricted::in_domain(const Layout&, In eta, Index member) const { return eta.col(member).allFinite(); }

void Restricted::convert(const Layout&, In from, Out to, bool) const { to = from; }

bool Restricted::expect(const Layout&, In theta, Text label, Out value) const {
  const auto known = plain_labels();
  if (std::find(known.begin(), known.end(), label) == known.end() || label_rows(label, 1) != 1) return false;
  for (Index n = 0; n < theta.cols(); ++n) {
    const Eigen::VectorXd one = theta.col(n);
    value(0, n) = mean_of(nodes_of(labels_, support_, one.data()), support_, label);
  }
  return true;
}

void Restricted::sample(const Layout&, In theta, In uniforms, Out x) const {
  const auto rows = static_cast<Index>(labels_.size());
  for (Index n = 0; n < x.cols(); ++n) {
    const Eigen::VectorXd eta = theta.col(theta.cols() > 1 ? n : 0);
    const Exponent exponent(labels_, support_, eta.data());
    x(0, n) = quantile_between(std::cref(exponent), support_, limit(eta[rows]), limit(eta[rows + 1]), uniforms(0, n));
  }
}

Discarded::Discarded(Text name, std::vector<std::string> labels, kullback::Support support)
    : name_(fmt::format("{} outside limits", name)), labels_(std::move(labels)), support_(support) {
  check_labels(name, labels_);
}

std::vector<std::vector<Parameter>> Discarded::parameterizations() const {
  return named(labels_, {{fmt::format("natural {}", kCount)}});
}

kullback::Support Discarded::support(const Layout&, In, Index, Index) const { return {0, kInfinity, true}; }

void Discarded::log_density(const Layout&, In, const Points&, Row) const {
  throw UnsupportedError(fmt::format("{}: draws that were discarded have no density of one number", name_));
}

std::vector<Statistic> Discarded::statistics(const Layout&) const {
  std::vector<Statistic> statistics = {{std::string(kCount), 1}};
  for (const std::string& label : labels_) statistics.push_back({label, 1});
  return statistics;
}

void Discarded::mean(const Layout&, In eta, Out m, Row log_partition) const {
  const auto rows = static_cast<Index>(labels_.size());
  m.setZero();
  for (Index n = 0; n < eta.cols(); ++n) {
    const Eigen::VectorXd one = eta.col(n).tail(eta.rows() - 1);
    const double low = limit(one[rows]), high = limit(one[rows + 1]);
    const Exponent exponent(labels_, support_, one.data());
    // Integers at the limits are inside.
    const double below = support_.integer ? std::ceil(low) - 1 : low,
                 above = support_.integer ? std::floor(high) + 1 : high;
    const WeightedNodes parts[] = {nodes_between(std::cref(exponent), support_, -kInfinity, below),
                                   nodes_between(std::cref(exponent), support_, above, kInfinity)};
    double mass[2], total = 0;
    for (int p = 0; p < 2; ++p) total += mass[p] = std::exp(eta(0, n) + exponent.constant() + parts[p].log_mass);
    if (!(total < 1))
      throw NumericalError(
          fmt::format("{}: nothing is left between the limits {} and {} (outside: {})", name_, low, high, total));
    log_partition[n] = -std::log1p(-total);
    m(0, n) = total / (1 - total);
    for (Index l = 0; l < rows; ++l)
      for (int p = 0; p < 2; ++p)
        if (mass[p] > 0)
          m(1 + l, n) += mass[p] / (1 - total) * mean_of(parts[p], support_, labels_[static_cast<std::size_t>(l)]);
  }
}

void Discarded::natural(const Layout&, In, Out) const {
  throw UnsupportedError(fmt::format("{}: its natural parameters are not found from moments", name_));
}

bool Discarded::in_domain(const Layout&, In eta, Index member) const { return eta.col(member).allFinite(); }

void Discarded::convert(const Layout&, In from, Out to, bool) const { to = from; }

namespace {

LogDensity density_of(const Distribution& family, const Layout& layout, In theta) {
  return [&family, &layout, theta](const Places& at, Eigen::RowVectorXd& g) {
    g.resize(at.x.size());
    family.log_density(layout, theta, at.points(), row(g));
  };
}

WeightedNodes what_is_between(const Distribution& family, const Layout& layout, In theta, double low, double high) {
  WeightedNodes nodes =
      nodes_between(density_of(family, layout, theta), family.support(layout, theta, 0, 0), low, high);
  if (nodes.weights.size() == 0 || !std::isfinite(nodes.log_mass))
    throw NumericalError(fmt::format("{} has no probability between {} and {}", family.name(), low, high));
  return nodes;
}

}  // namespace

double log_mass_between(const Distribution& family, const Layout& layout, In theta, double low, double high) {
  return what_is_between(family, layout, theta, low, high).log_mass;
}

Between between(const Distribution& family, const Layout& layout, In theta, double low, double high) {
  const WeightedNodes nodes = what_is_between(family, layout, theta, low, high);
  const double mean = nodes.weights.dot(nodes.at.x);
  return {nodes.log_mass, mean, nodes.weights.dot((nodes.at.x.array() - mean).square().matrix())};
}

double quantile_between(const Distribution& family, const Layout& layout, In theta, double low, double high, double u) {
  return quantile_between(density_of(family, layout, theta), family.support(layout, theta, 0, 0), low, high, u);
}

double log_mass_or_none(const Distribution& family, const Layout& layout, In theta, double low, double high) {
  constexpr double kCancels = 1e-3, kNegligible = -1e4;
  const auto* quantiles = capability<Quantiles>(family, layout);
  if (quantiles && !family.support(layout, theta, 0, 0).integer) {
    Eigen::RowVectorXd below(2), above(2);
    Eigen::MatrixXd ends(1, 2), both = theta.replicate(1, 2);
    constexpr double kMost = std::numeric_limits<double>::max();
    ends << std::max(low, -kMost), std::min(high, kMost);
    quantiles->cdf(layout, both, ends, false, row(below));
    quantiles->cdf(layout, both, ends, true, row(above));
    // Beyond no limit lies nothing, though a density may have much of its mass beyond the largest number.
    if (!std::isfinite(low)) below[0] = 0, above[0] = 1;
    if (!std::isfinite(high)) below[1] = 1, above[1] = 0;
    // From the side on which less lies beyond.
    const bool upper = below[0] > above[1];
    const double larger = upper ? above[0] : below[1], mass = larger - (upper ? above[1] : below[0]);
    if (mass > kCancels * larger) return std::log(mass);
    if (larger == 0) {  // nor can anything be seen of it from the limits
      Eigen::RowVectorXd at(2);
      family.log_density(layout, both, Points(ends), row(at));
      if (at.maxCoeff() < kNegligible) return -std::numeric_limits<double>::infinity();
      const double tail = log_tail(density_of(family, layout, theta), low, high, at[0] < at[1]);
      if (!std::isnan(tail)) return tail;
    }
  }
  try {
    return log_mass_between(family, layout, theta, low, high);
  } catch (const NumericalError&) {
    return -std::numeric_limits<double>::infinity();
  }
}

}  // namespace kullback::messages
