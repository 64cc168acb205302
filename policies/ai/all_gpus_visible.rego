# METADATA
# title: Container sees GPUs it was not given
# description: Set by hand, NVIDIA_VISIBLE_DEVICES replaces what the device plugin assigned.
# custom:
#   id: KG8141
#   severity: medium
#   frameworks: ["ai-conformance KAR-0049", OWASP AISVS C4]
#   aliases: ["kyverno:check-nvidia-gpu"]
package kubeguard.ai.all_gpus_visible

import data.kubeguard.ai.shared.gpus
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name == "NVIDIA_VISIBLE_DEVICES"
	not variable.value in {"", "void", "none"}
	not gpus.operates(variable.container)
	msg := sprintf("%s sees GPUs %q of its node, whichever it was given", [
		pods.called(variable.container),
		variable.value,
	])
}
