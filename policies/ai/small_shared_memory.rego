# METADATA
# title: Tensor-parallel server has 64 MiB of shared memory
# description: Its processes exchange tensors in /dev/shm, which a container has only little of.
# custom:
#   id: KG8145
#   severity: low
#   frameworks: ["ai-conformance KAR-0049"]
package kubeguard.ai.small_shared_memory

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.pods

_parallel := {"--tensor-parallel-size", "-tp", "--tp", "--tp-size", "--num-shard"}

deny contains {"msg": msg, "path": option.value_path} if {
	some server in servers.found
	some option in commands.options(server.line, _parallel)
	regex.match(`^(?:[2-9]|\d\d+)$`, option.value)
	not server.container.pod.spec.hostIPC == true
	not _mounted(server.container)
	msg := sprintf("%s runs on %s accelerators and mounts nothing at /dev/shm", [
		pods.called(server.container),
		option.value,
	])
}

_mounted(container) if {
	some mount in container.spec.volumeMounts
	mount.mountPath in {"/dev/shm", "/dev/shm/"}
}
