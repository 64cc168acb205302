# METADATA
# title: Code written by a model can use the pod's service account
# description: The token lies in a file that the code reads like any other.
# custom:
#   id: KG8171
#   severity: medium
#   frameworks: ["ai-conformance KAR-0020", OWASP AISVS C9, OWASP AISVS C5, MITRE ATLAS AML.T0055, MITRE T1528]
package kubeguard.ai.code_agent_token

import data.kubeguard.ai.shared.agents

deny contains {"msg": msg, "path": array.concat(agent.pod.path, ["automountServiceAccountToken"])} if {
	some agent in agents.found
	not _withheld(agent.pod.spec)
	msg := sprintf("%s has a token for the cluster", [agent.what])
}

_withheld(spec) if spec.automountServiceAccountToken == false

# The controller of templates withholds it until told otherwise.
_withheld(spec) if {
	agents.sandboxed
	input.kind == "SandboxTemplate"
	object.get(spec, "automountServiceAccountToken", null) == null
}
