// What a sweep of a mixture of K normals with full covariances costs at least on this machine: blocked matrix products
// on the features [x_i x_j, x, 1] and one exponential a responsibility. Prints CPU seconds a sweep on one thread, and
// seconds by the clock with one thread and with two.
//   mixture_limit_bench [rows = 1000000] [dimension = 10] [components = 20]
#include <Eigen/Dense>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>
#include <vector>

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
constexpr Eigen::Index kBlock = 256;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// T += F' softmax(F W) over the rows [begin, end) of x.
double pass(const Matrix& x, const Matrix& weights, Eigen::Index begin, Eigen::Index end, Matrix& statistics) {
  const Eigen::Index d = x.rows(), f = weights.rows(), k = weights.cols();
  Matrix features(kBlock, f), logits(kBlock, k);
  double bound = 0;
  for (Eigen::Index b = begin; b < end; b += kBlock) {
    const Eigen::Index n = std::min(kBlock, end - b);
    const auto rows = x.middleCols(b, n).transpose();
    Eigen::Index at = 0;
    for (Eigen::Index i = 0; i < d; ++i)
      for (Eigen::Index j = 0; j <= i; ++j) features.col(at++).head(n) = rows.col(i).cwiseProduct(rows.col(j));
    for (Eigen::Index i = 0; i < d; ++i) features.col(at++).head(n) = rows.col(i);
    features.col(at).head(n).setOnes();
    auto l = logits.topRows(n);
    l.noalias() = features.topRows(n) * weights;
    const Eigen::ArrayXd largest = l.rowwise().maxCoeff();
    l.array().colwise() -= largest;
    l = l.array().exp();
    const Eigen::ArrayXd sum = l.rowwise().sum();
    bound += (largest + sum.log()).sum();
    l.array().colwise() /= sum;
    statistics.noalias() += features.topRows(n).transpose() * l;
  }
  return bound;
}

}  // namespace

int main(int argc, char** argv) {
  const Eigen::Index n = argc > 1 ? std::atoll(argv[1]) : 1'000'000, d = argc > 2 ? std::atoll(argv[2]) : 10,
                     k = argc > 3 ? std::atoll(argv[3]) : 20, f = d * (d + 1) / 2 + d + 1;
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  const Matrix x = Matrix::NullaryExpr(d, n, [&] { return normal(random); });
  const Matrix weights = Matrix::NullaryExpr(f, k, [&] { return 0.1 * normal(random); });
  for (const int threads : {1, 2}) {
    double best = 1e300, least = 1e300, bound = 0;
    for (int repeat = 0; repeat < 5; ++repeat) {
      std::vector<Matrix> statistics(static_cast<std::size_t>(threads), Matrix::Zero(f, k));
      std::vector<double> bounds(static_cast<std::size_t>(threads));
      const double start = seconds(), cpu_start = cpu_seconds();
      std::vector<std::jthread> team;
      for (int t = 0; t < threads; ++t)
        team.emplace_back([&, t] {
          bounds[static_cast<std::size_t>(t)] =
              pass(x, weights, n * t / threads, n * (t + 1) / threads, statistics[static_cast<std::size_t>(t)]);
        });
      team.clear();
      best = std::min(best, seconds() - start);
      least = std::min(least, cpu_seconds() - cpu_start);
      bound = bounds[0];
    }
    if (threads == 1) std::printf("limit_cpu %.6f\n", least);
    std::printf("limit_%d %.6f\n", threads, best);
    if (bound == 0) std::printf("no bound\n");
  }
  return 0;
}
