# METADATA
# title: Object lacks a required annotation
# description: Annotations tell people what labels cannot, such as whom to call and where the source lies.
# custom:
#   id: KG8002
#   severity: low
#   aliases: ["gatekeeper:K8sRequiredAnnotations", "kube-linter:required-annotation-email"]
#   parameters:
#     annotations: {}
#     kinds: [Deployment, StatefulSet, DaemonSet, CronJob, Namespace]
package kubeguard.governance.required_annotations

deny contains {"msg": sprintf("%s has no annotation %s", [input.kind, name]), "path": path} if {
	input.kind in data.parameters.kinds
	some name, _ in data.parameters.annotations
	not input.metadata.annotations[name]
	path := ["metadata", "annotations", name]
}

deny contains {"msg": msg, "path": ["metadata", "annotations", name]} if {
	input.kind in data.parameters.kinds
	some name, pattern in data.parameters.annotations
	value := input.metadata.annotations[name]
	not regex.match(pattern, sprintf("%v", [value]))
	msg := sprintf("annotation %s is %q, which does not match %s", [name, value, pattern])
}
