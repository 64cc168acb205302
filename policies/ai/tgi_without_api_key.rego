# METADATA
# title: Text Generation Inference answers without an API key
# description: Whoever reaches the pod has the model compute, and reads what it is told.
# custom:
#   id: KG8112
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0040, MITRE ATLAS AML.T0034, CWE-306]
package kubeguard.ai.tgi_without_api_key

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": server.path} if {
	some product in ["Text Generation Inference", "Text Embeddings Inference"]
	some server in servers.reachable(product)
	not servers.on_loopback(server, {"--hostname"})
	not servers.keyed(server, {"--api-key"}, {"API_KEY"})
	msg := sprintf("%s serves %s without an API key", [pods.called(server.container), product])
}
