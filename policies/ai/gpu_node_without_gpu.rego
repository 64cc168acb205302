# METADATA
# title: Pod may run on GPU nodes and asks for no GPU
# description: It takes the place of work that needs the accelerator, and stands beside it.
# custom:
#   id: KG8143
#   severity: low
#   frameworks: ["ai-conformance KAR-0049", OWASP AISVS C4]
package kubeguard.ai.gpu_node_without_gpu

import data.kubeguard.ai.shared.gpus
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": array.concat(pod.path, ["tolerations", index])} if {
	some pod in pods.specs
	some index, toleration in pod.spec.tolerations
	gpus.is_taint(toleration.key)
	input.kind != "DaemonSet"
	not pod.path in gpus.users
	not _operates(pod)
	msg := sprintf("%s tolerates %s and asks for no accelerator", [objects.called, toleration.key])
}

_operates(pod) if {
	some container in pods.containers
	container.pod.path == pod.path
	gpus.operates(container)
}
