# Model servers and consoles, recognised by what their containers run and by the port they serve on.
package kubeguard.ai.shared.servers

import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.images
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

# Whatever has none of these words in its image, command and arguments is looked at no further.
_sign := concat("|", [
	`model|llm|llama|sglang|text-(?:generation|embeddings)|triton|\bray\b|mlflow`,
	`jupyter|notebook|tensorboard|serving|torch|hugging|\bhf\b|transformers|trust.remote.code`,
	`\.(?:pkl|pickle|joblib|ckpt|pth?|gguf|onnx|safetensors)\b`,
])

_programs := {
	"Jupyter": `(?:^|[\s/])(?:jupyter[ -](?:lab|notebook|server)|start-notebook\.(?:sh|py))(?:\s|$)`,
	"MLflow": `(?:^|[\s/])mlflow (?:server|ui)(?:\s|$)`,
	"Ollama": `(?:^|[\s/])ollama serve(?:\s|$)`,
	"Ray": `(?:^|[\s/])ray start\s.*--head(?:\s|$)`,
	"SGLang": `(?:^|\s)-m sglang\.launch_server(?:\s|$)|(?:^|[\s/])sglang serve(?:\s|$)`,
	"TensorBoard": `(?:^|/|[;&|\n] |exec |-[mc] )tensorboard(?:\.main)? --?(?:logdir|bind_all|host|port)`,
	"TensorFlow Serving": `(?:^|[\s/])tensorflow_model_server(?:\s|$)`,
	"Text Embeddings Inference": `(?:^|[\s/])text-embeddings-router(?:\s|$)`,
	"Text Generation Inference": `(?:^|[\s/])text-generation-(?:launcher|router)(?:\s|$)`,
	"Triton": `(?:^|[\s/])tritonserver(?:\s|$)`,
	"llama.cpp": `(?:^|[\s/])llama-server(?:\s|$)|(?:^|\s)-m llama_cpp\.server(?:\s|$)`,
	"vLLM": `(?:^|[\s/])vllm serve(?:\s|$)|vllm\.entrypoints\.(?:openai\.)?api_server(?:\s|$)`,
}

# Images that serve when they are given no command, by the end of their names.
_images := {
	"Jupyter": `^(?:jupyter/)?(?:base|minimal|scipy|datascience|tensorflow|pytorch|(?:all-|py)spark)-notebook$`,
	"Ollama": `(?:^|/)ollama$`,
	"TensorFlow Serving": `(?:^|/)tensorflow/serving$`,
	"Text Embeddings Inference": `(?:^|/)text-embeddings-(?:inference|router)$`,
	"Text Generation Inference": `(?:^|/)text-generation-inference$`,
	"llama.cpp": `(?:^|/)llama\.cpp$`,
	"vLLM": `(?:^|/)vllm-(?:openai|cuda|rocm|cpu|tpu|gaudi|neuron)[\w.-]*$`,
}

# Containers that may have to do with models: {"container", "line"}.
candidates := [candidate |
	some container in pods.containers
	regex.match(_sign, _text(container.spec))
	candidate := {"container": container, "line": commands.line(container)}
]

_text(spec) := concat(" ", array.concat(
	[image | image := spec.image; is_string(image)],
	[text | some key in ["command", "args"]; some text in spec[key]; is_string(text)],
))

# Servers that run as long as their pod: {"product", "container", "line", "path"}, where `path` leads
# to what they were recognised by.
found := array.concat(_candidates, _by_port)

_candidates := [server |
	some candidate in candidates
	pods.lasting(candidate.container)
	some product, path in _recognised(candidate)
	server := object.union(candidate, {"product": product, "path": path})
]

_recognised(candidate) := by_command if {
	by_command := {product: _place(candidate) |
		some product, pattern in _programs
		regex.match(pattern, candidate.line.text)
	}
	count(by_command) > 0
} else := _by_image(candidate.container, candidate.line)

_name := concat("|", [
	`^(?:\S*/)?(?:jupyter|start-notebook|mlflow|ollama|ray$|sglang|tensorboard|tensorflow_model_server)`,
	`^(?:\S*/)?(?:text-embeddings-router|text-generation-|tritonserver|llama-server|vllm)`,
	`^(?:sglang|tensorboard|llama_cpp|vllm|mlflow)\b`,
])

_place(candidate) := places[0] if {
	places := [word.path |
		some word in candidate.line.words
		regex.match(_name, word.text)
	]
} else := candidate.container.path

_by_image(container, line) := {product: array.concat(container.path, ["image"]) |
	is_string(container.spec.image)
	image := images.parse(container.spec.image)
	some product, pattern in _images
	regex.match(pattern, image.repository)
	not container.spec.command
	_serves(product, image, line)
}

# Images of llama.cpp differ by tag; the program of Ollama does other things as well.
_serves(product, _, _) if not product in {"llama.cpp", "Ollama", "Jupyter"}

_serves("llama.cpp", image, _) if startswith(image.tag, "server")

_serves(product, _, line) if {
	product in {"Ollama", "Jupyter"}
	count(line.words) == 0
}

# The port of Ollama is nobody else's, whatever the image is called.
_by_port := [server |
	some container in pods.containers
	some port in container.spec.ports
	port.containerPort == 11434
	pods.lasting(container)
	not _known(container)
	server := {
		"product": "Ollama",
		"container": container,
		"line": commands.line(container),
		"path": array.concat(container.path, ["ports"]),
	}
]

_known(container) if {
	some server in _candidates
	server.container.path == container.path
}

# The servers of one product that ask nobody who they are and that others reach: not those of
# KServe, which stand behind its gateway, nor those with a proxy before them.
reachable(product) := [server |
	some server in found
	server.product == product
	not objects.of_group("serving.kserve.io/")
	not _behind_proxy(server.container)
]

_proxy := concat("|", [
	`oauth2?-proxy|kube-rbac-proxy|authservice|pomerium|authelia|gatekeeper|authproxy|auth-proxy`,
	`envoy|nginx|caddy|traefik|haproxy|istio|proxyv2|apisix|kong|httpd|apache`,
])

_behind_proxy(container) if {
	some other in pods.containers
	other.pod.path == container.pod.path
	other.path != container.path
	is_string(other.spec.image)
	regex.match(_proxy, other.spec.image)
}

# Whether an address is only reached from inside the pod, with or without scheme and port.
loopback(address) if regex.match(`^(?:https?://)?(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)(?::\d+)?/?$`, address)

# Whether a server listens on such an address only, by one of these options.
on_loopback(server, options) if {
	some option in commands.options(server.line, options)
	loopback(option.value)
}

# Whether a server asks for a key: by one of these options or variables, or perhaps by variables
# that come from elsewhere.
keyed(server, options, _) if {
	some option in commands.options(server.line, options)
	given(option.value)
}

keyed(server, _, variables) if env.has(server.container, variables)

keyed(server, _, _) if env.open_ended(server.container)

# An option's value that is more than a pair of quotes.
given(value) if not trim(value, `'"`) == ""
