// What exists: families, divergences, optimizers and rules, each with the plugin that brought it.
#pragma once

#include <kullback/divergence.hpp>
#include <kullback/optimizer.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kullback {

/// What a plugin registers through. Names match ^[a-z][a-z0-9_]{0,63}$; a name that is taken is an error that
/// names both owners. Everything a plugin registers is taken together or not at all.
class Registrar {
 public:
  virtual ~Registrar();
  virtual void family(std::unique_ptr<Distribution> family) = 0;
  /// Another name for a family of this plugin ("gaussian" for "normal").
  virtual void alias(Text name, Text family) = 0;
  /// The closed form of D(p, q) for two families, which other plugins may own.
  virtual void rule(Text divergence, Text p, Text q, Rule rule) = 0;
  virtual void divergence(std::unique_ptr<Divergence> divergence) = 0;
  virtual void optimizer(std::unique_ptr<Optimizer> optimizer) = 0;
};

struct RuleKey {
  std::string divergence, p, q;
  auto operator<=>(const RuleKey&) const = default;
};

/// Everything that is registered. Filled once at start-up, by one thread; const methods are [any-thread].
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Runs `fill` on a registrar and takes what it registers; on any exception takes nothing and
  /// throws PluginError naming `owner`.
  void fill(const std::string& owner, const std::function<void(Registrar&)>& fill);

  /// Null if there is none of that name. Aliases are followed.
  const Distribution* find_family(Text name) const;
  const Divergence* find_divergence(Text name) const;
  const Optimizer* find_optimizer(Text name) const;
  const Rule* find_rule(Text divergence, Text p, Text q) const;

  /// The same, but throws UnsupportedError with a suggestion or the known names.
  const Distribution& family(Text name) const;
  const Divergence& divergence(Text name) const;
  const Optimizer& optimizer(Text name) const;

  std::vector<std::string> families() const;
  std::vector<std::string> divergences() const;
  std::vector<std::string> optimizers() const;
  const std::map<std::string, std::string, std::less<>>& aliases() const { return aliases_; }
  const std::map<RuleKey, Rule>& rules() const { return rules_; }

  /// The plugin that registered a family (or alias), divergence or optimizer, by name; a rule's by its key. Empty if
  /// there is none.
  std::string owner(Text kind, Text name) const;
  std::string owner(const RuleKey& rule) const;

 private:
  class Transaction;
  std::map<std::string, std::unique_ptr<Distribution>, std::less<>> families_;
  std::map<std::string, std::unique_ptr<Divergence>, std::less<>> divergences_;
  std::map<std::string, std::unique_ptr<Optimizer>, std::less<>> optimizers_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::map<RuleKey, Rule> rules_;
  std::map<std::string, std::string, std::less<>> owners_;  // "family normal" -> plugin id
};

/// The closest of `known` if its edit distance is at most max(1, length/3), as "did you mean 'x'?";
/// otherwise "known: a, b, c".
std::string suggestion(Text given, const std::vector<std::string>& known);

/// A divergence as it is written: "kl", "renyi(0.5)". It lives at least as long as the registry's does. Throws
/// UnsupportedError with a suggestion, and DomainError for a parameter that it cannot have.
std::shared_ptr<const Divergence> find_divergence_written(const Registry& registry, Text written);

/// The value of D(p, q) by the ladder: infinities by support, closed form, the images' preimages, the log-partition of
/// one exponential family, products part by part, expected statistics, sums over integers, quadrature in one dimension,
/// cubature in two and three, and where it is allowed Monte Carlo. p and q have one member each. Throws
/// UnsupportedError that lists the rules there are when no rung applies.
struct EvaluateOptions {
  bool skip_closed_forms = false;  ///< go straight to sums, quadrature or cubature: an independent check
  bool formulas_only = false;      ///< no sums, quadrature or cubature: UnsupportedError where there is no formula
  double relative_tolerance = 1e-10;
  bool allow_monte_carlo = false;  ///< where nothing else applies: a standard error instead of a bound
  std::uint64_t seed = 1;          ///< of Monte Carlo
};
Estimate evaluate(const Registry& registry, const Divergence& divergence, const Members& p, const Members& q,
                  const EvaluateOptions& options = {});

/// The same over arrays of members, in parallel. p and q have as many columns as `value`, or one. Formulas run over
/// whole ranges of columns; pairs that no formula serves are evaluated one by one. `method` has one entry a pair, or
/// none.
void evaluate_batch(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q, Row value,
                    Row error, std::span<Method> method = {}, const EvaluateOptions& options = {});

}  // namespace kullback
