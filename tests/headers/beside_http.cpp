// An application that has both the server and its own cpp-httplib.
#include <llmsnap/http_server.h>
#include <llmsnap/httplib.h>

void mount_it(httplib::Server& server, llmsnap::Gateway& gateway) {
  llmsnap::mount(server, gateway, "/llm");
}
