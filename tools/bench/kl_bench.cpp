// CPU seconds of closed-form KL through the plugin interface, on one thread, beside a fused loop written by hand.
//   kl_bench DIRECTORY    reads normal_p, normal_q, joint_p, joint_q (raw doubles, one column a member), writes
//   normal_kl and
//                         joint_kl, and prints "name seconds" lines: the best of several rounds.
#include <kullback/kullback.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "parallel/huge_pages.hpp"
#include "parallel/parallel.hpp"
#include "plugin/loader.hpp"

using namespace kullback;

namespace {

constexpr Index kRounds = 25;

// Arrays on huge pages, where numpy puts its own: torch reads its numbers from such.
template <class Matrix>
Matrix array(Index rows, Index columns) {
  Matrix out(rows, columns);
  parallel::prefer_huge_pages(out.data(), static_cast<std::size_t>(out.size()) * sizeof(double));
  out.setZero();
  return out;
}

Eigen::MatrixXd read(const std::string& path, Index rows) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  auto out = array<Eigen::MatrixXd>(rows, static_cast<Index>(file.tellg()) / rows / static_cast<Index>(sizeof(double)));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(out.data()),
            static_cast<std::streamsize>(out.size() * static_cast<Index>(sizeof(double))));
  return out;
}

void write(const std::string& path, const Eigen::RowVectorXd& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * static_cast<Index>(sizeof(double))));
}

template <class Work>
double best_seconds(const Work& work) {
  double best = 1e300;
  for (Index round = 0; round < kRounds; ++round) {
    const std::clock_t start = std::clock();
    work();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

// What one writes without a framework: one pass over the same arrays, the textbook formula, the value only.
void by_hand(const Eigen::MatrixXd& p, const Eigen::MatrixXd& q, Eigen::RowVectorXd& value) {
  for (Index n = 0; n < p.cols(); ++n) {
    const double r = p(1, n) / q(1, n), t = (p(0, n) - q(0, n)) / q(1, n);
    value[n] = 0.5 * (r * r + t * t - 1) - std::log(r);
  }
}

// The same with vectorized logarithms, block by block.
void by_hand_vectorized(const Eigen::MatrixXd& p, const Eigen::MatrixXd& q, Eigen::RowVectorXd& value) {
  constexpr Index kBlock = 512;
  alignas(64) double ratio[kBlock], logarithm[kBlock];
  for (Index begin = 0; begin < p.cols(); begin += kBlock) {
    const Index count = std::min(kBlock, p.cols() - begin);
    const double* a = p.data() + 2 * begin;
    const double* b = q.data() + 2 * begin;
    double* out = value.data() + begin;
    for (Index i = 0; i < count; ++i) {
      const double r = a[2 * i + 1] / b[2 * i + 1], t = (a[2 * i] - b[2 * i]) / b[2 * i + 1];
      ratio[i] = r;
      out[i] = 0.5 * (r * r + t * t - 1);
    }
    vector_log(ratio, logarithm, count);
    for (Index i = 0; i < count; ++i) out[i] -= logarithm[i];
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::string folder = std::string(arguments[1]) + "/";
  Registry registry;
  plugin::load_plugins(registry, {KULLBACK_PLUGIN_DIR});

  const auto run = [&](const char* name, const char* family, const std::string& file, Index rows, Index dimension) {
    const Eigen::MatrixXd p = read(folder + file + "_p", rows), q = read(folder + file + "_q", rows);
    const Distribution& member = registry.family(family);
    Layout layout;
    layout.dimension = dimension;
    auto value = array<Eigen::RowVectorXd>(1, p.cols());
    auto error = array<Eigen::RowVectorXd>(1, p.cols());
    const Rule& rule = *registry.find_rule("kl", family, family);
    std::printf("%s %.6f\n", name, best_seconds([&] {
                  rule.evaluate(Side{member, layout, p}, Side{member, layout, q}, row(value), row(error));
                }));
    write(folder + file + "_kl", value);
    return std::pair{p, q};
  };
  const auto [p, q] = run("normal", "normal", "normal", 2, 1);
  auto value = array<Eigen::RowVectorXd>(1, p.cols());
  std::printf("by_hand %.6f\n", best_seconds([&] { by_hand(p, q, value); }));
  std::printf("by_hand_vectorized %.6f\n", best_seconds([&] { by_hand_vectorized(p, q, value); }));
  run("joint", "multivariate_normal", "joint", 110, 10);
  const auto [shapes_p, shapes_q] = run("gamma", "gamma", "gamma", 2, 1);
  run("beta", "beta", "beta", 2, 1);
  run("poisson", "poisson", "poisson", 1, 1);
  run("dirichlet", "dirichlet", "dirichlet", 20, 20);
  // A batch by the clock. Two threads first: a thread keeps the arena that it was first given.
  const Distribution& gamma = registry.family("gamma");
  Layout layout;
  layout.dimension = 1;
  auto error = array<Eigen::RowVectorXd>(1, p.cols());
  for (const int threads : {2, 1}) {
    const parallel::ThreadLimit limit(threads);
    double best = 1e300;
    for (Index round = 0; round < 8 * kRounds; ++round) {
      const auto start = std::chrono::steady_clock::now();
      evaluate_batch(registry, registry.divergence("kl"), Side{gamma, layout, shapes_p}, Side{gamma, layout, shapes_q},
                     row(value), row(error));
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::printf("batch_%d %.6f\n", threads, best);
  }
  return 0;
}
