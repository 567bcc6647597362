// What can be told of a plugin from its bytes, before any of its code runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kullback::plugin {

/// The bytes of a file of at most 256 MiB. Throws PluginError.
std::string read_bytes(const std::filesystem::path& file);

/// The text "kullback-abi;...;end" that KULLBACK_PLUGIN leaves in the file; empty if there is none.
std::string_view find_abi_line(std::string_view bytes);

/// The fields in which two ABI lines differ, "framework is 0.2.0 and must be 0.1.0; ..."; empty if they agree.
std::string abi_difference(std::string_view theirs, std::string_view ours);

/// Why the dynamic loader must not see these bytes: no shared library for this machine, or one whose segments
/// reach beyond the file's end (mapping those would end the process). Empty if nothing is wrong.
std::string elf_fault(std::string_view bytes);

}  // namespace kullback::plugin
