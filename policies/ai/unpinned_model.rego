# METADATA
# title: Model is not pinned to a revision
# description: Whoever may push to the model's repository changes what the next pod loads.
# related_resources:
#   - ref: https://huggingface.co/docs/huggingface_hub/guides/download
#     description: Downloading at a revision
# custom:
#   id: KG8101
#   severity: low
#   frameworks: ["ai-conformance #19", "OWASP AISVS C6", "MITRE ATLAS AML.T0010.003", SLSA]
package kubeguard.ai.unpinned_model

import data.kubeguard.ai.shared.models
import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_hub := {"vLLM", "SGLang", "Text Generation Inference", "Text Embeddings Inference"}

_options := {"--model", "--model-id", "--model-path"}

deny contains {"msg": msg, "path": model.path} if {
	some server in servers.found
	server.product in _hub
	some model in _named(server)
	models.on_hub(model.value)
	not _offline(server.container)
	not _revision(server)
	msg := sprintf("%s loads %q in whatever revision is the newest", [
		pods.called(server.container),
		model.value,
	])
}

deny contains {"msg": msg, "path": option.value_path} if {
	some server in servers.found
	server.product in _hub
	some option in commands.options(server.line, {"--revision"})
	not models.commit(option.value)
	msg := sprintf("%s loads its model at %q, which may be moved; a commit may not", [
		pods.called(server.container),
		option.value,
	])
}

deny contains {"msg": msg, "path": words[index + 1].path} if {
	some candidate in servers.candidates
	words := candidate.line.words
	some index, word in words
	word.text == "download"
	regex.match(`(?:^|/)(?:hf|huggingface-cli)$`, words[index - 1].text)
	models.on_hub(words[index + 1].text)
	not _pinned(candidate.line)
	msg := sprintf("%s downloads %q without a commit", [
		pods.called(candidate.container),
		words[index + 1].text,
	])
}

deny contains {"msg": msg, "path": source.path} if {
	some source in models.storage
	startswith(source.value, "hf://")
	not _at_commit(source.value)
	msg := sprintf("%s loads %q without a commit", [objects.called, source.value])
}

_named(server) := array.concat(
	[{"value": option.value, "path": option.value_path} |
		some option in commands.options(server.line, _options)
	],
	array.concat(
		[{"value": word.text, "path": word.path} |
			some index, word in server.line.words
			server.line.words[index - 1].text == "serve"
		],
		[{"value": variable.value, "path": variable.path} |
			server.product in {"Text Generation Inference", "Text Embeddings Inference"}
			count(commands.options(server.line, {"--model-id"})) == 0
			some variable in env.literals
			variable.name == "MODEL_ID"
			variable.container.path == server.container.path
		],
	),
)

_at_commit(uri) if models.commit(split(uri, ":")[2])

# A revision that is no commit is a finding of its own.
_revision(server) if count(commands.options(server.line, {"--revision"})) > 0

_revision(server) if {
	server.product in {"Text Generation Inference", "Text Embeddings Inference"}
	env.has(server.container, {"REVISION"})
}

_pinned(line) if {
	some option in commands.options(line, {"--revision"})
	models.commit(option.value)
}

# What is not on the disk already is not loaded at all.
_offline(container) if {
	some variable in env.literals
	variable.name in {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}
	variable.container.path == container.path
	env.truthy(variable.value)
}
