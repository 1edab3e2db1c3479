// Texts as servers send them with a Content-Encoding.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap::test {

std::string gzip_coded(std::string_view text);
/// `deflate` as RFC 9110 has it: in zlib's frame.
std::string zlib_coded(std::string_view text);
/// `deflate` as many servers have it.
std::string raw_deflate_coded(std::string_view text);
std::string brotli_coded(std::string_view text, int window_bits = 22);
std::string zstd_coded(std::string_view text, int window_bits = 20);

}  // namespace llmsnap::test
