# METADATA
# title: Agent runs a model's code in its own process
# description: What should run somewhere else runs beside the agent's keys.
# custom:
#   id: KG8173
#   severity: medium
#   frameworks: ["ai-conformance KAR-0020", OWASP AISVS C9, MITRE ATLAS AML.T0050, CWE-94]
package kubeguard.ai.unsandboxed_agent_code

import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	what := _runs(variable.name, variable.value)
	msg := sprintf("%s %s (%s)", [pods.called(variable.container), what, variable.name])
}

_runs("AUTOGEN_USE_DOCKER", value) := "runs what a model wrote without a container of its own" if {
	env.falsy(value)
}

_runs("EXECUTE_LOCAL_COMMANDS", value) := "lets a model run commands beside it" if env.truthy(value)

_runs("NODE_FUNCTION_ALLOW_BUILTIN", "*") := "lets workflows use every module of Node.js"
