# METADATA
# title: Anybody may load models into Triton
# description: With explicit model control, whoever reaches the server loads a model, and so code.
# related_resources:
#   - ref: https://github.com/triton-inference-server/server/blob/main/docs/customization_guide/deploy.md
#     description: Secure deployment considerations
# custom:
#   id: KG8116
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0049, CWE-306]
package kubeguard.ai.open_triton_model_control

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": mode.value_path} if {
	some server in servers.reachable("Triton")
	some mode in commands.options(server.line, {"--model-control-mode"})
	mode.value == "explicit"
	open := concat(" and ", [name | some name in ["HTTP", "gRPC"]; _open(server.line, name)])
	open != ""
	msg := sprintf("%s lets everybody load models over %s", [pods.called(server.container), open])
}

_protocols := {
	"HTTP": {"allow": "--allow-http", "at": "--http-address", "restrict": "--http-restricted-api"},
	"gRPC": {
		"allow": "--allow-grpc",
		"at": "--grpc-address",
		"restrict": "--grpc-restricted-protocol",
	},
}

_open(line, name) if {
	options := _protocols[name]
	not _off(line, options.allow)
	not _local(line, options.at)
	not _restricted(line, options.restrict)
}

_off(line, allow) if {
	some option in commands.options(line, {allow})
	env.falsy(option.value)
}

_local(line, at) if {
	some option in commands.options(line, {at})
	servers.loopback(option.value)
}

# model-repository,statistics:key=value
_restricted(line, restrict) if {
	some option in commands.options(line, {restrict})
	"model-repository" in split(split(option.value, ":")[0], ",")
}
