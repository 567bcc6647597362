#include "messages/kmeans.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

constexpr Index kMostRows = 20'000;
constexpr int kRounds = 10;

double uniform(const Stream& stream, std::uint64_t restart, Index member) {
  Eigen::MatrixXd u(1, 1);
  stream.uniforms(restart, static_cast<std::uint64_t>(member), u);
  return u(0, 0);
}

}  // namespace

Index nearest_center(const Eigen::MatrixXd& centers, const Eigen::Ref<const Eigen::VectorXd>& row) {
  Index nearest = 0;
  (centers.colwise() - row).colwise().squaredNorm().minCoeff(&nearest);
  return nearest;
}

Eigen::MatrixXd find_centers(const Eigen::MatrixXd& all, Index count, const Stream& stream, std::uint64_t restart) {
  const Index step = (all.cols() + kMostRows - 1) / kMostRows, n = (all.cols() + step - 1) / step;
  Eigen::MatrixXd rows(all.rows(), n);
  for (Index i = 0; i < n; ++i) rows.col(i) = all.col(i * step);
  Eigen::MatrixXd centers(all.rows(), count);
  Eigen::VectorXd distance = Eigen::VectorXd::Ones(n);  // the first center is any row
  for (Index k = 0; k < count; ++k) {
    const double total = distance.sum();
    double left = uniform(stream, restart, k) * total;
    Index chosen = n - 1;
    for (Index i = 0; i < n && total > 0; ++i) {
      left -= distance[i];
      if (left < 0) {
        chosen = i;
        break;
      }
    }
    centers.col(k) = rows.col(chosen);
    const Eigen::VectorXd to_new = (rows.colwise() - rows.col(chosen)).colwise().squaredNorm();
    distance = k == 0 ? to_new : Eigen::VectorXd(distance.cwiseMin(to_new));
  }
  for (int round = 0; round < kRounds; ++round) {
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(all.rows(), count);
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(count);
    for (Index i = 0; i < n; ++i) {
      const Index k = nearest_center(centers, rows.col(i));
      sums.col(k) += rows.col(i);
      counts[k] += 1;
    }
    for (Index k = 0; k < count; ++k)
      if (counts[k] > 0) centers.col(k) = sums.col(k) / counts[k];
  }
  return centers;
}

std::vector<Index> groups_of(const Eigen::MatrixXd& rows, Index levels, const Stream& stream, Index restart) {
  const Eigen::MatrixXd centers = find_centers(rows, levels, stream, static_cast<std::uint64_t>(restart));
  std::vector<Index> groups;
  for (Index n = 0; n < rows.cols(); ++n) groups.push_back(nearest_center(centers, rows.col(n)));
  return groups;
}

}  // namespace kullback::messages
