// What can go wrong. Exceptions cross public boundaries; expected outcomes are values.
#pragma once

#include <stdexcept>
#include <string>

namespace kullback {

/// The base of every exception this library throws on purpose. `what()` is one complete sentence or
/// list for a person: what is wrong, where, and what to do about it.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message);
  ~Error() override;
};

/// The experiment file, an expression or a data file says something that cannot be understood.
/// `what()` holds one diagnostic or several, each "file:line:col: error: path: message" with the
/// source line and a caret. Exit code 2.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message);
  ~ConfigError() override;
};

/// A plugin cannot be loaded or registers something that cannot be taken. Exit code 3.
class PluginError : public Error {
 public:
  explicit PluginError(const std::string& message);
  ~PluginError() override;
};

/// A number is outside the domain of the parameter it was given for ("variance must be positive,
/// got -1"). `argument()` names the parameter as the caller wrote it (empty: not one parameter alone),
/// so that whoever knows where the parameter was written can point there.
class DomainError : public Error {
 public:
  DomainError(std::string argument, const std::string& message);
  ~DomainError() override;
  const std::string& argument() const { return argument_; }

 private:
  std::string argument_;
};

/// The request is meaningful, but nothing that is registered can do it. Says what can.
class UnsupportedError : public Error {
 public:
  explicit UnsupportedError(const std::string& message);
  ~UnsupportedError() override;
};

/// The divergence asked for is +inf for every q there is to choose from. Says which coordinate's support is to blame.
class InfiniteError : public UnsupportedError {
 public:
  explicit InfiniteError(const std::string& message);
  ~InfiniteError() override;
};

/// A computation produced a number that it must not (NaN, a falling bound, a failed factorization).
/// Names variable, member and term. Exit code 1.
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message);
  ~NumericalError() override;
};

}  // namespace kullback
