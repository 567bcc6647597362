// Any divergence of the ladder as a function of q's unconstrained parameters.
#pragma once

#include "divergence/direction.hpp"
#include "inference/unconstrained.hpp"

#include <kullback/objective.hpp>
#include <kullback/run.hpp>

#include <limits>
#include <string>
#include <vector>

namespace kullback::inference {

/// What is made small is D, or the power of it that is smooth where q meets p (the square of a distance). Real
/// parameters are counted from where the target is, in its scale. The bound is -D.
class DivergenceJoint final : public Joint, public Objective {
 public:
  /// Finds a start. Throws UnsupportedError where D or the family's parameters do not suit, InfiniteError where no
  /// member that was looked at has a finite divergence.
  DivergenceJoint(const Registry& registry, const Projection& projection, divergence::Directed directed,
                  std::string written);

  std::span<Block> blocks() override { return {}; }
  std::span<const Block> blocks() const override { return {}; }
  Update update_kind(int) const override { return Update::line_search; }
  void natural_gradient(Range, Out) const override;
  void refresh(Range) override {}
  std::vector<std::string> terms() const override { return {"-" + measure()}; }
  void expected_log_density(std::span<double> by_term) const override { by_term[0] = -state_.value.value; }
  double quadrature_error() const override { return state_.value.error; }
  Members approximation() const override { return member(state_.at); }
  void start_from(const Members& q) override;

  Value value(const Eigen::VectorXd& u) const override { return evaluate_at(u, EvaluateOptions{}); }
  const Eigen::VectorXd& low() const override { return low_; }
  const Eigen::VectorXd& high() const override { return high_; }
  std::string name_of(Index number) const override { return numbers_[static_cast<std::size_t>(number)].name; }
  State& state() override { return state_; }
  const State& state() const override { return state_; }
  void move(const Eigen::VectorXd& u, const Value& value) override;

  /// The divergence as the file wrote it.
  const std::string& written() const { return written_; }

 private:
  /// A factor of q: one member of a family.
  struct Factor {
    const Distribution* family;
    Layout layout;
    Unconstrained free;
    Index coordinate, number, row, rows;  // its first of each, in q; rows of theta
  };
  /// One entry of u: offset + scale * u is the number of `Unconstrained`.
  struct Number {
    std::string name;
    double offset = 0, scale = 1, largest_scale = std::numeric_limits<double>::infinity();
    double at_low = 0, at_high = 0;  // that number at the ends of the range, to the last digit
    std::vector<double> candidates;  // for the start, before offset and scale
  };

  void collect(const Distribution& family, const Layout& layout, Index count);
  void add_numbers(const Factor& factor);
  void find_start(const EvaluateOptions& options);
  double candidate_of(Index tried, Index number) const;
  void find_scales();
  void find_ends(const Factor& factor);
  void set_end(Index number, bool upper, double at, double inside);
  double number(const Eigen::VectorXd& u, Index i) const;
  Members member(const Eigen::VectorXd& u) const;
  Value evaluate_at(const Eigen::VectorXd& u, const EvaluateOptions& options) const;
  std::string measure() const;

  const Registry& registry_;
  Projection projection_;
  divergence::Directed directed_;
  std::string written_;
  double power_ = 1;  // of D that is made small
  std::vector<Factor> factors_;
  std::vector<Number> numbers_;
  Eigen::VectorXd low_, high_;
  State state_;
  mutable std::string why_not_;       // the last reason for an infinite value
  mutable bool unsupported_ = false;  // and whether it was that there is no way to a value
};

}  // namespace kullback::inference
