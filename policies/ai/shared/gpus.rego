# Accelerators that containers ask for.
package kubeguard.ai.shared.gpus

import data.kubeguard.lib.images
import data.kubeguard.lib.pods

_resource := concat("", [
	`^(?:nvidia\.com/(?:gpu|mig-)|amd\.com/gpu|gpu\.intel\.com/|habana\.ai/gaudi`,
	`|aws\.amazon\.com/neuron|google\.com/tpu|huawei\.com/Ascend)`,
])

_taint := concat("", [
	`^(?:nvidia\.com/(?:gpu|mig)|amd\.com/gpu|gpu\.intel\.com/|habana\.ai/gaudi`,
	`|aws\.amazon\.com/neuron|google\.com/tpu)`,
])

_operated := concat("|", [
	`gpu-(?:operator|feature-discovery|driver)|device-plugin|dcgm|node-feature-discovery`,
	`nvidia-(?:driver|mig|gpu)|container-toolkit|k8s-(?:driver-manager|dra-driver|mig-manager)`,
	`mps-control|kubevirt-gpu|neuron-monitor|neuron-scheduler|device-metrics-exporter`,
])

is_gpu(name) if {
	is_string(name)
	regex.match(_resource, name)
}

is_taint(name) if {
	is_string(name)
	regex.match(_taint, name)
}

# What asks for accelerators: {"container", "name", "where", "amount"}, `where` is requests or limits.
asked := [ask |
	some container in pods.containers
	some where in ["limits", "requests"]
	some name, amount in container.spec.resources[where]
	is_gpu(name)
	ask := {"container": container, "name": name, "where": where, "amount": amount}
]

# Pods that get an accelerator, by their paths; a claim for devices may be for one.
users := {ask.container.pod.path | some ask in asked; not ask.amount in {0, "0"}} | _claiming

_claiming := {pod.path |
	some pod in pods.specs
	some claim in pod.spec.resourceClaims
	is_object(claim)
}

# What runs the accelerators of a node: drivers, plugins, exporters.
operates(container) if {
	is_string(container.spec.image)
	regex.match(_operated, images.parse(container.spec.image).repository)
}
