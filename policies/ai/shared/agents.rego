# Pods that run code which a model has written.
package kubeguard.ai.shared.agents

import data.kubeguard.lib.images
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_sandbox := concat("|", [
	`(?:^|/)(?:openhands|open-?interpreter|e2b|swe-?agent|dify-sandbox|llm-sandbox|aio-sandbox|piston`,
	`langchain-sandbox|judge0|computer-use-demo|python-runtime-sandbox|chrome-sandbox)(?:[-_/]|$)`,
	`(?:^|/)[\w.-]*code-?(?:interpreter|executor|sandbox)[\w.-]*$`,
	`(?:^|/)all-hands-ai/runtime$`,
])

_kinds := {"Sandbox", "SandboxTemplate"}

# The pod specs of such pods, with the container by which they were recognised: {"pod", "what"}.
found := [agent |
	some pod in pods.specs
	agent := {"pod": pod, "what": _what(pod)}
]

_what(_) := objects.called if {
	sandboxed
} else := objects.called if {
	input.kind == "CodeInterpreter"
	objects.of_group("runtime.agentcube.volcano.sh/")
}

else := called[0] if {
	called := [pods.called(container) |
		some container in pods.containers
		is_string(container.spec.image)
		regex.match(_sandbox, images.parse(container.spec.image).repository)
	]
}

# Whether the object is of kubernetes-sigs/agent-sandbox.
sandboxed if {
	input.kind in _kinds
	some group in ["agents.x-k8s.io/", "extensions.agents.x-k8s.io/"]
	objects.of_group(group)
}
