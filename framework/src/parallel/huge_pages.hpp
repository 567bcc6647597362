// Fewer, larger pages for large arrays: sweeps over them then wait less for address translation.
#pragma once

#include <cstddef>

namespace kullback::parallel {

/// Asks for huge pages behind [data, data + bytes), where the system has them. Ask before the memory is first written.
/// Small ranges are left alone; a refusal changes nothing.
void prefer_huge_pages(const void* data, std::size_t bytes);

}  // namespace kullback::parallel
