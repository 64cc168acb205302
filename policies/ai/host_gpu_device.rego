# METADATA
# title: Accelerator is mounted from the node
# description: A device that is mounted is not counted, not isolated and shared with whoever else does it.
# custom:
#   id: KG8142
#   severity: medium
#   frameworks: ["ai-conformance KAR-0049", OWASP AISVS C4, MITRE T1611]
package kubeguard.ai.host_gpu_device

import data.kubeguard.ai.shared.gpus
import data.kubeguard.lib.pods

_device := `^(?:/dev/(?:nvidia|dri(?:/|$)|kfd|accel|neuron|habanalabs|hl\d|davinci)|/proc/driver/nvidia)`

deny contains {"msg": msg, "path": path} if {
	some pod in pods.specs
	some index, volume in pod.spec.volumes
	device := volume.hostPath.path
	is_string(device)
	regex.match(_device, device)
	not _operates(pod)
	path := array.concat(pod.path, ["volumes", index, "hostPath", "path"])
	msg := sprintf("volume %q is %s of the node", [volume.name, device])
}

_operates(pod) if {
	some container in pods.containers
	container.pod.path == pod.path
	gpus.operates(container)
}
