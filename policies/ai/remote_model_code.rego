# METADATA
# title: Code from the model's repository is run
# description: With trust_remote_code the repository of a model brings Python that the server runs.
# related_resources:
#   - ref: https://huggingface.co/docs/transformers/models#custom-models
#     description: Custom models in Transformers
# custom:
#   id: KG8106
#   severity: high
#   frameworks: ["ai-conformance #19", "OWASP AISVS C6", "MITRE ATLAS AML.T0010.003", CWE-829]
package kubeguard.ai.remote_model_code

import data.kubeguard.ai.shared.models
import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_variables := {"TRUST_REMOTE_CODE", "HF_TRUST_REMOTE_CODE", "HF_DATASETS_TRUST_REMOTE_CODE"}

deny contains {"msg": msg, "path": option.path, "severity": severity} if {
	some candidate in servers.candidates
	some option in commands.options(candidate.line, {"--trust-remote-code"})
	not env.falsy(option.value)
	severity := _severity(candidate.line)
	msg := sprintf("%s runs the Python in its model's repository", [pods.called(candidate.container)])
}

deny contains {"msg": msg, "path": word.path} if {
	some candidate in servers.candidates
	some word in candidate.line.words
	regex.match(`trust_remote_code["']?\s*[=:]\s*[Tt]rue`, word.text)
	not startswith(word.text, "--trust")
	msg := sprintf("%s runs the Python in its model's repository", [pods.called(candidate.container)])
}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name in _variables
	env.truthy(variable.value)
	msg := sprintf("%s runs the Python in its model's repository (%s)", [
		pods.called(variable.container),
		variable.name,
	])
}

# Ray Serve takes the options of its engines in a text of their own.
deny contains {"msg": msg, "path": ["spec", "serveConfigV2"]} if {
	input.kind == "RayService"
	is_string(input.spec.serveConfigV2)
	regex.match(`(?m)^[^#\n]*\btrust_remote_code["']?:\s*["']?[Tt]rue`, input.spec.serveConfigV2)
	msg := sprintf("%s runs the Python in its model's repository", [objects.called])
}

# At a commit the code is at least always the same, and somebody may have read it.
_severity(line) := "medium" if {
	some option in commands.options(line, {"--revision", "--code-revision"})
	models.commit(option.value)
} else := "medium" if {
	some option in commands.options(line, {"--model", "--model-id", "--model-path"})
	startswith(option.value, "/")
} else := "high"
