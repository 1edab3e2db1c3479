#include "config/access_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/host_name.h"
#include "base/ip_network.h"
#include "base/listen_address.h"
#include "config/key_table.h"
#include "config/masked_text.h"
#include "config/name_text.h"

namespace llmsnap {
namespace {

/// A longer one is never accepted from a client.
constexpr std::size_t MostKeyBytes = 4096;

Result<void> read_key_text(const Field& field, ApiKey& out) {
  if (auto done = field.read(out.key); !done) {
    return done;
  }
  if (out.key.empty()) {
    return field.error("empty api key found in apiKeys");
  }
  if (out.key == Masked) {
    return field.error(MaskIsNoKey);
  }
  if (out.key.size() > MostKeyBytes) {
    return field.error(fmt::format("api key is longer than {} bytes", MostKeyBytes));
  }
  if (out.key.find(' ') != std::string::npos) {
    return field.error("api key cannot contain spaces");
  }
  return has_control_byte(out.key) ? field.error("api key cannot contain control characters")
                                   : Result<void>();
}

Result<void> read_sha256(const Field& field, ApiKey& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  if (text == Masked) {
    return field.error(MaskIsNoKey);
  }
  if (text.size() != 64 || !std::all_of(text.begin(), text.end(), is_hex_digit)) {
    return field.error("expected the SHA-256 of a key: 64 hexadecimal digits");
  }
  out.sha256 = ascii::lower_case(text);
  return {};
}

struct NamedRole {
  std::string_view name;
  bool KeyRoles::*role;
};

constexpr std::array<NamedRole, 3> Roles{
    {{"infer", &KeyRoles::infer}, {"operate", &KeyRoles::operate}, {"admin", &KeyRoles::admin}}};

Result<void> read_roles(const Field& field, ApiKey& out) {
  std::vector<std::string> names;
  if (auto done = field.read(names); !done) {
    return done;
  }
  if (names.empty()) {
    return field.error("a key without roles opens nothing; expected some of infer, operate, admin");
  }
  const std::vector<Field> places = field.texts();
  AllDone done(field.diagnostics());
  KeyRoles roles{.infer = false, .operate = false, .admin = false};
  for (std::size_t index = 0; index < names.size(); ++index) {
    const auto* found = std::find_if(Roles.begin(), Roles.end(), [&](const NamedRole& role) {
      return role.name == names[index];
    });
    if (found == Roles.end()) {
      done.add(places[index].error("unknown role; expected infer, operate or admin"));
    } else {
      roles.*found->role = true;
    }
  }
  out.roles = roles;
  return done.result();
}

constexpr std::array<KeyRule<ApiKey>, 4> ApiKeyRules{{
    {"name", [](const Field& f, ApiKey& k) { return f.read(k.name); }},
    {"key", read_key_text},
    {"sha256", read_sha256},
    {"roles", read_roles},
}};

Result<void> read_api_key(const Field& field, ApiKey& out) {
  if (!field.is_mapping()) {
    return field.is_null() ? field.error("empty api key found in apiKeys")
                           : read_key_text(field, out);
  }
  // What was meant to bound a key must not be passed over.
  if (auto done = read_section<ApiKey>(field, ApiKeyRules, out, Unknown::Refused); !done) {
    return done;
  }
  // `roles:` without a value must not mean all of them.
  AllDone done(field.diagnostics());
  for (const YamlMember& member : field.node().members) {
    if (const Field part = field.key(member); part.is_null()) {
      done.add(part.error("no value is given"));
    }
  }
  if (auto all_given = done.result(); !all_given) {
    return all_given;
  }
  if (!out.key.empty() && !out.sha256.empty()) {
    return field.error("both key and sha256 are given: one of them says it");
  }
  return out.key.empty() && out.sha256.empty() ? field.error("empty api key found in apiKeys")
                                               : Result<void>();
}

bool is_host_name(std::string_view text) {
  return text == "*" || parse_ip(text).has_value() ||
         (!text.empty() && std::all_of(text.begin(), text.end(), is_host_name_character));
}

// Reads a list, or one value, of texts, each of which `check` turns into an error or accepts.
template <typename Check>
Result<void> read_checked(const Field& field, std::vector<std::string>& out, Check check) {
  std::vector<std::string> texts;
  if (auto done = field.read(texts); !done) {
    return done;
  }
  const std::vector<Field> places = field.texts();
  AllDone done(field.diagnostics());
  for (std::size_t index = 0; index < texts.size(); ++index) {
    if (const std::string why = check(texts[index]); !why.empty()) {
      done.add(places[index].error(why));
    }
  }
  out = std::move(texts);
  return done.result();
}

Result<void> read_cors(const Field& field, Config&) {
  field.warn(
      "no effect in this version: pages of every origin may call the inference and listing routes, "
      "pages of another origin no others");
  return {};
}

constexpr std::array<KeyRule<Config>, 1> SecurityRules{{{"cors", read_cors}}};

}  // namespace

Result<void> read_server_key(const Field& field, std::string& out) {
  auto done = field.read(out);
  if (done && out == Masked) {
    return field.error(MaskIsNoKey);
  }
  // It becomes the value of a header field. Without its text: it is a secret.
  return done && has_control_byte(out) ? field.error("an api key cannot hold control characters")
                                       : done;
}

Result<void> read_api_keys(const Field& field, Config& out) {
  if (auto list = field.expect_list(); !list) {
    return list;
  }
  AllDone done(field.diagnostics());
  for (std::size_t index = 0; index < field.node().items.size(); ++index) {
    ApiKey key;
    if (auto read = read_api_key(field.item(index), key); !read) {
      done.add(std::move(read));
      continue;
    }
    if (key.name.empty()) {
      key.name = fmt::format("key {}", index + 1);
    }
    const bool is_repeated =
        std::any_of(out.api_keys.begin(), out.api_keys.end(),
                    [&key](const ApiKey& k) { return k.key == key.key && k.sha256 == key.sha256; });
    if (is_repeated) {
      field.item(index).warn("repeats an earlier key, which is the one that counts");
      continue;
    }
    out.api_keys.push_back(std::move(key));
  }
  return done.result();
}

Result<void> read_allowed_hosts(const Field& field, Config& out) {
  return read_checked(field, out.allowed_hosts, [](std::string& host) -> std::string {
    host = ascii::lower_case(host);
    if (host.size() > 2 && host.starts_with('[') && host.ends_with(']')) {
      host = host.substr(1, host.size() - 2);
    }
    return is_host_name(host) ? "" : "expected a host name without scheme and port, or \"*\"";
  });
}

Result<void> read_trusted_proxies(const Field& field, Config& out) {
  return read_checked(field, out.trusted_proxies, [](const std::string& text) -> std::string {
    const auto network = parse_ip_network(text);
    return network ? "" : network.error().message;
  });
}

Result<void> read_security(const Field& section, Config& out) {
  return read_section<Config>(section, SecurityRules, out);
}

Result<void> read_listen(const Field& field, Config& out) {
  return read_checked(field, out.listen, [](const std::string& text) -> std::string {
    const auto address = parse_listen(text);
    return address ? "" : address.error().message;
  });
}

}  // namespace llmsnap
