#include "model/builders.hpp"

#include "core/random.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace kullback::model {

namespace {

[[noreturn]] void fail(const CallArgument& at, const std::string& message) { config::fail(*at.expression, message); }

Eigen::MatrixXd sample_covariance(const Eigen::MatrixXd& points) {
  const Eigen::MatrixXd centered = points.rowwise() - points.colwise().mean();
  return centered.transpose() * centered / static_cast<double>(points.rows() - 1);
}

Named kernel_estimate(Call& call) {
  const Eigen::MatrixXd points = call.observations("points", 0);
  const auto n = static_cast<double>(points.rows());
  const auto d = static_cast<double>(points.cols());
  if (points.rows() < 2) fail(call.need("points", 0), "a kernel estimate needs at least two observations");
  double h = std::pow(n, -1 / (d + 4));
  if (const CallArgument* bandwidth = call.find("bandwidth")) {
    const auto* word = std::get_if<std::string>(&bandwidth->named.value);
    if (word && *word == "silverman")
      h = std::pow(n * (d + 2) / 4, -1 / (d + 4));
    else if (!word)
      h = call.number("bandwidth");
    else if (*word != "scott")
      fail(*bandwidth, fmt::format("bandwidth is scott, silverman or a positive number, not '{}'", *word));
    if (!(h > 0)) fail(*bandwidth, fmt::format("bandwidth must be positive, got {}", h));
  }
  const Eigen::MatrixXd covariance = h * h * sample_covariance(points);
  const Distribution& kernel = call.scope.registry().family(points.cols() == 1 ? "normal" : "multivariate_normal");
  std::vector<Members> components;
  for (Index r = 0; r < points.rows(); ++r) {
    if (points.cols() == 1)
      components.push_back(kernel.make({{"mean", points(r, 0)}, {"variance", covariance(0, 0)}}));
    else
      components.push_back(
          kernel.make({{"mean", Eigen::VectorXd(points.row(r).transpose())}, {"covariance", covariance}}));
  }
  const Eigen::VectorXd weights = Eigen::VectorXd::Constant(points.rows(), 1 / n);
  return {std::vector<Members>{
              call.scope.registry().family("mixture").make({{"weights", weights}, {"components", components}})},
          call.need("points", 0).named.coordinates};
}

Named histogram(Call& call) {
  const Eigen::MatrixXd points = call.observations("points", 0);
  const Index d = points.cols();
  if (d > 3) fail(call.need("points", 0), fmt::format("a histogram has one to three coordinates, the data have {}", d));
  const Eigen::VectorXd cells = call.vector("cells", d);
  std::vector<Eigen::VectorXd> edges;
  Index total = 1;
  for (Index c = 0; c < d; ++c) {
    const double count = cells[c];
    if (!(count >= 1 && count <= 1e7 && count == std::floor(count)))
      fail(call.need("cells"), fmt::format("cells must be whole numbers from 1 to 10^7, got {}", count));
    total *= static_cast<Index>(count);
    if (total > 10'000'000) fail(call.need("cells"), "a histogram has at most 10^7 cells");
    const double low = call.find("low") ? call.vector("low", d)[c] : points.col(c).minCoeff();
    const double high = call.find("high") ? call.vector("high", d)[c] : points.col(c).maxCoeff();
    if (!(low < high))
      fail(call.need("points", 0), fmt::format("coordinate {} has no width: low {}, high {}", c + 1, low, high));
    edges.push_back(Eigen::VectorXd::LinSpaced(static_cast<Index>(count) + 1, low, high));
  }
  // Counts with the first coordinate running fastest, as the grid family numbers its cells.
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(total);
  for (Index r = 0; r < points.rows(); ++r) {
    Index cell = 0, stride = 1;
    for (Index c = 0; c < d; ++c) {
      const Eigen::VectorXd& e = edges[static_cast<std::size_t>(c)];
      const double x = points(r, c);
      if (!(x >= e[0] && x <= e[e.size() - 1]))
        fail(call.need("points", 0), fmt::format("observation {} ({}) lies outside [{}, {}]: widen low and high", r + 1,
                                                 x, e[0], e[e.size() - 1]));
      const auto after =
          std::upper_bound(e.data(), e.data() + e.size() - 1, x) - e.data();  // the last cell holds its upper edge
      cell += stride * std::min<Index>(after - 1, e.size() - 2);
      stride *= e.size() - 1;
    }
    counts[cell] += 1;
  }
  Arguments arguments;
  Eigen::VectorXd low(d), high(d);
  for (Index c = 0; c < d; ++c) {
    low[c] = edges[static_cast<std::size_t>(c)][0];
    high[c] = edges[static_cast<std::size_t>(c)][edges[static_cast<std::size_t>(c)].size() - 1];
  }
  arguments.push_back({"low", low});
  arguments.push_back({"high", high});
  arguments.push_back({"cells", cells});
  arguments.push_back({"weights", counts});
  return {std::vector<Members>{call.scope.registry().family("discrete_grid").make(arguments)},
          call.need("points", 0).named.coordinates};
}

Named lattice_precision(Call& call) {
  const CallArgument& argument = call.need("shape", 0);
  const auto* given = std::get_if<Eigen::VectorXd>(&argument.named.value);
  if (!given || given->size() != 2) fail(argument, "shape is a list of two whole numbers: [rows, columns]");
  for (double size : *given)
    if (!(size >= 1 && size <= 30000 && size == std::floor(size)))
      fail(argument, fmt::format("shape must be whole numbers from 1 to 30000, got {}", size));
  const int rows = static_cast<int>((*given)[0]), columns = static_cast<int>((*given)[1]);
  if (static_cast<long long>(rows) * columns > 100'000'000) fail(argument, "a lattice has at most 10^8 sites");
  const double diagonal = call.number("diagonal"), neighbor = call.number("neighbor");
  auto matrix = std::make_shared<SparseMatrix>(rows * columns, rows * columns);
  matrix->reserve(Eigen::VectorXi::Constant(rows * columns, 5));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const int i = r * columns + c;
      if (r > 0) matrix->insert(i, i - columns) = neighbor;
      if (c > 0) matrix->insert(i, i - 1) = neighbor;
      matrix->insert(i, i) = diagonal;
      if (c + 1 < columns) matrix->insert(i, i + 1) = neighbor;
      if (r + 1 < rows) matrix->insert(i, i + columns) = neighbor;
    }
  matrix->makeCompressed();
  return {std::shared_ptr<const SparseMatrix>(std::move(matrix)), {}};
}

Named noise(Call& call) {
  const CallArgument& argument = call.need("count", 0);
  const auto* given = std::get_if<double>(&argument.named.value);
  if (!given || !(*given >= 1 && *given <= 1e8 && *given == std::floor(*given)))
    fail(argument, "count must be a whole number from 1 to 10^8");
  const double seed = call.number("seed"), stddev = call.number("stddev", 1.0);
  if (!(seed >= 0 && seed < 0x1p53 && seed == std::floor(seed)))
    fail(call.need("seed"), "seed must be a whole number, 0 or more");
  if (!(stddev > 0)) fail(call.need("stddev"), fmt::format("stddev must be positive, got {}", stddev));
  Eigen::MatrixXd draws(1, static_cast<Index>(*given));
  Stream(static_cast<std::uint64_t>(seed), Purpose::data).uniforms(0, 0, draws);
  return {Eigen::VectorXd(draws.transpose().unaryExpr([&](double u) { return stddev * normal_quantile(u); })), {}};
}

using Builder = Named (*)(Call&);
const std::map<std::string, Builder> kBuilders = {{"kernel_estimate", kernel_estimate},
                                                  {"histogram", histogram},
                                                  {"lattice_precision", lattice_precision},
                                                  {"noise", noise}};

}  // namespace

const CallArgument* Call::find(const std::string& name, int position) {
  asked_.push_back(name);
  for (std::size_t i = 0; i < arguments_.size(); ++i)
    if (arguments_[i].name == name || (static_cast<int>(i) == position && arguments_[i].name.empty())) {
      if (arguments_[i].name.empty()) arguments_[i].name = name;
      return &arguments_[i];
    }
  return nullptr;
}

const CallArgument& Call::need(const std::string& name, int position) {
  if (const CallArgument* found = find(name, position)) return *found;
  fail(expression, fmt::format("{} needs {}", expression.text, name));
}

double Call::number(const std::string& name, std::optional<double> otherwise) {
  if (otherwise && !find(name)) return *otherwise;
  const CallArgument& argument = need(name);
  if (const auto* value = std::get_if<double>(&argument.named.value)) return *value;
  fail(argument, fmt::format("{} must be a number", name));
}

Eigen::VectorXd Call::vector(const std::string& name, Index size, std::optional<double> otherwise) {
  if (otherwise && !find(name)) return Eigen::VectorXd::Constant(size, *otherwise);
  const CallArgument& argument = need(name);
  if (const auto* value = std::get_if<double>(&argument.named.value)) return Eigen::VectorXd::Constant(size, *value);
  const auto* values = std::get_if<Eigen::VectorXd>(&argument.named.value);
  if (!values || values->size() != size)
    fail(argument, fmt::format("{} must be one number, or a list of {}", name, size));
  return *values;
}

Eigen::MatrixXd Call::observations(const std::string& name, int position) {
  const CallArgument& argument = need(name, position);
  if (const auto* matrix = std::get_if<Eigen::MatrixXd>(&argument.named.value)) return *matrix;
  if (const auto* column = std::get_if<Eigen::VectorXd>(&argument.named.value)) return *column;
  fail(argument, fmt::format("{} needs data: a name defined under 'data:'", expression.text));
}

void Call::finish() {
  for (const CallArgument& argument : arguments_) {
    if (std::find(asked_.begin(), asked_.end(), argument.name) != asked_.end()) continue;
    fail(argument, argument.name.empty() ? fmt::format("{} takes no further argument here: name it", expression.text)
                                         : fmt::format("{} has no argument '{}'; {}", expression.text, argument.name,
                                                       suggestion(argument.name, asked_)));
  }
}

const std::vector<std::string>& builders() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, builder] : kBuilders) all.push_back(name);
    return all;
  }();
  return names;
}

Named call_builder(Call& call) { return kBuilders.at(call.expression.text)(call); }

}  // namespace kullback::model
