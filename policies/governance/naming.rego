# METADATA
# title: Name does not follow the convention
# description: A name that says what it is finds its owner at two in the morning.
# custom:
#   id: KG8004
#   severity: info
#   parameters:
#     pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
#     maximum: 52
#     kinds: [Deployment, StatefulSet, DaemonSet, CronJob, Job, Service, ConfigMap, Secret, Ingress, Namespace]
package kubeguard.governance.naming

deny contains {"msg": msg, "path": ["metadata", "name"]} if {
	input.kind in data.parameters.kinds
	name := input.metadata.name
	not regex.match(data.parameters.pattern, name)
	msg := sprintf("name %q does not match %s", [name, data.parameters.pattern])
}

deny contains {"msg": msg, "path": ["metadata", "name"]} if {
	input.kind in data.parameters.kinds
	name := input.metadata.name
	count(name) > data.parameters.maximum
	msg := sprintf("name %q has %d characters, more than %d", [name, count(name), data.parameters.maximum])
}
