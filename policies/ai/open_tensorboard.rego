# METADATA
# title: TensorBoard is open to everybody who reaches it
# description: TensorBoard has no login and shows what it finds below its log directory.
# custom:
#   id: KG8120
#   severity: low
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0035, CWE-306]
package kubeguard.ai.open_tensorboard

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": option.path} if {
	some server in servers.reachable("TensorBoard")
	some option in commands.options(server.line, {"--bind-all", "--host"})
	_open(option)
	msg := sprintf("%s serves TensorBoard, which has no login, on all addresses", [
		pods.called(server.container),
	])
}

_open(option) if {
	option.name == "--bind-all"
	not env.falsy(option.value)
}

_open(option) if {
	option.name == "--host"
	not servers.loopback(option.value)
}
