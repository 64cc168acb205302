# METADATA
# title: Namespace has no quota
# description: Without a ResourceQuota a namespace may take everything that the cluster has.
# custom:
#   id: KG8009
#   severity: low
#   input: run
#   frameworks: [NSA-CISA resource policies, CWE-770]
#   parameters:
#     exempt: [default, kube-system, kube-public, kube-node-lease]
package kubeguard.governance.missing_quota

deny contains {"msg": msg, "path": [index, "contents", "metadata", "name"]} if {
	some index, each in input
	each.contents.kind == "Namespace"
	name := each.contents.metadata.name
	not name in data.parameters.exempt
	not name in limited
	msg := sprintf("namespace %q has no ResourceQuota in this scan", [name])
}

limited contains each.contents.metadata.namespace if {
	some each in input
	each.contents.kind == "ResourceQuota"
}
