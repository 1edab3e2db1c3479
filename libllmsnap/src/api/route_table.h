// The route table: every path we answer, with its methods, role, body kind and handler. There is no
// other list. Thread rule: constant data; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/cors.h"
#include "api/stream_dialect.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

struct Call;

/// Get serves HEAD too. Any is what a model's server may be asked: every method but OPTIONS, which
/// is a preflight everywhere, and CONNECT and TRACE, which mean the connection.
enum class Methods : std::uint8_t { Get, Post, Put, Any };

/// Exact: the path and nothing else. Prefix: the path, which ends in a slash, and at least one
/// character. Subtree: the same, and the path itself.
enum class Match : std::uint8_t { Exact, Prefix, Subtree };

/// What a key must allow; Open needs none.
enum class Role : std::uint8_t { Open, Infer, Operate, Admin };

/// "open", "infer", ...
std::string_view name_of(Role role);

/// How a body is read before the handler runs. None: it is not read.
enum class BodyKind : std::uint8_t { None, Json, Spooled };

using Handler = Result<Answer> (*)(Call& call);

struct Route {
  std::string_view path;
  Match match;
  Methods methods;
  Role role;
  BodyKind body;
  CrossOrigin cross_origin;
  Handler handler;
  StreamDialect dialect = StreamDialect::None;
  std::string_view stripped = {};  ///< start of the path that is not sent upstream
  std::string_view ending = {};    ///< of a Prefix: how the path must end, too

  /// What a path of this route has behind the route's own, without the ending.
  std::string_view rest_of(std::string_view whole) const {
    return whole.substr(path.size(), whole.size() - path.size() - ending.size());
  }
};

/// All routes, sorted by path.
std::span<const Route> routes();

struct RouteMatch {
  const Route* route = nullptr;  ///< null: nothing here answers this method
  const Route* same_path =
      nullptr;  ///< a route with that path, whatever its methods; null: no such path
};

/// Compares the path as it was received, escapes kept.
RouteMatch find_route(std::string_view method, std::string_view path);

/// What GET /metrics is without a model in its query: the gateway's own.
const Route& own_metrics_route();

/// For an Upgrade on any path, whose query names a model.
const Route& upgrade_route();

/// For a POST to a path that is not there, whose JSON body may name a model.
const Route& unlisted_route();

/// The value of Allow for a path that find_route knows.
std::string allowed_methods(std::string_view path);

}  // namespace llmsnap::api
