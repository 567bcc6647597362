#include "plugin/loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <kullback/error.hpp>
#include <kullback/plugin.hpp>

#include <boost/core/demangle.hpp>
#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "config/data.hpp"
#include "plugin/file.hpp"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace kullback::plugin {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSymbol = "kullback_plugin_v1";

// The processor's floating-point mode, put back at the end of the scope.
class FloatingPointMode {
 public:
#if defined(__SSE__)
  FloatingPointMode() : before_(_mm_getcsr()) {}
  ~FloatingPointMode() { _mm_setcsr(before_); }
  // Only the control bits: the status bits change with every rounding.
  bool changed() const { return (_mm_getcsr() & ~kStatus) != (before_ & ~kStatus); }

 private:
  static constexpr unsigned kStatus = 0x3f;
  const unsigned before_;
#else
  bool changed() const { return false; }
#endif
};

[[noreturn]] void refuse(std::string why) { throw PluginError(std::move(why)); }

bool is_id(std::string_view id) {
  const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !id.empty() && id.size() <= 64 && id[0] >= 'a' && id[0] <= 'z' && std::all_of(id.begin(), id.end(), inner);
}

bool is_version(std::string_view version) {
  return !version.empty() && version.size() <= 64 &&
         std::all_of(version.begin(), version.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool others_may_write(const fs::path& path) {
  return (fs::status(path).permissions() & (fs::perms::group_write | fs::perms::others_write)) != fs::perms::none;
}

// The dynamic linker's own words out of the exception's: without the call that failed and the path.
std::string linker_message(std::string text, const fs::path& file) {
  const std::string_view begin = "dlerror system message: ";
  if (const std::size_t at = text.find(begin); at != text.npos) text = text.substr(at + begin.size());
  if (const std::size_t at = text.rfind("): "); at != text.npos) text.resize(at);
  if (const std::string path = file.string() + ": "; text.starts_with(path)) text = text.substr(path.size());
  const std::string_view undefined = "undefined symbol: ";
  if (const std::size_t at = text.find(undefined); at != text.npos) {
    const std::string symbol = text.substr(at + undefined.size());
    text.replace(at + undefined.size(), symbol.npos, boost::core::demangle(symbol.c_str()));
  }
  return text;
}

// Loads the file for the rest of the process's life: objects of its classes may live anywhere.
const boost::dll::shared_library& open_forever(const fs::path& file) {
  static auto& handles = *new std::vector<std::unique_ptr<boost::dll::shared_library>>;
  try {
    // The throwing constructor: only it says what the dynamic linker said.
    handles.push_back(std::make_unique<boost::dll::shared_library>(file, boost::dll::load_mode::rtld_now));
  } catch (const std::exception& error) {
    refuse(fmt::format("cannot be loaded: {}", linker_message(error.what(), file)));
  }
  return *handles.back();
}

// The file to load, after its place and permissions have been found good.
fs::path trusted(const fs::path& file, const fs::path& directory) {
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  if (error) refuse(fmt::format("cannot be read: {}", error.message()));
  if (target.parent_path() != directory) refuse(fmt::format("leads out of its directory, to '{}'", target.string()));
  if (!fs::is_regular_file(target)) refuse("is no regular file");
  if (others_may_write(target))
    refuse(fmt::format("is writable by its group or by everyone, who could replace its code: chmod go-w '{}'",
                       target.string()));
  return target;
}

// Constructors run once a process, so a file that was found to change the floating-point mode must be remembered.
void check_floating_point(const FloatingPointMode& mode, const fs::path& file) {
  static auto& culprits = *new std::set<fs::path>;
  if (mode.changed()) culprits.insert(file);
  if (culprits.contains(file))
    refuse(
        "was linked with -ffast-math: loading it switches the processor to flushing small numbers to zero, which would "
        "change results everywhere; link it without -ffast-math, -Ofast and -funsafe-math-optimizations");
}

Loaded load(Registry& registry, const fs::path& file, const std::vector<Loaded>& before) {
  const std::string bytes = read_bytes(file);
  const std::string abi(find_abi_line(bytes));
  if (abi.empty()) refuse("is no Kullback plugin: it has no ABI line");
  if (const std::string difference = abi_difference(abi, KULLBACK_ABI_LINE); !difference.empty())
    refuse(
        fmt::format("does not fit this build of Kullback: {}; build it again against this installation", difference));
  if (const std::string fault = elf_fault(bytes); !fault.empty()) refuse(fmt::format("cannot be loaded: {}", fault));

  const FloatingPointMode mode;
  const boost::dll::shared_library& library = open_forever(file);
  check_floating_point(mode, file);
  if (!library.has(kSymbol))
    refuse(
        fmt::format("does not export the symbol {}: write KULLBACK_PLUGIN(\"id\", \"version\") once in it", kSymbol));
  const auto& entry = library.get<const PluginEntry>(kSymbol);
  if (!entry.abi || !entry.id || !entry.version || !entry.fill)
    refuse(fmt::format("has an incomplete {}: an entry is null", kSymbol));
  if (entry.abi != abi) refuse(fmt::format("has another ABI line in its {} than in the file", kSymbol));
  if (!is_id(entry.id))
    refuse(
        fmt::format("has the id '{}': an id is lower-case letters, digits and '_', begins with a letter and has at "
                    "most 64 characters",
                    entry.id));
  if (!is_version(entry.version)) refuse(fmt::format("has a version that is empty, too long or not printable"));
  for (const Loaded& other : before)
    if (other.id == entry.id)
      refuse(fmt::format("has the id '{}', which is already taken by '{}'", entry.id, other.file.string()));
  try {
    registry.fill(entry.id, entry.fill);
  } catch (const PluginError& error) {
    refuse(fmt::format("cannot be registered: {}", error.what()));
  }
  return {entry.id, entry.version, abi, file, config::sha256_file(file.string())};
}

// The *.so files of a directory that may be trusted, by name.
std::vector<fs::path> candidates(const fs::path& directory) {
  if (!directory.is_absolute()) refuse("is not an absolute path");
  std::error_code error;
  if (!fs::is_directory(directory, error))
    refuse(error ? fmt::format("cannot be read: {}", error.message()) : "is no directory");
  if (others_may_write(directory))
    refuse(fmt::format("is writable by its group or by everyone, who could put code into it: chmod go-w '{}'",
                       directory.string()));
  std::vector<fs::path> out;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error))
    if (entry.path().extension() == ".so") out.push_back(entry.path());
  if (error) refuse(fmt::format("cannot be read: {}", error.message()));
  std::sort(out.begin(), out.end());
  return out;
}

// Where the library that holds this code was loaded from.
fs::path library_directory() {
  static const char kHere = 0;
  Dl_info info;
  if (!dladdr(&kHere, &info) || !info.dli_fname) return {};
  std::error_code error;
  return fs::canonical(info.dli_fname, error).parent_path();
}

}  // namespace

std::vector<fs::path> plugin_directories(const std::vector<std::string>& given) {
  std::vector<fs::path> out;
  const auto add = [&](const fs::path& directory) {
    std::error_code error;
    const fs::path canonical = directory.is_absolute() ? fs::canonical(directory, error) : fs::path();
    const fs::path& path = canonical.empty() ? directory : canonical;
    if (std::find(out.begin(), out.end(), path) == out.end()) out.push_back(path);
  };
  for (const std::string& directory : given) {
    if (!fs::path(directory).is_absolute())
      refuse(fmt::format("plugin directory '{}' is not an absolute path", directory));
    add(directory);
  }
  // A process with raised privileges takes no code from its caller's environment.
  const char* variable = secure_getenv("KULLBACK_PLUGIN_PATH");
  std::string_view rest = variable ? variable : "";
  while (!rest.empty()) {
    const std::size_t stop = std::min(rest.find(':'), rest.size());
    if (stop > 0) add(fs::path(rest.substr(0, stop)));
    rest.remove_prefix(std::min(stop + 1, rest.size()));
  }
  std::error_code error;
  if (const fs::path installed = library_directory() / "kullback" / "plugins"; fs::is_directory(installed, error))
    add(installed);
  return out;
}

LoadResult load_plugins(Registry& registry, const std::vector<fs::path>& directories) {
  LoadResult out;
  for (const fs::path& directory : directories) {
    std::vector<fs::path> files;
    fs::path canonical = directory;
    try {
      files = candidates(directory);
      canonical = fs::canonical(directory);
    } catch (const std::exception& error) {
      out.refused.push_back({directory, fmt::format("plugin directory '{}' {}", directory.string(), error.what())});
      continue;
    }
    for (const fs::path& name : files) {
      const fs::path file = canonical / name.filename();
      const FloatingPointMode restored_here;
      try {
        out.loaded.push_back(load(registry, trusted(file, canonical), out.loaded));
      } catch (const std::exception& error) {
        out.refused.push_back({file, fmt::format("plugin '{}' {}", file.string(), error.what())});
      }
    }
  }
  return out;
}

}  // namespace kullback::plugin
