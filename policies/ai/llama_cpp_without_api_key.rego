# METADATA
# title: llama.cpp answers without an API key
# description: Whoever reaches the pod has the model compute, and reads what it is told.
# custom:
#   id: KG8113
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0040, MITRE ATLAS AML.T0034, CWE-306]
package kubeguard.ai.llama_cpp_without_api_key

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": server.path} if {
	some server in servers.reachable("llama.cpp")
	_open(server)
	not servers.on_loopback(server, {"--host"})
	not servers.keyed(server, {"--api-key", "--api-key-file"}, _variables)
	msg := sprintf("%s serves llama.cpp without an API key", [pods.called(server.container)])
}

_variables := {"LLAMA_API_KEY", "LLAMA_ARG_API_KEY_FILE", "API_KEY"}

# The program listens on the loopback interface until it is told otherwise; its image tells it.
_open(server) if count(commands.options(server.line, {"--host"})) > 0

_open(server) if env.has(server.container, {"LLAMA_ARG_HOST", "HOST"})

_open(server) if server.path[count(server.path) - 1] == "image"
