#include "config/limits_section.h"

#include <fmt/format.h>

#include <array>

#include "config/key_table.h"

namespace llmsnap {
namespace {

constexpr std::int64_t MaxConnections = 10'000'000;
constexpr std::int64_t MaxFields = 10'000;
constexpr std::uint64_t MinHead = 1024;
constexpr std::uint64_t MaxHead = 16ULL << 20;

Result<void> read_count(const Field& field, std::size_t& out, std::int64_t max) {
  std::int64_t count = 0;
  auto done = field.read_integer(count, {1, max});
  if (done) {
    out = static_cast<std::size_t>(count);
  }
  return done;
}

// A head is held in memory for each connection, so its bounds are tight.
Result<void> read_head_size(const Field& field, std::size_t& out, std::uint64_t min) {
  std::uint64_t size = 0;
  auto done = field.read_size(size, min);
  if (done && size > MaxHead) {
    return field.error("expected at most 16MiB");
  }
  if (done) {
    out = static_cast<std::size_t>(size);
  }
  return done;
}

constexpr std::array<KeyRule<Limits>, 13> LimitRules{{
    {"connections",
     [](const Field& f, Limits& l) { return read_count(f, l.connections, MaxConnections); }},
    {"head", [](const Field& f, Limits& l) { return read_head_size(f, l.head, MinHead); }},
    {"target", [](const Field& f, Limits& l) { return read_head_size(f, l.target, 64); }},
    {"fields", [](const Field& f, Limits& l) { return read_count(f, l.fields, MaxFields); }},
    {"jsonBody", [](const Field& f, Limits& l) { return f.read_size(l.json_body, 1); }},
    {"uploadBody", [](const Field& f, Limits& l) { return f.read_size(l.upload_body, 1); }},
    {"bodiesInFlight",
     [](const Field& f, Limits& l) { return f.read_size(l.bodies_in_flight, 1); }},
    {"spool", [](const Field& f, Limits& l) { return f.read_size(l.spool, 0); }},
    {"headTimeout", [](const Field& f, Limits& l) { return f.read(l.head_timeout); }},
    {"bodyIdle", [](const Field& f, Limits& l) { return f.read(l.body_idle); }},
    {"bodyTotal", [](const Field& f, Limits& l) { return f.read(l.body_total); }},
    {"keepAlive", [](const Field& f, Limits& l) { return f.read(l.keep_alive); }},
    {"writeIdle", [](const Field& f, Limits& l) { return f.read(l.write_idle); }},
}};

}  // namespace

Result<void> read_limits(const Field& section, Config& out) {
  if (auto done = read_section<Limits>(section, LimitRules, out.limits); !done) {
    return done;
  }
  if (out.limits.target > out.limits.head) {
    return section.error(fmt::format(
        "target ({} bytes) is larger than head ({} bytes), of which it is a part: set both",
        out.limits.target, out.limits.head));
  }
  if (out.limits.json_body > out.limits.bodies_in_flight) {
    return section.error(fmt::format(
        "jsonBody ({} bytes) is larger than bodiesInFlight ({} bytes), in which it must fit: set "
        "both",
        out.limits.json_body, out.limits.bodies_in_flight));
  }
  return {};
}

}  // namespace llmsnap
