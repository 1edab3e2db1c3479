#include "api/route_text.h"

#include <array>

namespace llmsnap::api {
namespace {

constexpr std::string_view Json = "application/json";
constexpr std::string_view Text = "text/plain";
constexpr std::string_view Page = "text/html";
constexpr std::string_view Events = "text/event-stream";
constexpr std::string_view JsonOrEvents = "application/json text/event-stream";
constexpr std::string_view Anything = "*/*";
constexpr std::string_view None = "";

constexpr std::string_view Filters = "model start end min_id max_id limit page sort order";

constexpr auto Get = Methods::Get;
constexpr auto Post = Methods::Post;
constexpr auto Put = Methods::Put;
constexpr auto Any = Methods::Any;

// One line a route, as in the route table.
constexpr auto Texts = std::to_array<RouteText>({
    {"/", Get, "pages", "Leads to the UI", None, 302},
    {"/ui", Get, "pages", "Leads to the UI", None, 301},
    {"/ui/", Get, "pages", "The UI", Page, 200, "", "path"},
    {"/ui/sign-in", Get, "pages", "Asks a browser for the key", None, 302},
    {"/favicon.ico", Get, "pages", "No icon", None, 204},
    {"/upstream", Get, "pages", "Leads to the UI", None, 302},
    {"/health", Get, "gateway", "OK while the gateway runs", Text},
    {"/wol-health", Get, "gateway", "OK while the gateway runs", Text},
    {"/api/version", Get, "gateway", "Version, commit and build date"},
    {"/api/openapi.json", Get, "gateway", "This document"},

    {"/v1/models", Get, "models", "The models", Json, 200, "reload"},
    {"/models", Get, "models", "The models", Json, 200, "reload"},
    {"/v1/models/", Get, "models", "One model"},
    {"/running", Get, "models", "The models that have a process"},
    {"/models/load", Post, "models", "Loads a model, without waiting for it"},
    {"/models/unload", Post, "models", "Unloads a model"},
    {"/models/sse", Get, "models", "Changes of the models' states", Events},
    {"/unload", Get, "models", "Unloads all models", Text},
    {"/api/models/unload", Post, "models", "Unloads all models"},
    {"/api/models/unload/", Post, "models", "Unloads a model", Text},
    {"/api/models/load/", Post, "models", "Loads a model and waits until it is ready"},
    {"/api/models/sleep/", Post, "models", "Puts a model to sleep"},
    {"/api/models/wake/", Post, "models", "Wakes or loads a model and waits until it is ready"},
    {"/api/scheduler/decisions", Get, "models", "Changes of states with their reasons"},

    {"/api/metrics", Get, "activity", "The newest requests, as llmsnap tells them"},
    {"/api/metrics/activity", Get, "activity", "Requests, page by page", Json, 200, Filters},
    {"/api/metrics/stats", Get, "activity", "Totals and distributions of speeds", Json, 200,
     "model"},
    {"/api/metrics/activity/export", Get, "activity", "Requests as a table or a list",
     "text/csv application/json", 200, "format model start end min_id max_id"},
    {"/api/captures/", Get, "activity", "A request and its answer, as they went by", Json, 200, "",
     "id"},
    {"/api/captures/", Post, "activity", "Sends a captured request again", Json, 200, "", "id"},
    {"/api/performance", Get, "machine", "How the machine stood in the last hour", Json, 200,
     "after"},
    {"/api/hardware", Get, "machine", "What the machine is"},
    {"/api/events", Get, "activity", "What happens, as it happens", Events},
    {"/api/inflight", Get, "activity", "The requests in work"},
    {"/api/inflight/", Post, "activity", "Cancels a request in work", Json, 200, "", "id"},

    {"/api/profiles", Get, "config", "The profiles"},
    {"/api/profiles/active", Put, "config", "Activates a profile, or none"},
    {"/api/config", Get, "config", "The config in force, secrets masked"},
    {"/api/config/reload", Post, "config", "Reads the config anew"},

    {"/logs", Get, "logs", "What was printed last", Text, 200, "filter level"},
    {"/logs/stream", Get, "logs", "What is printed", Text, 200, "no-history filter level"},
    {"/logs/stream/", Get, "logs", "What one prints: proxy, upstream or a model", Text, 200,
     "no-history filter level", "log"},

    {"/v1/chat/completions", Post, "inference", "Chat completion", JsonOrEvents, 200, "autoload"},
    {"/v1/responses", Post, "inference", "Response", JsonOrEvents, 200, "autoload"},
    {"/v1/completions", Post, "inference", "Completion", JsonOrEvents, 200, "autoload"},
    {"/v1/messages", Post, "inference", "Message", JsonOrEvents, 200, "autoload"},
    {"/v1/messages/count_tokens", Post, "inference", "Count of tokens", Json, 200, "autoload"},
    {"/v1/embeddings", Post, "inference", "Embeddings", Json, 200, "autoload"},
    {"/v1/rerank", Post, "inference", "Reranking", Json, 200, "autoload"},
    {"/v1/reranking", Post, "inference", "Reranking", Json, 200, "autoload"},
    {"/rerank", Post, "inference", "Reranking", Json, 200, "autoload"},
    {"/reranking", Post, "inference", "Reranking", Json, 200, "autoload"},
    {"/infill", Post, "inference", "Infill", JsonOrEvents, 200, "autoload"},
    {"/completion", Post, "inference", "llama.cpp's completion", JsonOrEvents, 200, "autoload"},
    {"/v1/audio/transcriptions", Post, "inference", "Transcription", Anything, 200, "autoload"},
    {"/v1/images/edits", Post, "inference", "Edited images", JsonOrEvents, 200, "autoload"},
    {"/v1/audio/speech", Post, "inference", "Speech", Anything, 200, "autoload"},
    {"/v1/audio/voices", Post, "inference", "Voices", Json, 200, "autoload"},
    {"/v1/images/generations", Post, "inference", "Images", JsonOrEvents, 200, "autoload"},
    {"/sdapi/v1/txt2img", Post, "inference", "Image of a text", Json, 200, "autoload"},
    {"/sdapi/v1/img2img", Post, "inference", "Image of an image", Json, 200, "autoload"},
    {"/audioapi/v1/tasks/run", Post, "inference", "Audio task", Anything, 200, "autoload"},
    {"/v/chat/completions", Post, "inference", "Chat completion, without /v1", JsonOrEvents},
    {"/v/responses", Post, "inference", "Response, without /v1", JsonOrEvents},
    {"/v/completions", Post, "inference", "Completion, without /v1", JsonOrEvents},
    {"/v/messages", Post, "inference", "Message, without /v1", JsonOrEvents},
    {"/v/messages/count_tokens", Post, "inference", "Count of tokens, without /v1"},
    {"/v/embeddings", Post, "inference", "Embeddings, without /v1"},
    {"/v/rerank", Post, "inference", "Reranking, without /v1"},
    {"/v/reranking", Post, "inference", "Reranking, without /v1"},

    {"/v1/audio/voices", Get, "servers", "Voices of a model", Anything, 200, "model! autoload"},
    {"/sdapi/v1/loras", Get, "servers", "LoRAs of a model", Anything, 200, "model! autoload"},
    {"/props", Get, "servers", "Properties of a model, or of the gateway", Anything, 200,
     "model autoload"},
    {"/slots", Get, "servers", "Slots of a model", Anything, 200, "model! autoload"},
    {"/metrics", Get, "servers", "Metrics of the gateway, or of a model", Anything, 200,
     "model autoload"},
    {"/lora-adapters", Get, "servers", "Adapters of a model", Anything, 200, "model! autoload"},
    {"/props", Post, "servers", "Sets properties of a model", Anything, 200, "autoload"},
    {"/slots", Post, "servers", "Sets slots of a model", Anything, 200, "autoload"},
    {"/lora-adapters", Post, "servers", "Sets adapters of a model", Anything, 200, "autoload"},
    {"/upstream/", Any, "servers", "What else a model's server has", Anything, 200, "", "path"},
    {"/comfyui", Any, "servers", "Leads to ComfyUI", None, 301},
    {"/comfyui/", Any, "servers", "ComfyUI", Anything, 200, "", "path"},
});

}  // namespace

std::span<const RouteText> route_texts() {
  return Texts;
}

}  // namespace llmsnap::api
