# METADATA
# title: Image comes from a registry that is not allowed
# description: What runs in the cluster comes from where somebody looks after it.
# custom:
#   id: KG8003
#   severity: high
#   frameworks: [NSA-CISA supply chain, SLSA]
#   aliases: ["gatekeeper:K8sAllowedRepos", "trivy:KSV-0125", "checkov:CKV_K8S_15"]
#   parameters:
#     registries: []
#     digest: false
package kubeguard.governance.allowed_registries

import data.kubeguard.governance.pods

deny contains {"msg": msg, "path": array.concat(each.path, ["image"])} if {
	some each in pods.containers
	image := each.container.image
	is_string(image)
	not allowed(image)
	msg := sprintf("image %q is from none of the allowed registries%s", [image, hint])
}

deny contains {"msg": msg, "path": array.concat(each.path, ["image"])} if {
	data.parameters.digest
	some each in pods.containers
	image := each.container.image
	is_string(image)
	not regex.match(`@sha256:[0-9a-f]{64}$`, image)
	msg := sprintf("image %q is not pinned by its digest", [image])
}

hint := " (none is: set registries)" if count(data.parameters.registries) == 0

else := ""

# A registry or a path in it; what is behind it begins a new segment, so that registry.example does
# not let registry.example.evil.test in, nor registry.example/shop registry.example/shopping.
allowed(image) if {
	some registry in data.parameters.registries
	some separator in ["/", ":", "@"]
	startswith(full(image), concat("", [root(trim_right(registry, "/")), separator]))
}

# As a runtime reads it: without a host it is on docker.io, and one word there is in library/.
full(image) := image if {
	contains(image, "/")
	is_host(split(image, "/")[0])
}

else := concat("/", ["docker.io", image]) if contains(image, "/")

else := concat("/", ["docker.io/library", image])

root(registry) := registry if is_host(split(registry, "/")[0])

else := concat("/", ["docker.io", registry])

is_host(segment) if contains(segment, ".")

is_host(segment) if contains(segment, ":")

is_host("localhost")
