// The divergences by name (README.md has the maths). Closed forms for pairs of families live with the families.
#include "integrands.hpp"

#include <kullback/error.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace kullback::divergences {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
using F = Functional;

// L = |log c|, c the alpha integral: at most 1 for orders in [0, 1], at least 1 for the others.
double log_integral(double l, double a) { return a > 0 && a < 1 ? -l : l; }

double same(double value, double) { return value; }
double root(double value, double) { return std::sqrt(value); }
double to_renyi(double l, double a) { return a == 0 ? l : log_integral(l, a) / (a - 1); }
double to_tsallis(double l, double a) { return a == 0 ? -std::expm1(-l) : std::expm1(log_integral(l, a)) / (a - 1); }
double to_amari(double l, double a) { return -std::expm1(log_integral(l, a)) / (a * (1 - a)); }
double to_hellinger(double l, double) { return std::sqrt(-std::expm1(-l)); }
double to_chi_squared(double l, double) { return std::expm1(l); }

struct Definition {
  Text name;
  Text formula;
  Functional functional = F::f_divergence;
  double order = 0;
  double (*outer)(double functional, double order) = same;
  bool symmetric = false;
  Text parameter = {};
  void (*integrand)(ConstRow log_p, ConstRow log_q, Row out) = nullptr;
  bool mirrored = false;
};

const std::array<Definition, 20> kDefinitions = {{
    {"kl", "integral p log(p/q)", F::relative_entropy},
    {"jeffreys", "integral (p - q) log(p/q)", F::relative_entropy, 0, same, true},
    {"cross_entropy", "-integral p log q", F::cross_entropy},
    {"entropy", "-integral p log p", F::entropy},
    {"renyi", "log(integral p^a q^(1-a)) / (a - 1), a = order", F::alpha_integral, 0.5, to_renyi, false, "order"},
    {"amari_alpha", "(1 - integral p^a q^(1-a)) / (a (1 - a)), a = order", F::alpha_integral, 0.5, to_amari, false,
     "order"},
    {"tsallis", "(integral p^a q^(1-a) - 1) / (a - 1), a = order", F::alpha_integral, 0.5, to_tsallis, false, "order"},
    {"bhattacharyya", "-log integral sqrt(p q)", F::alpha_integral, 0.5, same, true},
    {"chernoff", "max over a of -log integral p^a q^(1-a)", F::chernoff, 0, same, true},
    {"hellinger", "sqrt(1 - integral sqrt(p q))", F::alpha_integral, 0.5, to_hellinger, true},
    {"chi_squared", "integral p^2/q - 1", F::alpha_integral, 2, to_chi_squared},
    {"reverse_chi_squared", "integral q^2/p - 1", F::alpha_integral, 2, to_chi_squared, false, {}, nullptr, true},
    {"total_variation", "integral |p - q| / 2", F::f_divergence, 0, same, true, {}, total_variation},
    {"jensen_shannon",
     "(KL(p, m) + KL(q, m)) / 2, m = (p + q) / 2",
     F::f_divergence,
     0,
     same,
     true,
     {},
     jensen_shannon},
    {"wasserstein_1", "integral |P^-1(u) - Q^-1(u)| du", F::wasserstein, 1, same, true},
    {"wasserstein_2", "sqrt(integral (P^-1(u) - Q^-1(u))^2 du)", F::wasserstein, 2, root, true},
    {"energy", "2 E|X - Y| - E|X - X'| - E|Y - Y'|", F::energy, 0, same, true},
    {"mmd", "sqrt(E k(X, X') + E k(Y, Y') - 2 E k(X, Y)), k(x, y) = exp(-(x - y)^2 / (2 h^2)), h = bandwidth",
     F::kernel, 1, root, true, "bandwidth"},
    {"fisher_divergence", "integral p (d log p/dx - d log q/dx)^2", F::score},
    {"fisher_rao", "length of the shortest path from p to q in the family's Fisher metric", F::geodesic, 0, root, true},
}};

class Declared final : public Divergence {
 public:
  explicit Declared(const Definition& definition) : definition_(definition), value_(definition.order) {}
  Declared(const Definition& definition, double parameter) : Declared(definition) {
    value_ = definition_.order = parameter;
    if (definition.functional != F::alpha_integral) return;
    // The limits of the alpha family are relative entropies.
    const bool amari = definition.outer == to_amari;
    if (parameter != 1 && !(amari && parameter == 0)) return;
    definition_.functional = F::relative_entropy;
    definition_.outer = same;
    definition_.mirrored = parameter == 0;
  }

  Text name() const override { return definition_.name; }
  Text formula() const override { return definition_.formula; }
  Functional functional() const override { return definition_.functional; }
  double order() const override { return definition_.order; }
  double outer(double functional) const override { return definition_.outer(functional, definition_.order); }
  bool symmetric() const override { return definition_.symmetric; }
  bool mirrored() const override { return definition_.mirrored; }
  Text parameter() const override { return definition_.parameter; }
  double parameter_value() const override { return value_; }

  void integrand(ConstRow log_p, ConstRow log_q, Row out) const override {
    if (definition_.integrand)
      definition_.integrand(log_p, log_q, out);
    else
      Divergence::integrand(log_p, log_q, out);
  }

  std::shared_ptr<const Divergence> with(double parameter) const override {
    if (definition_.parameter.empty()) return Divergence::with(parameter);
    const bool bandwidth = definition_.functional == F::kernel;
    if (!(std::abs(parameter) < kInf) || (bandwidth && !(parameter > 0)))
      throw DomainError(std::string(definition_.parameter),
                        std::string(definition_.parameter) + " must be " + (bandwidth ? "positive" : "finite"));
    // An order that became a relative entropy has lost its outer function: start from the table.
    for (const Definition& each : kDefinitions)
      if (each.name == definition_.name) return std::make_shared<Declared>(each, parameter);
    return nullptr;
  }

 private:
  Definition definition_;
  double value_;
};

}  // namespace
}  // namespace kullback::divergences

KULLBACK_PLUGIN("divergences", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::divergences;
  for (const Definition& each : kDefinitions) registrar.divergence(std::make_unique<Declared>(each));
}
