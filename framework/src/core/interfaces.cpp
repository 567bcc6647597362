// The destructors and defaults of the abstract interfaces, out of line so that this library owns their type
// information.
#include <kullback/capability.hpp>
#include <kullback/divergence.hpp>
#include <kullback/joint.hpp>
#include <kullback/objective.hpp>
#include <kullback/optimizer.hpp>
#include <kullback/registry.hpp>
#include <kullback/run.hpp>

#include <array>

namespace kullback {

ExponentialFamily::~ExponentialFamily() = default;
Entropy::~Entropy() = default;
Moments::~Moments() = default;
Sampler::~Sampler() = default;
Quantiles::~Quantiles() = default;
Marginals::~Marginals() = default;
Product::~Product() = default;
Nodes::~Nodes() = default;
Quadratic::~Quadratic() = default;
Tabulated::~Tabulated() = default;
Landmarks::~Landmarks() = default;
Expansion::~Expansion() = default;
Fisher::~Fisher() = default;
Conditional::~Conditional() = default;
Image::~Image() = default;
Joint::~Joint() = default;
Objective::~Objective() = default;
Coloring::~Coloring() = default;
TargetExpectations::~TargetExpectations() = default;
Optimizer::~Optimizer() = default;
Registrar::~Registrar() = default;
Observer::~Observer() = default;

Index ExponentialFamily::first_outside(const Layout& layout, In eta) const {
  for (Index k = 0; k < eta.cols(); ++k)
    if (!in_domain(layout, eta, k)) return k;
  return -1;
}

Index ExponentialFamily::fixed_rows(const Layout&) const { return 0; }

bool ExponentialFamily::has_base_measure(const Layout&) const { return false; }

bool Moments::expect_at(const Layout&, In, Text, ConstRow, Row) const { return false; }

bool Joint::log_normalizer(double&, double&) const { return false; }

std::vector<Index> Coloring::sequence(int) const { return {}; }

std::string Joint::member_name(int block, Index member) const {
  const Block& b = blocks()[static_cast<std::size_t>(block)];
  return b.members() == 1 ? b.name : b.name + "[" + std::to_string(member + 1) + "]";
}

namespace {
constexpr std::array<Text, 15> kNames = {"exponential family", "entropy",   "moments", "sampling",    "quantiles",
                                         "marginals",          "product",   "nodes",   "quadratic",   "tabulated",
                                         "landmarks",          "expansion", "fisher",  "conditional", "image"};
}

std::span<const Text> capability_names() { return kNames; }

bool has_capability(const Distribution& family, const Layout& layout, int number) {
  switch (number) {
    case ExponentialFamily::kCapability:
      return capability<ExponentialFamily>(family, layout);
    case Entropy::kCapability:
      return capability<Entropy>(family, layout);
    case Moments::kCapability:
      return capability<Moments>(family, layout);
    case Sampler::kCapability:
      return capability<Sampler>(family, layout);
    case Quantiles::kCapability:
      return capability<Quantiles>(family, layout);
    case Marginals::kCapability:
      return capability<Marginals>(family, layout);
    case Product::kCapability:
      return capability<Product>(family, layout);
    case Nodes::kCapability:
      return capability<Nodes>(family, layout);
    case Quadratic::kCapability:
      return capability<Quadratic>(family, layout);
    case Tabulated::kCapability:
      return capability<Tabulated>(family, layout);
    case Landmarks::kCapability:
      return capability<Landmarks>(family, layout);
    case Expansion::kCapability:
      return capability<Expansion>(family, layout);
    case Fisher::kCapability:
      return capability<Fisher>(family, layout);
    case Conditional::kCapability:
      return capability<Conditional>(family, layout);
    case Image::kCapability:
      return capability<Image>(family, layout);
    default:
      return false;
  }
}

Text to_text(Domain domain) {
  switch (domain) {
    case Domain::real:
      return "real";
    case Domain::positive:
      return "positive";
    case Domain::non_negative:
      return "non-negative";
    case Domain::unit_interval:
      return "in [0, 1]";
    case Domain::simplex:
      return "non-negative, sum 1";
    case Domain::positive_definite:
      return "symmetric positive definite";
    case Domain::count:
      return "0, 1, 2, ...";
    case Domain::boolean:
      return "0 or 1";
  }
  return "";
}

Text to_text(Shape shape) {
  switch (shape) {
    case Shape::scalar:
      return "number";
    case Shape::vector:
      return "vector";
    case Shape::matrix:
      return "matrix";
  }
  return "";
}

Text to_text(Method method) {
  switch (method) {
    case Method::infinite:
      return "infinite";
    case Method::closed_form:
      return "closed_form";
    case Method::expected_statistics:
      return "expected_statistics";
    case Method::exact_sum:
      return "exact_sum";
    case Method::quadrature:
      return "quadrature";
    case Method::cubature:
      return "cubature";
    case Method::monte_carlo:
      return "monte_carlo";
  }
  return "";
}

Text to_text(Status status) {
  switch (status) {
    case Status::converged:
      return "converged";
    case Status::stalled:
      return "stalled";
    case Status::oscillating:
      return "oscillating";
    case Status::max_sweeps:
      return "max_sweeps";
    case Status::bound_fell:
      return "bound_fell";
    case Status::cancelled:
      return "cancelled";
  }
  return "";
}

Text to_text(Schedule schedule) {
  switch (schedule) {
    case Schedule::sequential:
      return "sequential";
    case Schedule::colored:
      return "colored";
    case Schedule::jacobi:
      return "jacobi";
    case Schedule::random:
      return "random";
    case Schedule::residual:
      return "residual";
  }
  return "";
}

}  // namespace kullback
