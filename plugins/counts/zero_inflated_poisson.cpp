// A poisson with more zeros. theta = (gate, rate).
#include "families.hpp"

namespace kullback::counts {

namespace {

struct ZeroInflatedPoisson {
  static constexpr Text kName = "zero_inflated_poisson",
                        kFormula = "gate [x = 0] + (1 - gate) rate^x exp(-rate) / x!,  x = 0, 1, 2, ...";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"gate", Domain::unit_interval}, {"rate", Domain::non_negative}}};
  }
  ZeroInflatedPoisson(const Layout& layout, const double* theta) : gate(theta[0]), poisson(layout, theta + 1) {}

  double open() const { return 1 - gate; }
  double zeros() const { return gate + open() * std::exp(-poisson.rate); }
  Support support() const { return {0, gate < 1 ? poisson.support().high : 0, true}; }
  Bulk bulk() const { return poisson.bulk(); }
  double log_mass(double k) const { return k == 0 ? std::log1p(open() * std::expm1(-poisson.rate)) : std::log1p(-gate) + poisson.log_mass(k); }
  double entropy() const {
    if (support().high == 0) return 0;
    const double none = std::exp(-poisson.rate), at_zero = -zeros() * log_mass(0);
    const double positive = poisson.entropy() - none * poisson.rate;  // -sum p log p over 1, 2, ...
    return at_zero + open() * (positive + std::log1p(-gate) * std::expm1(-poisson.rate));
  }
  double cdf(double k, bool upper) const { return upper ? open() * poisson.cdf(k, true) : gate + open() * poisson.cdf(k, false); }
  double log_mgf(double c) const { return std::log(gate + open() * std::exp(poisson.log_mgf(c))); }

  // gate f(0) + (1 - gate) E[f] of the poisson, for everything that a poisson knows.
  bool moment(Text label, double c, double& value) const {
    if (label == "cell(c)" || label == "above(c)") return false;
    double at_zero = 0, other = 0;
    const double zero = 0;
    const auto labels = parametric_labels();
    const bool parametric = std::find(labels.begin(), labels.end(), label) != labels.end();
    const Eigen::Map<const Eigen::MatrixXd> x(&zero, 1, 1);
    const bool known = parametric ? evaluate_label(label, ConstRow(&c, 1), x, Row(&at_zero, 1))
                                  : label_rows(label, 1) == 1 && evaluate_label(label, x, Eigen::Map<Eigen::MatrixXd>(&at_zero, 1, 1));
    if (!known || std::isnan(at_zero) || !counts::expect(poisson, label, parametric, c, other)) return false;
    value = (gate > 0 ? gate * at_zero : 0) + (gate < 1 ? open() * other : 0);
    return !std::isnan(value);
  }
  void landmarks(std::vector<Landmark>& out) const {
    out.push_back({0, 1});
    const Bulk b = bulk();
    out.push_back({b.mode, b.scale});
  }

  double gate;
  Poisson poisson;
};

}  // namespace

void register_zero_inflated_poisson(Registrar& registrar) { registrar.family(std::make_unique<CountFamily<ZeroInflatedPoisson>>()); }

}  // namespace kullback::counts
