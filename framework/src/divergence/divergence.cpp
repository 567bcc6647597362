// Divergences as they are written, and the integrands that every divergence of the two great classes shares.
#include "divergence/direction.hpp"
#include "divergence/integrands.hpp"

#include <kullback/error.hpp>
#include <kullback/registry.hpp>

#include <fmt/format.h>

#include <charconv>

namespace kullback {

Divergence::~Divergence() = default;

void Divergence::integrand(ConstRow log_p, ConstRow log_q, Row out) const {
  if (functional() == Functional::alpha_integral)
    divergence::alpha_integrand(order(), log_p, log_q, out);
  else if (functional() == Functional::cross_entropy)
    divergence::cross_entropy_integrand(log_p, log_q, out);
  else
    divergence::relative_entropy_integrand(log_p, log_q, out);
}

std::shared_ptr<const Divergence> Divergence::with(double) const {
  throw DomainError("", fmt::format("{} has no parameter", name()));
}

std::string Divergence::written() const {
  return parameter().empty() ? std::string(name()) : fmt::format("{}({})", name(), parameter_value());
}

std::shared_ptr<const Divergence> find_divergence_written(const Registry& registry, Text written) {
  const std::size_t open = written.find('(');
  const Divergence& found = registry.divergence(written.substr(0, open));
  const auto unowned = std::shared_ptr<const Divergence>(std::shared_ptr<void>(), &found);
  if (open == Text::npos) return unowned;
  Text inner = written.substr(open + 1);
  if (inner.empty() || inner.back() != ')')
    throw UnsupportedError(fmt::format("'{}' is not a divergence: write {}(NUMBER)", written, found.name()));
  inner.remove_suffix(1);
  while (!inner.empty() && inner.front() == ' ') inner.remove_prefix(1);
  while (!inner.empty() && inner.back() == ' ') inner.remove_suffix(1);
  // "renyi(order = 2)" names the parameter.
  if (const std::size_t equals = inner.find('='); equals != Text::npos) {
    Text name = inner.substr(0, equals);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (found.parameter().empty() || name != found.parameter())
      throw UnsupportedError(
          fmt::format("{} has no parameter '{}'{}", found.name(), name,
                      found.parameter().empty() ? "" : fmt::format("; it has '{}'", found.parameter())));
    inner.remove_prefix(equals + 1);
    while (!inner.empty() && inner.front() == ' ') inner.remove_prefix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(inner.data(), inner.data() + inner.size(), value);
  if (error != std::errc() || end != inner.data() + inner.size())
    throw UnsupportedError(fmt::format("'{}' in '{}' is not a number", inner, written));
  return found.with(value);
}

namespace divergence {

Directed find_directed(const Registry& registry, Text word) {
  Directed found;
  std::string base(word);
  if (!registry.find_divergence(word.substr(0, word.find('(')))) {
    found.reversed = word.starts_with("reverse_");
    if (found.reversed || word.starts_with("forward_")) base.erase(0, 8);
  }
  if (base.starts_with("alpha(")) base = "amari_" + base;
  found.divergence = find_divergence_written(registry, base);
  return found;
}

}  // namespace divergence

}  // namespace kullback
