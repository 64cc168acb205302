# METADATA
# title: Model server listens on the node's address
# description: A host port or the node's network puts the server where no network policy is before it.
# custom:
#   id: KG8124
#   severity: medium
#   frameworks: [OWASP AISVS C4, MITRE ATLAS AML.T0049, NSA-CISA network separation and hardening]
package kubeguard.ai.model_server_on_host_port

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": array.concat(port.path, ["hostPort"])} if {
	some server in servers.found
	some port in pods.ports(server.container)
	port.host != 0
	msg := sprintf("%s serves %s on port %v of the node", [
		pods.called(server.container),
		server.product,
		port.host,
	])
}

deny contains {"msg": msg, "path": array.concat(server.container.pod.path, ["hostNetwork"])} if {
	some server in servers.found
	server.container.pod.spec.hostNetwork == true
	not servers.on_loopback(server, _addresses)
	msg := sprintf("%s serves %s on the addresses of the node", [
		pods.called(server.container),
		server.product,
	])
}

_addresses := {"--host", "--hostname", "--ip", "--ServerApp.ip", "--http-address"}
