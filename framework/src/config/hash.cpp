#include "config/data.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace kullback::config {

std::string sha256_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  const auto refuse = [&](int error) {
    throw ConfigError(fmt::format("error: cannot read {}: {}", cited(path), std::generic_category().message(error)));
  };
  if (!file) refuse(errno);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::vector<unsigned char> buffer(std::size_t{1} << 16);
  while (good) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (count == 0) break;
    good = EVP_DigestUpdate(context.get(), buffer.data(), count) == 1;
  }
  if (std::ferror(file.get()) != 0) refuse(errno);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  good = good && EVP_DigestFinal_ex(context.get(), digest, &length) == 1;
  if (!good) throw ConfigError(fmt::format("error: SHA-256 of {} cannot be computed", cited(path)));
  std::string result;
  for (unsigned i = 0; i < length; ++i) result += fmt::format("{:02x}", digest[i]);
  return result;
}

}  // namespace kullback::config
