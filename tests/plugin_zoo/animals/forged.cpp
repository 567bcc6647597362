// An ABI line of another build. What differs is decided by the options this is compiled with.
#include <kullback/abi.hpp>
#include <string>

#ifdef ZOO_VERSION
#undef KULLBACK_VERSION
#define KULLBACK_VERSION ZOO_VERSION
#endif
#ifdef ZOO_HEADERS
#undef KULLBACK_HEADERS_HASH
#define KULLBACK_HEADERS_HASH ZOO_HEADERS
#endif

__attribute__((used)) static const char kLine[] = KULLBACK_ABI_LINE;
