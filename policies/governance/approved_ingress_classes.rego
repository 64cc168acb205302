# METADATA
# title: Ingress uses a class that is not approved
# description: Each class is another controller, with its own door to the outside and its own flaws.
# custom:
#   id: KG8007
#   severity: medium
#   kinds: [Ingress.networking.k8s.io]
#   parameters:
#     classes: []
package kubeguard.governance.approved_ingress_classes

deny contains {"msg": msg, "path": path} if {
	some [path, class] in named
	not class in data.parameters.classes
	msg := sprintf("ingress class %q is none of the approved ones", [class])
}

deny contains {"msg": "names no ingress class: the cluster's default takes it", "path": path} if {
	count(named) == 0
	path := ["spec", "ingressClassName"]
}

named contains [["spec", "ingressClassName"], input.spec.ingressClassName]

named contains [["metadata", "annotations", key], input.metadata.annotations[key]] if {
	key := "kubernetes.io/ingress.class"
	input.metadata.annotations[key]
}
