// The right ABI line, but no entry.
#include <kullback/plugin.hpp>

__attribute__((used)) static const char kLine[] = KULLBACK_ABI_LINE;
