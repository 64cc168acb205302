# METADATA
# title: Safeguard against code in weights or messages is switched off
# description: What the library would refuse to load is loaded, and run.
# custom:
#   id: KG8105
#   severity: high
#   frameworks: ["ai-conformance #19", "OWASP AISVS C6", "MITRE ATLAS AML.T0011.000", CWE-502]
package kubeguard.ai.unsafe_deserialization

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_switches := {
	"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "torch.load unpickles whatever it is given",
	"VLLM_ALLOW_INSECURE_SERIALIZATION": "vLLM unpickles what its processes are sent",
	"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "MLflow loads pickled models",
}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	what := _switches[variable.name]
	env.truthy(variable.value)
	msg := sprintf("with %s in %s %s", [variable.name, pods.called(variable.container), what])
}

deny contains {"msg": msg, "path": word.path} if {
	some candidate in servers.candidates
	some word in candidate.line.words
	regex.match(`weights_only\s*=\s*False|allow_dangerous_deserialization\s*=\s*True`, word.text)
	msg := sprintf("%s loads weights with their code", [pods.called(candidate.container)])
}
