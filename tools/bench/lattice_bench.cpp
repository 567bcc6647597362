// Mean field on a lattice field of a million coordinates: the time of a sweep against the time that one pass over the
// bytes of the matrix and the vectors takes at the bandwidth of the triad a = b + s c, measured in the same run; the
// best of many of both.
//   lattice_bench [side = 1000]
#include <kullback/kullback.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "parallel/parallel.hpp"
#include "plugin/loader.hpp"

namespace {

using namespace kullback;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Best of many, in bytes a second, by STREAM's count of 24 bytes an element.
double triad_bandwidth() {
  constexpr Index kSize = 20'000'000, kGrain = 16384;
  static Eigen::VectorXd a = Eigen::VectorXd::Zero(kSize), b = Eigen::VectorXd::Constant(kSize, 1),
                         c = Eigen::VectorXd::Constant(kSize, 2);
  double best = 0;
  for (int repeat = 0; repeat < 15; ++repeat) {
    const double start = seconds();
    parallel::for_chunks(kSize, kGrain, [](Index, Index begin, Index end) {
      double* to = a.data();
      const double* x = b.data();
      const double* y = c.data();
      for (Index i = begin; i < end; ++i) to[i] = x[i] + 3.0 * y[i];
    });
    best = std::max(best, 24.0 * kSize / (seconds() - start));
  }
  return best;
}

SparseMatrix lattice(Index side) {
  SparseMatrix p(side * side, side * side);
  p.reserve(Eigen::VectorXi::Constant(side * side, 5));
  for (Index r = 0; r < side; ++r)
    for (Index c = 0; c < side; ++c) {
      const Index i = r * side + c;
      if (r > 0) p.insert(i, i - side) = -1;
      if (c > 0) p.insert(i, i - 1) = -1;
      p.insert(i, i) = 4.05;
      if (c + 1 < side) p.insert(i, i + 1) = -1;
      if (r + 1 < side) p.insert(i, i + side) = -1;
    }
  p.makeCompressed();
  return p;
}

struct Times {
  double triad, sweep;
};

Times measure(const Registry& registry, const Projection& projection, int threads) {
  const parallel::ThreadLimit limit(threads);
  Times times{triad_bandwidth(), 0};
  const auto joint = make_joint(registry, projection, "reverse_kl");
  Settings settings;
  settings.max_sweeps = 60;
  settings.tolerance = 1e-300;
  Observer observer;
  const Solution s = solve(*joint, registry.optimizer("coordinate_ascent"), settings, observer);
  times.sweep = s.trace.front().seconds;
  for (std::size_t i = 1; i < s.trace.size(); ++i)
    times.sweep = std::min(times.sweep, s.trace[i].seconds - s.trace[i - 1].seconds);
  times.triad = std::max(times.triad, triad_bandwidth());
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  const Index side = argc > 1 ? std::atoi(argv[1]) : 1000;
  Registry registry;
  for (const auto& refused : plugin::load_plugins(registry, {KULLBACK_PLUGIN_DIR}).refused)
    std::fprintf(stderr, "%s\n", refused.why.c_str());
  const SparseMatrix precision = lattice(side);
  const Index n = precision.rows();
  const Eigen::VectorXd information =
      Eigen::VectorXd::NullaryExpr(n, [](Index i) { return 0.1 * static_cast<double>(i % 17) - 0.8; });
  Projection projection;
  projection.target =
      registry.family("multivariate_normal")
          .make({{"information", information}, {"precision", std::make_shared<const SparseMatrix>(precision)}});
  projection.family = &registry.family("factorized");
  projection.layout = projection.family->open({{"", std::vector<Part>{{&registry.family("normal"), {}, 1}}}}, {n, {}});

  // Off-diagonal entries with their columns; row starts, diagonal, information, E x; eta and m of two numbers, A.
  const double bytes =
      12.0 * static_cast<double>(precision.nonZeros() - n) + (4 + 8 + 8 + 8 + 16 + 16 + 8.0) * static_cast<double>(n);
  std::printf("lattice of %td x %td coordinates: %.1f MB of matrix and vectors\n", side, side, bytes / 1e6);
  std::printf("threads  triad GB/s  pass ms  sweep ms  sweep/pass\n");
  Times one{}, two{};
  for (const int threads : {1, 2}) {
    const Times t = measure(registry, projection, threads);
    std::printf("%7d  %10.1f  %7.2f  %8.2f  %10.2f\n", threads, t.triad / 1e9, 1e3 * bytes / t.triad, 1e3 * t.sweep,
                t.sweep * t.triad / bytes);
    (threads == 1 ? one : two) = t;
  }
  std::printf("speed-up of a sweep from 1 to 2 threads: %.2f (of the triad: %.2f)\n", one.sweep / two.sweep,
              two.triad / one.triad);
  return 0;
}
