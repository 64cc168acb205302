# METADATA
# title: Code written by a model runs on the node's kernel
# description: A container keeps out mistakes; code that anybody may prompt for needs a wall.
# related_resources:
#   - ref: https://agent-sandbox.sigs.k8s.io/
#     description: Agent Sandbox
# custom:
#   id: KG8170
#   severity: medium
#   frameworks: ["ai-conformance KAR-0020", OWASP AISVS C9, OWASP AISVS C4, MITRE ATLAS AML.T0105, MITRE T1611]
#   aliases: ["kubescape:C-0297"]
package kubeguard.ai.code_agent_without_sandbox

import data.kubeguard.ai.shared.agents

# Classes that start ordinary containers.
_ordinary := {"", "runc", "crun", "containerd", "nvidia", "nvidia-legacy", "nvidia-cdi"}

deny contains {"msg": msg, "path": array.concat(agent.pod.path, ["runtimeClassName"])} if {
	some agent in agents.found
	class := object.get(agent.pod.spec, "runtimeClassName", "")
	_shared(class)
	msg := sprintf("%s runs code in an ordinary container%s", [agent.what, _named(class)])
}

_shared(class) if class in _ordinary

_shared(null)

_named(class) := sprintf(" (runtime class %q)", [class]) if not class in {"", null}

else := ""
