# METADATA
# title: Model server is killed while it loads its model
# description: Loading takes minutes; a probe that gives up earlier restarts the load for ever.
# custom:
#   id: KG8180
#   severity: low
#   frameworks: [OWASP AISVS C4, MITRE ATLAS AML.T0029]
package kubeguard.ai.short_model_start

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.pods

_loading := {"vLLM", "SGLang", "Text Generation Inference"}

# Below this even weights that lie on the node's disk are rarely in the accelerator.
_seconds := 120

deny contains {"msg": msg, "path": array.concat(server.container.path, [probe])} if {
	some server in servers.found
	server.product in _loading
	probe := _kills(server.container.spec)
	seconds := _patience(server.container.spec[probe])
	seconds < _seconds
	msg := sprintf("%s is killed %d seconds after it began to load", [
		pods.called(server.container),
		seconds,
	])
}

# The start-up probe, else the liveness probe, is what a loading server dies of.
_kills(spec) := "startupProbe" if {
	is_object(spec.startupProbe)
} else := "livenessProbe" if {
	is_object(spec.livenessProbe)
}

_patience(probe) := delay + (period * failures) if {
	delay := object.get(probe, "initialDelaySeconds", 0)
	period := object.get(probe, "periodSeconds", 10)
	failures := object.get(probe, "failureThreshold", 3)
	every number in [delay, period, failures] { is_number(number) }
}
