# METADATA
# title: Ollama serves everybody who reaches it
# description: Ollama has no login; whoever reaches it runs, replaces and deletes models.
# custom:
#   id: KG8114
#   severity: low
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0040, MITRE ATLAS AML.T0034, CWE-306]
package kubeguard.ai.open_ollama

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": server.path} if {
	some server in servers.reachable("Ollama")
	not _inside(server.container)
	msg := sprintf("%s serves Ollama, which asks nobody who they are", [
		pods.called(server.container),
	])
}

_inside(container) if servers.loopback(env.values(container).OLLAMA_HOST)
