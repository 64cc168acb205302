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

import data.kubeguard.lib.images
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": array.concat(each.path, ["image"])} if {
	some each in pods.containers
	image := each.spec.image
	is_string(image)
	not allowed(image)
	msg := sprintf("image %q is from none of the allowed registries%s", [image, hint])
}

deny contains {"msg": msg, "path": array.concat(each.path, ["image"])} if {
	data.parameters.digest
	some each in pods.containers
	image := each.spec.image
	is_string(image)
	not regex.match(`@sha256:[0-9a-f]{64}$`, image)
	msg := sprintf("image %q is not pinned by its digest", [image])
}

hint := " (none is: set registries)" if count(data.parameters.registries) == 0

else := ""

# A registry or a path in it; what is behind it begins a new segment, so that registry.example does
# not let registry.example.evil.test in, nor registry.example/shop registry.example/shopping.
allowed(image) if {
	named := images.parse(image)
	full := concat("", [named.registry, "/", named.repository, "/"])
	some registry in data.parameters.registries
	startswith(full, concat("", [hosted(trim_right(registry, "/")), "/"]))
}

# A path without a host is on Docker Hub, as in an image's name.
hosted(registry) := registry if regex.match(`^(localhost|[^/]*[.:][^/]*)(/|$)`, registry)

else := concat("/", ["docker.io", registry])
