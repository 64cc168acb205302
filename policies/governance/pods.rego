# The pods that an object makes and their containers, each with the path that leads to it. A kind
# that nobody has heard of makes pods where it has a template with containers.
package kubeguard.governance.pods

specs contains {"path": ["spec"], "spec": input.spec} if input.kind == "Pod"

specs contains {"path": ["template", "spec"], "spec": input.template.spec} if {
	input.kind == "PodTemplate"
}

specs contains {"path": path, "spec": template.spec} if {
	input.kind == "CronJob"
	template := input.spec.jobTemplate.spec.template
	path := ["spec", "jobTemplate", "spec", "template", "spec"]
}

specs contains {"path": ["spec", "template", "spec"], "spec": input.spec.template.spec} if {
	input.kind != "CronJob"
	is_array(input.spec.template.spec.containers)
}

containers contains {"path": path, "container": container} if {
	some pod in specs
	some key in ["initContainers", "containers", "ephemeralContainers"]
	some index, container in pod.spec[key]
	path := array.concat(pod.path, [key, index])
}
