# METADATA
# title: Object lacks a required label
# description: Labels say whose an object is and what it belongs to; bills, alerts and selectors need them.
# custom:
#   id: KG8001
#   severity: low
#   frameworks: [CIS-Kubernetes 5.6.1]
#   aliases: ["gatekeeper:K8sRequiredLabels", "kube-linter:required-label-owner", "polaris:metadataAndInstanceMismatched"]
#   parameters:
#     labels: {app.kubernetes.io/name: ""}
#     exempt: [Event, Lease, EndpointSlice, Endpoints]
package kubeguard.governance.required_labels

deny contains {"msg": sprintf("%s has no label %s", [input.kind, label]), "path": path} if {
	some label, _ in data.parameters.labels
	asked
	not input.metadata.labels[label]
	path := ["metadata", "labels", label]
}

deny contains {"msg": msg, "path": ["metadata", "labels", label]} if {
	some label, pattern in data.parameters.labels
	asked
	value := input.metadata.labels[label]
	not regex.match(pattern, sprintf("%v", [value]))
	msg := sprintf("label %s is %q, which does not match %s", [label, value, pattern])
}

asked if {
	not input.kind in data.parameters.exempt
	not endswith(input.kind, "List")
}
