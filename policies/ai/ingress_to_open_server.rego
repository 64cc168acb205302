# METADATA
# title: Ingress leads to a model server without a login
# description: The server asks nobody who they are, and neither does the Ingress.
# custom:
#   id: KG8126
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0049, MITRE ATLAS AML.T0040, CWE-306]
#   kinds: [Ingress.networking.k8s.io, Ingress.extensions]
package kubeguard.ai.ingress_to_open_server

import data.kubeguard.ai.shared.published
import data.kubeguard.lib.objects

deny contains {"msg": msg, "path": backend.path} if {
	some backend in _backends
	product := published.named(backend.name)
	product in published.without_login
	not _asked
	not _inside
	msg := sprintf("%s leads to %s (%s) and asks nobody who they are", [
		objects.called, product,
		backend.name,
	])
}

_backends := array.concat(
	[backend |
		some index, rule in input.spec.rules
		some position, entry in rule.http.paths
		below := ["spec", "rules", index, "http", "paths", position, "backend"]
		some backend in _of(entry.backend, below)
	],
	[backend |
		some key in ["defaultBackend", "backend"]
		some backend in _of(input.spec[key], ["spec", key])
	],
)

_of(backend, path) := array.concat(
	[{"name": name, "path": array.concat(path, ["service", "name"])} |
		name := backend.service.name
		is_string(name)
	],
	[{"name": name, "path": array.concat(path, ["serviceName"])} |
		name := backend.serviceName
		is_string(name)
	],
)

_asked if {
	some key, value in input.metadata.annotations
	regex.match(`(?i)auth|oidc|whitelist|allowlist|source-range|\bacl\b|security-groups`, sprintf("%s %v", [key, value]))
}

_inside if {
	is_string(input.spec.ingressClassName)
	regex.match(`(?i)internal|private|tailscale`, input.spec.ingressClassName)
}

_inside if {
	some value in input.metadata.annotations
	is_string(value)
	regex.match(`(?i)^(?:\w+-)?(?:internal|private|tailscale)$`, value)
}
