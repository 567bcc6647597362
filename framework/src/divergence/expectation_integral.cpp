// E[label] where a family does not say it: by quadrature, a sum over the integers, or cubature.
#include "divergence/expectations.hpp"
#include "divergence/integral.hpp"
#include "divergence/piece.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kTolerance = 1e-12;
constexpr double kInf = std::numeric_limits<double>::infinity();

void evaluate(Text label, In x, Out out) {
  if (!evaluate_label(label, x, out))
    throw UnsupportedError(fmt::format("the statistic {} cannot be evaluated at a point", label));
}

[[noreturn]] void fail_infinite(const Members& member, const std::vector<Statistic>& labels, const std::string& where) {
  std::vector<std::string> names;
  for (const Statistic& s : labels) names.push_back(s.label);
  throw InfiniteError(fmt::format("E[{}] under {} is infinite: its integral diverges {}", fmt::join(names, "] or E["),
                                  member.family->name(), where));
}

// log p^a q^(1-a) from the logarithms of both, where neither is 0.
double tilted(double order, double log_p, double log_q) {
  const double p = order == 0 ? 0 : order * log_p, q = order == 1 ? 0 : (1 - order) * log_q;
  return (order != 0 && log_p == -kInf) || (order != 1 && log_q == -kInf) ? -kInf : p + q;
}

// A statistic at the points of a piece; log x and log(1 - x) by the distances to the ends, where x alone has lost them.
void evaluate(Text label, const quadrature::Coordinate& coordinate, const quadrature::Mapped& points, Out out) {
  const Index n = out.cols();
  const bool from_0 = coordinate.low() == 0, to_1 = coordinate.high() == 1;
  if (label == "log_x" && from_0)
    out = points.log_from_low.head(n);
  else if (label == "log_1mx" && to_1)
    out = points.log_to_high.head(n);
  else if (label == "logit_x" && from_0 && to_1)
    out = points.log_from_low.head(n) - points.log_to_high.head(n);
  else if (label == "logit2_x" && from_0 && to_1)
    out = (points.log_from_low.head(n) - points.log_to_high.head(n)).cwiseAbs2();
  else
    evaluate(label, points.x.leftCols(n), out);
}

// Under p^a q^(1-a) / Z on the line: rows are Z, the magnitude of all statistics together, and each statistic.
ExpectedStatistics on_line(const Question& question, double order, const std::vector<Statistic>& labels) {
  const auto count = static_cast<Index>(labels.size());
  const PiecesOfLine line(question);
  const auto each_piece = [&](const auto& use) {
    for (const PiecesOfLine::One& part : line.pieces()) {
      Piece piece(question, line.p(), line.q(), part.coordinate);
      if ((order == 0 || piece.has_p()) && (order == 1 || piece.has_q())) use(part, piece);
    }
  };
  double top = -kInf;  // of the logarithm, so that neither Z nor its parts under- or overflow
  each_piece([&](const PiecesOfLine::One& part, Piece& piece) {
    const Eigen::MatrixXd t =
        Eigen::Map<const Eigen::RowVectorXd>(part.line.breaks.data(), static_cast<Index>(part.line.breaks.size()));
    piece.logarithms(t);
    for (Index i = 0; i < t.cols(); ++i)
      top = std::max(top, tilted(order, piece.log_p(t.cols())(i), piece.log_q(t.cols())(i)));
  });
  if (!std::isfinite(top)) top = 0;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(2 + count), error = sum;
  std::string diverges;
  each_piece([&](const PiecesOfLine::One& part, Piece& piece) {
    quadrature::Options options;
    options.relative_tolerance = kTolerance;
    Eigen::MatrixXd s(count, 1);
    const auto integrand = [&](bool normalizer_only) {
      return [&, normalizer_only](In t, Out values) {
        const Index n = t.cols();
        piece.logarithms(t);
        const ConstRow log_p = piece.log_p(n), log_q = piece.log_q(n);
        s.resize(count, n);
        for (Index k = 0; k < count && !normalizer_only; ++k)
          evaluate(labels[static_cast<std::size_t>(k)].label, part.coordinate, piece.mapped(), s.middleRows(k, 1));
        for (Index i = 0; i < n; ++i) {
          const double density = std::exp(tilted(order, log_p(i), log_q(i)) - top);
          values.col(i).setZero();
          if (normalizer_only) {
            values(0, i) = density;
          } else if (density > 0) {
            values(1, i) = density;
            values.col(i).tail(count) = density * s.col(i);
            values(0, i) = density + values.col(i).tail(count).cwiseAbs().sum();
          }
        }
      };
    };
    const quadrature::Integral normalizer = quadrature::integrate_1d(integrand(true), 1, part.line, options);
    if (normalizer.infinite) {
      sum[0] = kInf;
      return;
    }
    sum[0] += normalizer.value(0), error[0] += normalizer.error(0);
    if (count == 0) return;
    const quadrature::Integral integral = quadrature::integrate_1d(integrand(false), 2 + count, part.line, options);
    if (integral.infinite) diverges = where(part.coordinate, integral.infinite_at);
    sum.tail(1 + count) += integral.value.tail(1 + count), error.tail(1 + count) += integral.error.tail(1 + count);
  });
  ExpectedStatistics out;
  out.log_normalizer = std::log(sum[0]) + top;
  if (!std::isfinite(out.log_normalizer)) return out;
  out.log_normalizer_error = 2 * error[0] / sum[0];
  if (!diverges.empty()) fail_infinite(question.p, labels, diverges);
  out.value = sum.tail(count) / sum[0];
  out.error = 2 * error.tail(count) / sum[0] + out.value.cwiseAbs() * out.log_normalizer_error;
  return out;
}

// Sums are of numbers that are not negative: |s| p and (|s| + s) p.
ExpectedStatistics on_integers(const Question& question, Text label) {
  const auto sum = [&](bool signed_part) {
    const Estimate found = sum_over_integers(question, [&](const Eigen::RowVectorXd& k) {
      Eigen::MatrixXd s(1, k.size());
      Eigen::RowVectorXd p(k.size());
      evaluate(label, k, s);
      question.p.family->log_density(question.p.layout, question.p.theta, Points(k), row(p));
      for (Index i = 0; i < k.size(); ++i)
        p[i] = p[i] == -kInf ? 0 : std::exp(p[i]) * (std::abs(s(0, i)) + (signed_part ? s(0, i) : 0));
      return p;
    });
    if (found.method == Method::infinite) fail_infinite(question.p, {{std::string(label), 1}}, "over the integers");
    return found;
  };
  const Estimate absolute = sum(false), both = sum(true);
  return {0, 0, Eigen::VectorXd::Constant(1, both.value - absolute.value),
          Eigen::VectorXd::Constant(1, absolute.error + both.error)};
}

// A question about densities alone: rules and divergences are not asked for.
struct Context {
  Context(const Members& p, const Members& q) : question{registry, primitive, p, q, options} {}
  Registry registry;
  Primitive primitive{"integral", Functional::relative_entropy, 0};
  EvaluateOptions options;
  Question question;
};

}  // namespace

ExpectedStatistics integrate_tilted(const Members& p, const Members& q, double order,
                                    const std::vector<Statistic>& labels) {
  const Context context{p, q};
  return on_line(context.question, order, labels);
}

ExpectedStatistics integrate_expectation(const Members& member, Text label, Index rows) {
  const Index d = member.layout.dimension;
  if (d > 3)
    throw UnsupportedError(
        fmt::format("{} does not know E[{}], and integration ends at 3 dimensions", member.family->name(), label));
  quadrature::Box box{Eigen::VectorXd(d), Eigen::VectorXd(d)};
  bool discrete = false;
  for (Index i = 0; i < d; ++i) {
    const Support s = member.family->support(member.layout, member.theta, 0, i);
    box.low[i] = s.low, box.high[i] = s.high;
    discrete = discrete || s.integer;
  }
  if (!member.family->carrier(member.layout).empty() || (discrete && d > 1))
    throw UnsupportedError(
        fmt::format("{} does not know E[{}], which cannot be integrated for", member.family->name(), label));
  if (d == 1 && rows == 1) {
    const Context context{member, member};
    return discrete ? on_integers(context.question, label) : on_line(context.question, 1, {{std::string(label), 1}});
  }
  const quadrature::DensityIntegral found = quadrature::integrate_density(
      [&](In x, Row out) { member.family->log_density(member.layout, member.theta, Points(x), out); }, box, rows,
      [&](In x, Out out) { evaluate(label, x, out); });
  if (!std::isfinite(found.log_normalizer) || !found.mean.allFinite() || !found.converged)
    throw NumericalError(fmt::format("E[{}] under {} could not be integrated for", label, member.family->name()));
  return {found.log_normalizer, found.log_normalizer_error, found.mean, found.error};
}

}  // namespace kullback::divergence
