#include "model/density_program.hpp"

#include <kullback/numerics.hpp>
#include <kullback/registry.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>

namespace kullback::model {

namespace {

using config::Expression;
using Kind = Expression::Kind;

const std::map<std::string, Op, std::less<>> kFunctions = {
    {"exp", Op::exp}, {"log", Op::log}, {"sqrt", Op::sqrt}, {"abs", Op::abs},
    {"sin", Op::sin}, {"cos", Op::cos}, {"tanh", Op::tanh}, {"logistic", Op::logistic}};

const std::map<std::string, Op, std::less<>> kBinary = {
    {"+", Op::add},       {"-", Op::subtract},    {"*", Op::multiply}, {"/", Op::divide},         {"^", Op::power},
    {"<", Op::less},      {"<=", Op::less_equal}, {">", Op::greater},  {">=", Op::greater_equal}, {"==", Op::equal},
    {"!=", Op::not_equal}};

struct Compiler {
  const std::vector<std::string>& coordinates;
  const std::function<std::optional<double>(const std::string&)>& constant;
  std::vector<double> code;

  void emit(Op op) { code.push_back(static_cast<double>(op)); }
  void emit(Op op, double operand) {
    emit(op);
    code.push_back(operand);
  }

  void compile(const Expression& e) {
    switch (e.kind) {
      case Kind::number:
        return emit(Op::constant, e.number);
      case Kind::reference:
        return reference(e);
      case Kind::unary:
        compile(e.children[0]);
        return emit(Op::negate);
      case Kind::binary:
        compile(e.children[0]);
        if (e.text == "^" && e.children[1].kind == Kind::number && e.children[1].number == 2) return emit(Op::square);
        compile(e.children[1]);
        return emit(kBinary.at(e.text));
      case Kind::call: {
        const auto found = kFunctions.find(e.text);
        if (found == kFunctions.end())
          fail(e,
               fmt::format("'{}' is not a function of numbers; {}", e.text, suggestion(e.text, numeric_functions())));
        if (e.children.size() != 1 || !e.children[0].text.empty())
          fail(e, fmt::format("{} takes one argument", e.text));
        compile(e.children[0].children[0]);
        return emit(found->second);
      }
      default:
        fail(e, "a number or an expression of coordinates is expected here");
    }
  }

  void reference(const Expression& e) {
    if (!e.children.empty()) fail(e, "indices have no meaning in a density expression");
    for (std::size_t i = 0; i < coordinates.size(); ++i)
      if (coordinates[i] == e.text) return emit(Op::coordinate, static_cast<double>(i));
    if (const auto value = constant(e.text)) return emit(Op::constant, *value);
    if (e.text == "pi") return emit(Op::constant, 3.14159265358979323846);
    fail(e, fmt::format("'{}' is not defined; {}", e.text, suggestion(e.text, coordinates)));
  }
};

constexpr Index kBlock = 256;  // points evaluated together: a few stack slots of this stay in the first-level cache
using Slot = Eigen::Array<double, kBlock, 1>;

template <class F>
void combine(Slot& a, const Slot& b, F f) {
  for (Index i = 0; i < kBlock; ++i) a[i] = f(a[i], b[i]);
}

template <class F>
void apply(Slot& a, F f) {
  for (Index i = 0; i < kBlock; ++i) a[i] = f(a[i]);
}

}  // namespace

const std::vector<std::string>& numeric_functions() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, op] : kFunctions) all.push_back(name);
    return all;
  }();
  return names;
}

Eigen::VectorXd compile(const Expression& expression, const std::vector<std::string>& coordinates,
                        const std::function<std::optional<double>(const std::string&)>& constant) {
  Compiler compiler{coordinates, constant, {}};
  compiler.compile(expression);
  return Eigen::Map<const Eigen::VectorXd>(compiler.code.data(), static_cast<Index>(compiler.code.size()));
}

void evaluate_program(const Eigen::VectorXd& program, In x, Row out) {
  thread_local std::vector<Slot> stack;
  for (Index begin = 0; begin < x.cols(); begin += kBlock) {
    const Index count = std::min(kBlock, x.cols() - begin);
    std::size_t top = 0;  // slots in use
    const auto push = [&]() -> Slot& {
      if (stack.size() == top) stack.resize(top + 8);
      return stack[top++];
    };
    for (Index i = 0; i < program.size(); ++i) {
      const Op op = static_cast<Op>(static_cast<int>(program[i]));
      if (op == Op::constant) {
        push().setConstant(program[++i]);
        continue;
      }
      if (op == Op::coordinate) {
        const Index coordinate = static_cast<Index>(program[++i]);
        Slot& slot = push();
        for (Index k = 0; k < count; ++k) slot[k] = x(coordinate, begin + k);
        for (Index k = count; k < kBlock; ++k) slot[k] = slot[0];
        continue;
      }
      Slot& b = stack[top - 1];
      switch (op) {
        case Op::negate:
          b = -b;
          continue;
        case Op::square:
          b = b * b;
          continue;
        case Op::exp:
          b = b.exp();
          continue;
        case Op::log:
          b = b.log();
          continue;
        case Op::sqrt:
          b = b.unaryExpr([](double v) { return std::sqrt(v); });
          continue;  // Eigen's rounds twice with AVX-512
        case Op::abs:
          b = b.abs();
          continue;
        case Op::sin:
          b = b.sin();
          continue;
        case Op::cos:
          b = b.cos();
          continue;
        case Op::tanh:
          b = b.tanh();
          continue;
        case Op::logistic:
          apply(b, [](double v) { return 1 / (1 + std::exp(-v)); });
          continue;
        default:
          break;
      }
      Slot& a = stack[top - 2];
      --top;
      switch (op) {
        case Op::add:
          a += b;
          break;
        case Op::subtract:
          a -= b;
          break;
        case Op::multiply:
          a *= b;
          break;
        case Op::divide:
          a /= b;
          break;
        case Op::power:
          combine(a, b, [](double v, double w) { return std::pow(v, w); });
          break;
        case Op::less:
          combine(a, b, [](double v, double w) { return double(v < w); });
          break;
        case Op::less_equal:
          combine(a, b, [](double v, double w) { return double(v <= w); });
          break;
        case Op::greater:
          combine(a, b, [](double v, double w) { return double(v > w); });
          break;
        case Op::greater_equal:
          combine(a, b, [](double v, double w) { return double(v >= w); });
          break;
        case Op::equal:
          combine(a, b, [](double v, double w) { return double(v == w); });
          break;
        default:
          combine(a, b, [](double v, double w) { return double(v != w); });
          break;
      }
    }
    out.segment(begin, count) = stack[0].head(count).matrix().transpose();
  }
}

}  // namespace kullback::model
