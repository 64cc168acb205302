# METADATA
# title: Ray runs the code of everybody who reaches it
# description: Without token authentication a job is submitted to the dashboard by whoever likes.
# related_resources:
#   - ref: https://docs.ray.io/en/latest/ray-security/token-auth.html
#     description: Token authentication in Ray
# custom:
#   id: KG8117
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0049, MITRE ATLAS AML.T0050, CVE-2023-48022, CWE-306]
package kubeguard.ai.ray_without_token

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.env
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_clusters := {
	"RayCluster": ["spec"],
	"RayService": ["spec", "rayClusterConfig"],
	"RayJob": ["spec", "rayClusterSpec"],
}

_message := "everybody who reaches its dashboard runs code on it"

deny contains {"msg": msg, "path": path} if {
	objects.of_group("ray.io/")
	below := _clusters[input.kind]
	cluster := object.get(input, below, null)
	is_object(cluster)
	not cluster.authOptions.mode == "token"
	not _by_variable
	not _by_default(cluster)
	path := array.concat(below, ["authOptions", "mode"])
	msg := sprintf("%s asks for no token: %s", [objects.called, _message])
}

deny contains {"msg": msg, "path": server.path} if {
	some server in servers.reachable("Ray")
	not objects.of_group("ray.io/")
	not _by_variable
	not env.open_ended(server.container)
	not _new(server.container.spec.image)
	msg := sprintf("%s starts Ray without a token: %s", [pods.called(server.container), _message])
}

_by_variable if {
	some variable in env.literals
	variable.name == "RAY_AUTH_MODE"
	not variable.value == "disabled"
}

# Newer versions ask for a token until they are told not to.
_by_default(cluster) if {
	not cluster.authOptions.mode == "disabled"
	not _switched_off
	_since(cluster.rayVersion)
}

_by_default(cluster) if {
	not cluster.authOptions.mode == "disabled"
	not cluster.rayVersion
	not _switched_off
	_new(cluster.headGroupSpec.template.spec.containers[0].image)
}

_new(image) if {
	is_string(image)
	not _switched_off
	_since(split(image, ":")[1])
}

_switched_off if {
	some variable in env.literals
	variable.name == "RAY_AUTH_MODE"
	variable.value == "disabled"
}

_since(version) if {
	is_string(version)
	parts := regex.find_all_string_submatch_n(`^(\d+)\.(\d+)\.`, version, 1)[0]
	(to_number(parts[1]) * 1000) + to_number(parts[2]) >= 2061
}
