# METADATA
# title: Python imports from a folder of models
# description: Whoever writes models there writes code that the server imports.
# custom:
#   id: KG8152
#   severity: medium
#   frameworks: [OWASP AISVS C6, MITRE ATLAS AML.T0010.003, CWE-427]
package kubeguard.ai.code_in_model_folder

import data.kubeguard.ai.shared.models
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_caches := {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TORCH_HOME", "TRANSFORMERS_CACHE"}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name == "PYTHONPATH"
	some folder in split(variable.value, ":")
	_of_models(variable.container, folder)
	msg := sprintf("%s imports Python from %s, where its models are", [
		pods.called(variable.container),
		folder,
	])
}

# Where KServe puts what it downloads.
_of_models(_, folder) if regex.match(`^/mnt/models(?:/|$)`, folder)

_of_models(container, folder) if {
	some variable in env.literals
	variable.name in _caches
	variable.container.path == container.path
	_within(folder, variable.value)
}

_of_models(container, folder) if {
	some source in models.sources
	source.container.path == container.path
	startswith(source.value, "/")
	_within(folder, source.value)
}

_within(folder, models_folder) if {
	count(models_folder) > 1
	startswith(concat("", [folder, "/"]), concat("", [trim_right(models_folder, "/"), "/"]))
}
