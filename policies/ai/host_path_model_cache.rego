# METADATA
# title: Model cache is a folder of the node that may be written
# description: Every pod of the node that mounts the folder replaces the weights and code of all.
# custom:
#   id: KG8150
#   severity: medium
#   frameworks: [OWASP AISVS C6, OWASP AISVS C4, MITRE ATLAS AML.T0018, MITRE T1611]
package kubeguard.ai.host_path_model_cache

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_cache := concat("|", [
	`(?i)hugging-?_?face|(?:^|[/._-])hf[-_](?:home|cache|hub)|\.ollama|/ollama(?:/|$)`,
	`\.cache/(?:torch|vllm)|model[-_]?(?:cache|store|repo|repository)|(?:^|/)(?:llm|ai|ml)?[-_]?models?(?:/|$)`,
])

_variables := {
	"HF_HOME",
	"HF_HUB_CACHE",
	"HUGGINGFACE_HUB_CACHE",
	"OLLAMA_MODELS",
	"SENTENCE_TRANSFORMERS_HOME",
	"TORCH_HOME",
	"TRANSFORMERS_CACHE",
	"VLLM_CACHE_ROOT",
}

deny contains {"msg": msg, "path": mount.path} if {
	some container in pods.containers
	some mount in pods.mounts(container)
	folder := mount.volume.hostPath.path
	is_string(folder)
	not mount.read_only
	_models(container, mount.at, folder)
	msg := sprintf("%s keeps models in %s of the node and may write there", [
		pods.called(container),
		folder,
	])
}

_models(_, at, _) if regex.match(_cache, at)

_models(_, _, folder) if regex.match(_cache, folder)

_models(container, at, _) if {
	some variable in env.literals
	variable.name in _variables
	variable.container.path == container.path
	startswith(concat("", [variable.value, "/"]), concat("", [at, "/"]))
}

_models(container, "/data", _) if {
	some server in servers.found
	server.container.path == container.path
	startswith(server.product, "Text ")
}
