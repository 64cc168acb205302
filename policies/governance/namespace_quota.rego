# METADATA
# title: Quota leaves a resource without a limit
# description: A namespace without a quota for a resource can take all of it from the others.
# custom:
#   id: KG8008
#   severity: medium
#   kinds: [ResourceQuota]
#   frameworks: [NSA-CISA resource policies, CWE-770]
#   parameters:
#     resources: [pods, requests.cpu, requests.memory, limits.memory]
package kubeguard.governance.namespace_quota

deny contains {"msg": msg, "path": ["spec", "hard"]} if {
	not input.spec.scopes
	not input.spec.scopeSelector
	some resource in data.parameters.resources
	not set(resource)
	msg := sprintf("the quota says nothing of %s", [resource])
}

set(resource) if input.spec.hard[resource]

# The old spellings that the API still takes.
set("requests.cpu") if input.spec.hard.cpu

set("requests.memory") if input.spec.hard.memory

set("pods") if input.spec.hard["count/pods"]
