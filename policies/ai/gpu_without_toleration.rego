# METADATA
# title: GPU pod is not told where the GPUs are
# description: GPU nodes that are kept for GPU work have a taint, and this pod tolerates none.
# custom:
#   id: KG8144
#   severity: info
#   frameworks: ["ai-conformance KAR-0049", OWASP AISVS C4]
package kubeguard.ai.gpu_without_toleration

import data.kubeguard.ai.shared.gpus
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": array.concat(pod.path, ["tolerations"])} if {
	count(gpus.asked) > 0
	some pod in pods.specs
	pod.path in gpus.users
	not _placed(pod.spec)
	msg := sprintf("%s asks for accelerators and names neither taint nor nodes", [objects.called])
}

_placed(spec) if {
	some key in ["tolerations", "nodeSelector", "affinity", "nodeName", "schedulingGates", "resourceClaims"]
	not object.get(spec, key, null) in [null, [], {}, ""]
}
