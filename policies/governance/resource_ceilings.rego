# METADATA
# title: Container asks for more than the ceiling
# description: One container that may take a whole node leaves none of it to the others.
# custom:
#   id: KG8005
#   severity: medium
#   frameworks: [CWE-770]
#   aliases: ["gatekeeper:K8sContainerLimits", "gatekeeper:K8sContainerRequests"]
#   parameters:
#     cpu: "8"
#     memory: 32Gi
#     ephemeral-storage: 64Gi
package kubeguard.governance.resource_ceilings

import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": path} if {
	some each in pods.containers
	some demand in ["requests", "limits"]
	some resource, ceiling in data.parameters
	asked := each.spec.resources[demand][resource]
	amount(resource, asked) > amount(resource, ceiling)
	path := array.concat(each.path, ["resources", demand, resource])
	words := [each.spec.name, demand, resource, asked, ceiling]
	msg := sprintf("container %q %s %s %v, above the ceiling of %v", words)
}

amount("cpu", quantity) := units.parse(sprintf("%v", [quantity]))

amount(resource, quantity) := units.parse_bytes(sprintf("%v", [quantity])) if resource != "cpu"
