// The binomial distribution of one count, as a table.
#pragma once

#include <kullback/kullback.hpp>

#include <cmath>
#include <vector>

namespace kullback::categorical {

/// All counts with a probability above 1e-30 of the mode's, by the ratios of neighbors from the mode outward: free of
/// log Gamma and its cancellation.
struct Binomial {
  double first = 0;  ///< the least count in the table
  Eigen::VectorXd probability;

  Binomial(double trials, double p) {
    const double mode = std::min(trials, std::floor((trials + 1) * p));
    std::vector<double> below, above{1};
    const double odds = p / (1 - p);
    if (p > 0)
      for (double k = mode, weight = 1; k > 0; --k) {
        weight *= k / ((trials - k + 1) * odds);
        if (!(weight > 1e-30)) break;
        below.push_back(weight);
      }
    if (p < 1)
      for (double k = mode, weight = 1; k < trials; ++k) {
        weight *= (trials - k) * odds / (k + 1);
        if (!(weight > 1e-30)) break;
        above.push_back(weight);
      }
    first = mode - static_cast<double>(below.size());
    probability.resize(static_cast<Index>(below.size() + above.size()));
    probability << Eigen::Map<Eigen::VectorXd>(below.data(), static_cast<Index>(below.size())).reverse(),
        Eigen::Map<Eigen::VectorXd>(above.data(), static_cast<Index>(above.size()));
    probability /= probability.sum();
  }

  Eigen::MatrixXd x() const {
    return Eigen::RowVectorXd::LinSpaced(probability.size(), first,
                                         first + static_cast<double>(probability.size() - 1));
  }
  double expect(const Eigen::MatrixXd& each) const {
    double sum = 0;
    for (Index i = 0; i < probability.size(); ++i)
      if (probability[i] > 0) sum += probability[i] * each(0, i);
    return sum;
  }
  double quantile(double u) const {
    Index i = 0;
    for (double sum = probability[0]; i + 1 < probability.size() && sum < u; ++i) sum += probability[i + 1];
    return first + static_cast<double>(i);
  }
};

}  // namespace kullback::categorical
