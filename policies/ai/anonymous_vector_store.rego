# METADATA
# title: Vector store lets everybody in
# description: Who writes to the store decides what models are told; who reads it has the documents.
# custom:
#   id: KG8123
#   severity: medium
#   frameworks: [OWASP AISVS C8, OWASP AISVS C5, MITRE ATLAS AML.T0070, CWE-306]
package kubeguard.ai.anonymous_vector_store

import data.kubeguard.lib.env
import data.kubeguard.lib.images
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name == "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"
	env.truthy(variable.value)
	msg := sprintf("%s lets anonymous clients into Weaviate", [pods.called(variable.container)])
}

deny contains {"msg": msg, "path": array.concat(container.path, ["image"])} if {
	some container in pods.containers
	endswith(images.parse(container.spec.image).repository, "qdrant/qdrant")
	pods.lasting(container)
	not env.has(container, {"QDRANT__SERVICE__API_KEY", "QDRANT__SERVICE__JWT_RBAC"})
	not env.open_ended(container)
	not _configured(container)
	msg := sprintf("%s serves Qdrant without an API key", [pods.called(container)])
}

# The key may be in a mounted configuration.
_configured(container) if {
	some mount in pods.mounts(container)
	startswith(mount.at, "/qdrant/config")
}
