# Where models come from, as far as the object says it.
package kubeguard.ai.shared.models

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_model := {
	"--model",
	"--model-dir",
	"--model-file",
	"--model-id",
	"--model-path",
	"--model-uri",
	"--model-url",
	"--pretrained",
	"--checkpoint",
	"--checkpoint-path",
	"--ckpt",
	"--ckpt-path",
	"--weights",
	"-m",
}

_variable := `(?i)^(?:\w+_)?(?:model|weights|checkpoint|ckpt|storage)_?(?:id|path|file|dir|uri|url)?$`

_written := `(?i)out|save|dest|upload|export|log|dump`

_hub := `^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$`

_folders := {"model", "models", "data", "mnt", "workspace", "checkpoints", "output", "outputs"}

# Whether a text is the name of a repository on a hub, and no path.
on_hub(text) if {
	regex.match(_hub, text)
	not split(text, "/")[0] in _folders
}

# Whether a revision is a commit, or comes from elsewhere.
commit(text) if regex.match(`^[0-9a-f]{7,64}$`, text)

commit(text) if startswith(text, "$")

# What is read as a model: {"value", "path", "container"}, from arguments, variables and storage URIs.
sources := array.concat(array.concat(_arguments, _variables), storage)

_arguments := [source |
	some candidate in servers.candidates
	some source in array.concat(_options(candidate), _addresses(candidate))
]

_options(candidate) := [source |
	some option in commands.options(candidate.line, _model)
	option.value != ""
	source := {
		"value": option.value,
		"path": option.value_path,
		"container": candidate.container,
	}
]

# Addresses, wherever they stand, unless something is written to them.
_addresses(candidate) := [source |
	contains(candidate.line.text, "://")
	some index, word in candidate.line.words
	found := regex.find_n(`[a-z0-9]+://[^\s'"]+`, word.text, 1)
	not _read_already(candidate.line.words, index)
	not _output(candidate.line.words, index)
	source := {"value": found[0], "path": word.path, "container": candidate.container}
]

_read_already(words, index) if replace(words[index - 1].text, "_", "-") in _model

_read_already(words, index) if replace(split(words[index].text, "=")[0], "_", "-") in _model

_output(words, index) if {
	startswith(words[index].text, "-")
	regex.match(_written, split(words[index].text, "=")[0])
}

_output(words, index) if {
	startswith(words[index - 1].text, "-")
	regex.match(_written, words[index - 1].text)
}

_variables := [source |
	some variable in env.literals
	regex.match(_variable, variable.name)
	not regex.match(_written, variable.name)
	variable.value != ""
	source := {
		"value": variable.value,
		"path": variable.path,
		"container": variable.container,
	}
]

# The storage URIs of KServe: those of containers, and that of an LLMInferenceService.
storage := array.concat(
	[{"value": uri, "path": array.concat(container.path, ["storageUri"]), "container": container} |
		objects.of_group("serving.kserve.io/")
		some container in pods.containers
		uri := container.spec.storageUri
		is_string(uri)
	],
	[{"value": uri, "path": ["spec", "model", "uri"], "container": {}} |
		input.kind == "LLMInferenceService"
		uri := input.spec.model.uri
		is_string(uri)
	],
)

# A model that a program would have to unpickle, by its name.
pickled(text) if regex.match(`(?i)(?:\.(?:pkl|pickle|joblib|ckpt|pth?)|pytorch_model[^/]*\.bin)(?:[?#].*)?$`, text)
