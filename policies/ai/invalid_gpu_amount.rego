# METADATA
# title: Accelerators are asked for in a way that is refused
# description: Accelerators are not shared out; request and limit are one whole number, or no pod starts.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
#     description: Scheduling GPUs
# custom:
#   id: KG8140
#   severity: medium
#   frameworks: ["ai-conformance KAR-0049", OWASP AISVS C4]
package kubeguard.ai.invalid_gpu_amount

import data.kubeguard.ai.shared.gpus
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": _place(ask)} if {
	some ask in gpus.asked
	ask.where == "requests"
	not ask.container.spec.resources.limits[ask.name]
	msg := sprintf("%s requests %s without a limit, and no pod is made", [
		pods.called(ask.container),
		ask.name,
	])
}

deny contains {"msg": msg, "path": _place(ask)} if {
	some ask in gpus.asked
	ask.where == "requests"
	limit := ask.container.spec.resources.limits[ask.name]
	_number(limit) != _number(ask.amount)
	msg := sprintf("%s requests %v %s and is limited to %v; the two have to be equal", [
		pods.called(ask.container),
		ask.amount,
		ask.name,
		limit,
	])
}

deny contains {"msg": msg, "path": _place(ask)} if {
	some ask in gpus.asked
	_broken(ask.amount)
	msg := sprintf("%s asks for %v of %s, which is handed out whole", [
		pods.called(ask.container),
		ask.amount,
		ask.name,
	])
}

_place(ask) := array.concat(ask.container.path, ["resources", ask.where, ask.name])

_number(amount) := amount if is_number(amount)

_number(amount) := to_number(amount) if {
	is_string(amount)
	regex.match(`^\d{1,9}$`, amount)
}

_broken(amount) if {
	is_number(amount)
	amount != floor(amount)
}

_broken(amount) if {
	is_string(amount)
	regex.match(`^\d*(?:\.\d*[1-9]\d*|[1-9]\d*m)$`, amount)
	not endswith(amount, "000m")
}
