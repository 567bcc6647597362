#include "plugin/file.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <kullback/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

namespace kullback::plugin {

namespace {

constexpr std::string_view kBegin = "kullback-abi;";
constexpr std::string_view kEnd = ";end";
constexpr std::size_t kLongestLine = 1024;
constexpr std::uintmax_t kLargestFile = std::uintmax_t{256} << 20;

bool is_line_text(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.=;/+-").find(c) != std::string_view::npos;
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// "kullback-abi;a=1;b=2;end" as {a, 1}, {b, 2}.
Fields fields(std::string_view line) {
  Fields out;
  while (!line.empty()) {
    const std::size_t stop = std::min(line.find(';'), line.size());
    const std::string_view field = line.substr(0, stop);
    if (const std::size_t equal = field.find('='); equal != field.npos)
      out.emplace_back(field.substr(0, equal), field.substr(equal + 1));
    line.remove_prefix(std::min(stop + 1, line.size()));
  }
  return out;
}

std::string_view value_of(const Fields& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& field) { return field.first == name; });
  return found == all.end() ? "not given" : found->second;
}

template <class T>
bool read_at(std::string_view bytes, std::uint64_t offset, T& out) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof out) return false;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return true;
}

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "unknown machine: add its number in ELF files"
#endif

}  // namespace

std::string read_bytes(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw PluginError(fmt::format("cannot be read: {}", error.message()));
  if (size > kLargestFile) throw PluginError("is larger than 256 MiB");
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(size, '\0');
  if (!stream || !stream.read(bytes.data(), static_cast<std::streamsize>(size)))
    throw PluginError(fmt::format("cannot be read: {}", std::strerror(errno)));
  return bytes;
}

std::string_view find_abi_line(std::string_view bytes) {
  for (std::size_t at = bytes.find(kBegin); at != bytes.npos; at = bytes.find(kBegin, at + 1)) {
    std::string_view text = bytes.substr(at, kLongestLine);
    // Debug information may hold the macro's own text, with quotes in it: not a line.
    text = text.substr(
        0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_line_text) - text.begin()));
    if (text.ends_with(kEnd)) return text;
  }
  return {};
}

std::string abi_difference(std::string_view theirs, std::string_view ours) {
  const Fields their_fields = fields(theirs), our_fields = fields(ours);
  std::string out;
  const auto compare = [&](std::string_view name) {
    const std::string_view their_value = value_of(their_fields, name), our_value = value_of(our_fields, name);
    if (their_value != our_value)
      out += fmt::format("{}{} is {} and must be {}", out.empty() ? "" : "; ", name, their_value, our_value);
  };
  for (const auto& field : our_fields) compare(field.first);
  for (const auto& field : their_fields)
    if (value_of(our_fields, field.first) == "not given") compare(field.first);
  if (out.empty() && theirs != ours) out = "the fields are in another order";
  return out;
}

std::string elf_fault(std::string_view bytes) {
  Elf64_Ehdr header;
  if (!read_at(bytes, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return "it is no shared library (no ELF header)";
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != kMachine)
    return "it is for another kind of machine";
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr)) return "it is no shared library";
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(bytes, header.e_phoff + i * sizeof segment, segment))
      return "it is cut short: its table of segments reaches beyond its end";
    const bool inside = segment.p_offset <= bytes.size() && segment.p_filesz <= bytes.size() - segment.p_offset;
    if ((segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) && !inside)
      return "it is cut short: a segment reaches beyond its end";
  }
  return {};
}

}  // namespace kullback::plugin
