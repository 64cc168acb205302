# METADATA
# title: vLLM or SGLang answers without an API key
# description: Whoever reaches the pod has the model compute, and reads what it is told.
# related_resources:
#   - ref: https://docs.vllm.ai/en/latest/usage/security.html
#     description: Security in vLLM
# custom:
#   id: KG8111
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0040, MITRE ATLAS AML.T0034, CWE-306]
package kubeguard.ai.vllm_without_api_key

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": server.path} if {
	some server in servers.reachable("vLLM")
	not servers.on_loopback(server, {"--host"})
	not _elsewhere(server)
	not servers.keyed(server, {"--api-key"}, {"VLLM_API_KEY"})
	msg := sprintf("%s serves vLLM without an API key", [pods.called(server.container)])
}

# SGLang listens on the loopback interface until it is told otherwise.
deny contains {"msg": msg, "path": server.path} if {
	some server in servers.reachable("SGLang")
	_open(server)
	not _elsewhere(server)
	not servers.keyed(server, {"--api-key"}, set())
	msg := sprintf("%s serves SGLang without an API key", [pods.called(server.container)])
}

_open(server) if {
	some option in commands.options(server.line, {"--host"})
	not servers.loopback(option.value)
}

# A file has the options, a socket takes the requests, or this node of several takes none.
_elsewhere(server) if count(commands.options(server.line, {"--config", "--uds", "--headless"})) > 0

_elsewhere(server) if {
	some option in commands.options(server.line, {"--node-rank"})
	not option.value == "0"
}
