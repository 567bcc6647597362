#include <kullback/error.hpp>

#include <utility>

namespace kullback {

// Out of line, so that one library owns each type's run-time information and catching works across plugins.
Error::Error(const std::string& message) : std::runtime_error(message) {}
Error::~Error() = default;
ConfigError::ConfigError(const std::string& message) : Error(message) {}
ConfigError::~ConfigError() = default;
PluginError::PluginError(const std::string& message) : Error(message) {}
PluginError::~PluginError() = default;
DomainError::DomainError(std::string argument, const std::string& message)
    : Error(message), argument_(std::move(argument)) {}
DomainError::~DomainError() = default;
UnsupportedError::UnsupportedError(const std::string& message) : Error(message) {}
UnsupportedError::~UnsupportedError() = default;
InfiniteError::InfiniteError(const std::string& message) : UnsupportedError(message) {}
InfiniteError::~InfiniteError() = default;
NumericalError::NumericalError(const std::string& message) : Error(message) {}
NumericalError::~NumericalError() = default;

}  // namespace kullback
