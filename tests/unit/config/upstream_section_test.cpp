#include <string>

#include "catch.h"
#include "config/path_patterns.h"
#include "config_text.h"

namespace llmsnap {

TEST_CASE("without ignorePaths the files of a page are ignored", "[config][X2]") {
  const std::string text = GENERATE("{}\n", "upstream: {}\n", "upstream:\n",
                                    "upstream: {ignorePaths: }\n", "upstream: {ignorePaths: []}\n");
  const Config config = config_of(text);
  CHECK(config.ignore_paths.empty());
  const PathPatterns patterns({std::string(FilesOfPages)});
  for (const char* path : {"/app.js", "/a/b.json", "/style.css", "/x.png", "/x.gif", "/x.jpg",
                           "/x.jpeg", "/favicon.ico", "/robots.txt", "/a b.js"}) {
    INFO(path);
    CHECK(patterns.match(path));
  }
  for (const char* path : {"/", "/v1/chat/completions", "/v1/models", "/health", "/js", "/x.jsx",
                           "/x.js/", "/x.JS", "/json"}) {
    INFO(path);
    CHECK_FALSE(patterns.match(path));
  }
}

TEST_CASE("ignorePaths replaces the default", "[config][X2]") {
  const Config config = config_of("upstream:\n  ignorePaths:\n    - ^/ws$\n    - \\.map$\n");
  CHECK(config.warnings.empty());
  CHECK(config.ignore_paths == std::vector<std::string>{"^/ws$", "\\.map$"});
  const PathPatterns patterns(config.ignore_paths);
  CHECK(patterns.match("/ws"));
  CHECK(patterns.match("/app.js.map"));
  CHECK_FALSE(patterns.match("/ws/1"));
  CHECK_FALSE(patterns.match("/app.js"));
  CHECK(config_of("upstream: {ignorePaths: ^/ws$}\n").ignore_paths ==
        std::vector<std::string>{"^/ws$"});
  CHECK(config_of("macros: {dir: static}\nupstream: {ignorePaths: ['^/${dir}/']}\n").ignore_paths ==
        std::vector<std::string>{"^/static/"});
}

TEST_CASE("what is no regular expression is an error with line and key", "[config][X2]") {
  CHECK(
      contains(error_of("upstream:\n  ignorePaths:\n    - \\.js$\n    - '(a'\n"),
               "c.yaml:4: upstream.ignorePaths[1]: invalid regular expression \"(a\": missing )"));
  CHECK(contains(error_of("upstream: {ignorePaths: '*'}\n"),
                 "c.yaml:1: upstream.ignorePaths: invalid regular expression"));
  CHECK(contains(error_of("upstream: {ignorePaths: ['(?=a)']}\n"), "invalid regular expression"));
  CHECK(contains(error_of("upstream: {ignorePaths: {a: b}}\n"), "upstream.ignorePaths"));
  CHECK(contains(error_of("upstream: 1\n"), "c.yaml:1: upstream: expected a mapping"));
}

TEST_CASE("a path that repeats takes no longer for a pattern that does", "[config]") {
  const PathPatterns patterns({"^/(a+)+$", "(", "(.*)*x$"});
  CHECK_FALSE(patterns.match("/" + std::string(8 * 1024, 'a') + "b"));
  CHECK(patterns.match("/" + std::string(8 * 1024, 'a')));
}

}  // namespace llmsnap
