// The schema of the config file, and a check of documents against the part of JSON Schema that it
// uses. Thread rule: used by tests, one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace llmsnap {

/// libllmsnap/config.schema.json.
const nlohmann::json& config_schema();

/// Why the value does not fit the schema (a part of config_schema()), with its place; empty = it
/// fits. A keyword that the check does not know is a complaint too.
std::string schema_complaint(const nlohmann::json& schema, const nlohmann::json& value,
                             const std::string& place = {});

/// The same of a YAML document with macros and environment variables left in it, as editors see it.
/// What is no YAML without them gives no complaint.
std::string schema_complaint(std::string_view yaml);

}  // namespace llmsnap
