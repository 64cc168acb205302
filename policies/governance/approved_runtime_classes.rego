# METADATA
# title: Pod runs in a runtime class that is not approved
# description: A runtime class decides what stands between a container and the node's kernel.
# custom:
#   id: KG8006
#   severity: medium
#   frameworks: [MITRE T1611]
#   parameters:
#     classes: []
#     required: false
package kubeguard.governance.approved_runtime_classes

import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": array.concat(pod.path, ["runtimeClassName"])} if {
	some pod in pods.specs
	class := pod.spec.runtimeClassName
	not class in data.parameters.classes
	msg := sprintf("runtime class %q is none of the approved ones", [class])
}

deny contains {"msg": msg, "path": array.concat(pod.path, ["runtimeClassName"])} if {
	data.parameters.required
	some pod in pods.specs
	not pod.spec.runtimeClassName
	msg := sprintf("%s %q names no runtime class", [input.kind, input.metadata.name])
}
