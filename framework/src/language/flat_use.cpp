#include "language/flat_use.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace kullback::language {

using config::Expression;

namespace {

// The factors of a monomial: "x * mean.x * precision.x".
std::vector<std::string> factors_of(const std::string& product) {
  std::vector<std::string> factors;
  for (std::size_t begin = 0; begin < product.size();) {
    const std::size_t end = std::min(product.find(" * ", begin), product.size());
    factors.push_back(product.substr(begin, end - begin));
    begin = end + 3;
  }
  return factors;
}

std::optional<double> number(const Expression& e) {
  if (e.kind == Expression::Kind::number) return e.number;
  if (e.kind == Expression::Kind::unary && e.children[0].kind == Expression::Kind::number) return -e.children[0].number;
  return std::nullopt;
}

struct Power {
  const char* label;
  double exponent;
};
constexpr Power kPowers[] = {{"x", 1}, {"x2", 2}, {"x3", 3}, {"x4", 4}, {"1/x", -1}, {"1/x2", -2}, {"sqrt_x", 0.5}};

// Follows a label of an argument down to the variable.
class Follow {
 public:
  Follow(const std::string& name, const std::vector<Draft>& drafts, Use& use)
      : name_(name), drafts_(drafts), use_(use) {}

  bool reads(const Expression& e, int depth = 0) const {
    if (depth > kDeep) return false;  // it rests on itself, which is reported elsewhere
    if (e.kind == Expression::Kind::reference) {
      if (e.text == name_) return true;
      return std::any_of(drafts_.begin(), drafts_.end(), [&](const Draft& d) {
        return !d.random() && d.target.text == e.text && reads(d.expression, depth + 1);
      });
    }
    return e.kind != Expression::Kind::label && std::any_of(e.children.begin(), e.children.end(),
                                                            [&](const auto& child) { return reads(child, depth + 1); });
  }

  // Of an argument; that of a matrix may be a matrix or a number times the identity.
  bool label_of(const Expression& e, const Parameter& p, const std::string& wanted) {
    matrix_ = p.shape == Shape::matrix && use_.over >= 0;
    return label(e, p.shape != Shape::matrix ? wanted
                    : wanted == "log_det"    ? "log_x"
                    : wanted == "inverse"    ? "1/x"
                                             : wanted);
  }

 private:
  bool label(const Expression& e, const std::string& label) {
    if (!reads(e)) return true;
    for (const Power& p : kPowers)
      if (label == p.label) return power(e, p.exponent);
    if (label == "x*x'") return power(e, 2);
    if (label == "log_x") return logarithm(e);
    if (label == "log_1mx" && is_one_less(e)) return logarithm(e.children[1]);
    if (e.kind != Expression::Kind::reference) return false;
    return referred(e, label, [&](const Expression& inner) { return this->label(inner, label); });
  }

  static constexpr int kDeep = 100;

  static bool is_one_less(const Expression& e) {
    return e.kind == Expression::Kind::binary && e.text == "-" && number(e.children[0]) == 1.0;
  }
  static const Expression& argument(const Expression& call) { return call.children[0].children[0]; }

  template <class Inner>
  bool referred(const Expression& e, const std::string& label, Inner inner) {
    if (e.text == name_) {
      use_.matrix = use_.matrix || matrix_;
      use_.labels.insert(!matrix_ ? label : label == "log_x" ? "log_det" : label == "1/x" ? "inverse" : label);
      return true;
    }
    return std::all_of(drafts_.begin(), drafts_.end(),
                       [&](const Draft& d) { return d.random() || d.target.text != e.text || inner(d.expression); });
  }

  // E[value^exponent]. The square of a sum has the squares and the products of its parts.
  bool power(const Expression& e, double exponent) {
    if (exponent == 0 || !reads(e)) return true;
    const auto each = [&](double to) {
      return std::all_of(e.children.begin(), e.children.end(), [&](const Expression& child) {
        return power(child.kind == Expression::Kind::argument ? child.children[0] : child, to);
      });
    };
    const auto sum = [&] { return exponent == 1 ? each(1) : exponent == 2 && each(1) && each(2); };
    switch (e.kind) {
      case Expression::Kind::reference: {
        const auto* found = std::find_if(std::begin(kPowers), std::end(kPowers),
                                         [&](const Power& p) { return p.exponent == exponent; });
        if (found == std::end(kPowers)) return false;
        return referred(e, found->label, [&](const Expression& inner) { return power(inner, exponent); });
      }
      case Expression::Kind::unary:
      case Expression::Kind::list:
        return e.kind == Expression::Kind::list || exponent == std::floor(exponent) ? each(exponent) : false;
      case Expression::Kind::binary:
        if (e.text == "+" || e.text == "-") return sum();
        if (e.text == "*") return each(exponent);
        if (e.text == "/") return power(e.children[0], exponent) && power(e.children[1], -exponent);
        if (e.text == "^" && number(e.children[1])) return power(e.children[0], exponent * *number(e.children[1]));
        return false;
      case Expression::Kind::call:
        if (e.text == "sum" || e.text == "mean" || e.text == "dot") return sum();
        if (e.text == "sqrt") return power(argument(e), exponent / 2);
        if (e.text == "exp" && std::abs(exponent) == 1) return label(argument(e), exponent > 0 ? "exp_x" : "exp_-x");
        if (e.text == "log" && exponent == 1) return logarithm(argument(e));
        return false;
      default:
        return false;
    }
  }

  bool logarithm(const Expression& e) {
    if (!reads(e)) return true;
    switch (e.kind) {
      case Expression::Kind::reference:
        return referred(e, "log_x", [&](const Expression& inner) { return logarithm(inner); });
      case Expression::Kind::list:
        return std::all_of(e.children.begin(), e.children.end(), [&](const auto& child) { return logarithm(child); });
      case Expression::Kind::binary:
        if (e.text == "*" || e.text == "/") return logarithm(e.children[0]) && logarithm(e.children[1]);
        if (e.text == "^" && number(e.children[1])) return logarithm(e.children[0]);
        return is_one_less(e) && label(e.children[1], "log_1mx");
      case Expression::Kind::call:
        if (e.text == "exp") return power(argument(e), 1);
        return e.text == "sqrt" && logarithm(argument(e));
      default:
        return false;
    }
  }

  const std::string& name_;
  const std::vector<Draft>& drafts_;
  Use& use_;
  bool matrix_ = false;
};

// Whether the statement's closed rule, if it has one, asks only for statistics of the variable.
bool follow(const Draft& draft, Follow& follow, const std::string& name, Use& use) {
  for (const Expression* limit : {draft.low, draft.high})
    if (limit && follow.reads(*limit)) return false;
  std::vector<const Expression*> arguments;
  int parameterization = 0;
  try {
    parameterization = find_arguments(*draft.family, *draft.call, arguments);
  } catch (const ConfigError&) {  // reported where the statement is resolved
    use.mistaken = true;
    return true;
  }
  const auto parameters = draft.family->parameterizations()[static_cast<std::size_t>(parameterization)];
  constexpr Index kAny = 3;
  const Layout layout = event_layout(*draft.family, parameterization, draft.event == Event::scalar ? 1 : kAny);
  const auto* conditional = capability<Conditional>(*draft.family, layout);
  const std::vector<Monomial> table =
      conditional ? conditional->table(parameterization, layout) : std::vector<Monomial>{};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!follow.reads(*arguments[i])) continue;
    if (!use.first) use.first = &draft;
    const bool whole = arguments[i]->kind == Expression::Kind::reference && arguments[i]->text == name;
    if (whole && parameters[i].shape != Shape::matrix) {
      use.domain = parameters[i].domain;
      use.shape = parameters[i].shape;
    }
    const std::string own = parameters[i].name + ".", inside = parameters[i].name + ")";
    bool any = false;
    for (const Monomial& monomial : table)
      for (const std::string& factor : factors_of(monomial.product)) {
        if (factor.find(inside) != std::string::npos) return false;  // it must be known
        if (!factor.starts_with(own)) continue;
        any = true;
        if (!follow.label_of(*arguments[i], parameters[i], factor.substr(own.size()))) return false;
      }
    if (!any) return false;
  }
  return true;
}

}  // namespace

Use use_of(const Draft& flat, const std::vector<Draft>& drafts) {
  const std::string& name = flat.target.text;
  Use use;
  use.over = flat.over;
  Follow down(name, drafts, use);
  for (const Draft& draft : drafts)
    if (draft.family && !draft.flat && !follow(draft, down, name, use) && !use.unknown) use.unknown = &draft;
  return use;
}

}  // namespace kullback::language
