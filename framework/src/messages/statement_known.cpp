// What a statement's table asks of known numbers alone: sums over vectors, and labels with a parameter.
#include "messages/statement.hpp"
#include "messages/tensor.hpp"

#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {

// A label of the sum over the elements of a known vector, which may be one of several behind an index.
Polynomial StatementPolynomial::sum_of(const model::Term& term, Text label) {
  const bool variable = term.kind == model::Term::Kind::variable;
  const Source* source = variable ? &sources_[static_cast<std::size_t>(term.variable)] : nullptr;
  if (variable ? source->kind != Source::Kind::known : term.kind != model::Term::Kind::constant)
    throw NoRule{-1, fmt::format("{} of a vector that is not known", label)};
  const model::Array& vectors = variable ? *source->known : term.array;
  const std::vector<Reference> read =
      variable ? substitution_.references(term.selectors, source->variable->dimensions(), at_group(0))
               : std::vector<Reference>();
  const auto is_inside = [&](int plate) { return std::find(inside_.begin(), inside_.end(), plate) != inside_.end(); };
  model::Array sum;
  std::vector<Index> shape, strides(vectors.dimensions.size(), 0);
  std::vector<int> axes;
  std::vector<Reference> references;
  model::Dimensions summed;
  for (std::size_t k = 0; k < vectors.dimensions.size(); ++k) {
    const int plate = vectors.dimensions[k];
    shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
    axes.push_back(static_cast<int>(k));
    const int along = !variable                                                  ? plate
                      : term.selectors[k].kind == model::Selector::Kind::aligned ? term.selectors[k].dimension
                                                                                 : -1;
    if (is_inside(along)) {
      summed.push_back(along);
      continue;
    }
    sum.dimensions.push_back(plate);
    references.push_back(variable ? read[k] : substitution_.find(plate, cells_));
  }
  double missing = 1;  // elements that are all the same number
  for (const int plate : inside_)
    if (std::find(summed.begin(), summed.end(), plate) == summed.end())
      missing *= static_cast<double>(model_.plates[static_cast<std::size_t>(plate)].size);
  Index stride = 1;
  for (std::size_t k = vectors.dimensions.size(), left = sum.dimensions.size(); k-- > 0;)
    if (left > 0 && sum.dimensions[left - 1] == vectors.dimensions[k]) {
      strides[k] = stride;
      stride *= shape[k];
      --left;
    }
  sum.values = Eigen::VectorXd::Zero(model_.cells(sum.dimensions));
  const double* from = vectors.values.data();
  for_cells<1>(shape, axes, {strides.data()}, [&](const Index* at) { sum.values[at[0]] += missing * *from++; });
  return computed(std::move(sum), label, references);
}

Polynomial StatementPolynomial::computed(model::Array array, Text label,
                                         const std::vector<Reference>& references) const {
  KnownCache own;  // the array's memory may be another's tomorrow
  Algebra none(sources_);
  return Substitution(model_, sources_, none, own).known(array, label, references);
}

// Where a is 1, lgamma(a + b) - lgamma(b) is log b: a beta with one parameter 1 is a power of a uniform, and its other
// parameter has the messages of a rate.
std::vector<kullback::Monomial> StatementPolynomial::without_gammas(std::vector<kullback::Monomial> table) const {
  const auto is_one = [&](Text name) {
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (name == parameters_[p].name) {
        const model::Term& term = statement_.arguments[p];
        return term.kind == model::Term::Kind::constant && (term.array.values.array() == 1).all();
      }
    return false;
  };
  constexpr Text kBetween = ".lgamma(x+";
  std::vector<kullback::Monomial> out;
  const auto put = [&](double coefficient, const std::string& product) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const auto& m) { return m.product == product; });
    if (same == out.end())
      out.push_back({coefficient, product});
    else
      same->coefficient += coefficient;
  };
  for (const kullback::Monomial& m : table) {
    const std::size_t at = m.product.find(kBetween);
    const std::string first = m.product.substr(0, at),
                      second = at == std::string::npos ? ""
                                                       : m.product.substr(at + kBetween.size(),
                                                                          m.product.size() - at - kBetween.size() - 1);
    if (at == std::string::npos || is_one(first) == is_one(second)) {
      put(m.coefficient, m.product);
      continue;
    }
    const std::string& other = is_one(first) ? second : first;
    put(m.coefficient, other + ".lgamma_x");
    put(m.coefficient, other + ".log_x");
  }
  std::erase_if(out, [](const auto& m) { return m.coefficient == 0; });
  return out;
}

// The label with its number for c where whose statistic it is lies on a grid and c is one number; else empty.
std::string StatementPolynomial::at_nodes(const Factor& f) const {
  const model::Term& parameter = statement_.arguments[static_cast<std::size_t>(f.parameter)];
  if (parameter.kind != model::Term::Kind::constant || parameter.array.values.size() == 0 ||
      (parameter.array.values.array() != parameter.array.values[0]).any())
    return "";
  const Source* of = &source_;
  if (f.argument >= 0) {
    const model::Term& term = statement_.arguments[static_cast<std::size_t>(f.argument)];
    if (term.kind != model::Term::Kind::variable) return "";
    of = &sources_[static_cast<std::size_t>(term.variable)];
  }
  if (!of->grid) return "";
  const std::size_t at = f.label.rfind('c');
  return f.label.substr(0, at) + fmt::format("{}", parameter.array.values[0]) + f.label.substr(at + 1);
}

// A label with an argument for its c, of the child or of another argument: all of them must be known.
Polynomial StatementPolynomial::parametric(const Factor& f) {
  const auto constant_of = [&](int argument) -> const model::Array& {
    const model::Term& term = statement_.arguments[static_cast<std::size_t>(argument)];
    if (term.kind != model::Term::Kind::constant)
      throw NoRule{statement_.variable, fmt::format("{} with a {} that is not known", f.label,
                                                    parameters_[static_cast<std::size_t>(argument)].name)};
    return term.array;
  };
  if (const std::string label = at_nodes(f); !label.empty())
    return f.argument < 0
               ? child({-1, label, -1, 0, false})
               : substitution_.expand(statement_.arguments[static_cast<std::size_t>(f.argument)], label, cells_);
  if (f.argument < 0 && source_.kind != Source::Kind::known) throw NoRule{statement_.variable, f.label};
  const model::Array& base = f.argument < 0 ? *source_.known : constant_of(f.argument);
  const model::Array& parameter = constant_of(f.parameter);
  model::Array result{base.dimensions, {}};
  for (const int plate : parameter.dimensions)
    if (std::find(base.dimensions.begin(), base.dimensions.end(), plate) == base.dimensions.end())
      result.dimensions.push_back(plate);
  Sizes sizes;
  std::vector<int> axes;
  for (const int plate : result.dimensions) {
    axes.push_back(static_cast<int>(sizes.size()));
    sizes.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
  }
  const auto strides_of = [&](const model::Array& array) {
    std::vector<Index> shape, strides(result.dimensions.size(), 0);
    for (const int plate : array.dimensions) shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
    const std::vector<Index> dense = dense_strides(shape);
    for (std::size_t k = 0; k < strides.size(); ++k)
      for (std::size_t j = 0; j < shape.size(); ++j)
        if (array.dimensions[j] == result.dimensions[k]) strides[k] = dense[j];
    return strides;
  };
  const std::vector<Index> x_strides = strides_of(base), c_strides = strides_of(parameter);
  const Index count = model_.cells(result.dimensions);
  Eigen::RowVectorXd x(count), c(count), value(count);
  Index cell = 0;
  for_cells<2>(sizes, axes, {x_strides.data(), c_strides.data()}, [&](const Index* at) {
    x[cell] = base.values[at[0]];
    c[cell++] = parameter.values[at[1]];
  });
  if (!evaluate_label(f.label, row(std::as_const(c)), x, row(value))) throw NoRule{statement_.variable, f.label};
  for (Index i = 0; i < count; ++i)
    if (std::isnan(x[i])) value[i] = 0;
  result.values = value.transpose();
  std::vector<Reference> references;
  for (const int plate : result.dimensions)
    for (const auto& [p, r] : cells_)
      if (p == plate) references.push_back(r);
  return computed(std::move(result), "x", references);
}

}  // namespace kullback::messages
