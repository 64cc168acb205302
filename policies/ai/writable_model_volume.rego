# METADATA
# title: Server may write the models that it loads
# description: Who takes over the server leaves something in the weights for all that load them.
# custom:
#   id: KG8151
#   severity: low
#   frameworks: [OWASP AISVS C6, MITRE ATLAS AML.T0018]
package kubeguard.ai.writable_model_volume

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.pods

_options := {
	"--model",
	"--model-base-path",
	"--model-id",
	"--model-path",
	"--model-repository",
	"--model-store",
	"-m",
}

# What outlives the pod, and may be mounted by others.
_lasting := {"persistentVolumeClaim", "nfs", "cephfs", "glusterfs", "azureFile"}

deny contains {"msg": msg, "path": mount.path} if {
	some server in servers.found
	some model in _loaded(server.line)
	some mount in pods.mounts(server.container)
	not mount.read_only
	startswith(concat("", [model, "/"]), concat("", [mount.at, "/"]))
	some kind in _lasting
	source := mount.volume[kind]
	not source.readOnly == true
	msg := sprintf("%s may write to %s, from which it loads its model", [
		pods.called(server.container),
		mount.at,
	])
}

_loaded(line) := {text |
	some option in commands.options(line, _options)
	text := option.value
	startswith(text, "/")
} | {word.text |
	some index, word in line.words
	startswith(word.text, "/")
	line.words[index - 1].text == "serve"
}
