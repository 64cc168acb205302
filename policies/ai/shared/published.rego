# What Services and Ingresses lead to, as far as names, selectors and ports tell.
package kubeguard.ai.shared.published

_words := {
	"Jupyter": `jupyter`,
	"MLflow": `mlflow`,
	"Ollama": `ollama`,
	"Ray": `ray-head|head-svc|ray-dashboard`,
	"SGLang": `sglang`,
	"TensorBoard": `tensorboard`,
	"TensorFlow Serving": `tf-serving|tensorflow-serving|tensorflow-model-server`,
	"Text Generation Inference": `tgi|text-generation-inference`,
	"TorchServe": `torchserve`,
	"Triton": `triton|tritonserver`,
	"llama.cpp": `llama-?cpp|llama-server`,
	"vLLM": `vllm`,
}

# What stands before a server, or beside it.
_others := concat("|", [
	`proxy|gateway|router|auth|operator|controller|exporter|metrics|webhook|hub|minio|postgres`,
	`mysql|redis|docs|ui|web|webui|frontend|client|db|nginx|envoy`,
])

_ports := {11434: "Ollama", 8265: "Ray", 6006: "TensorBoard"}

_word := concat("", ["(?:^|[-_./])(?:", concat("|", [word | some word in _words]), ")(?:[-_./]|$)"])

# Which product a name speaks of.
named(name) := product if {
	regex.match(_word, name)
	not regex.match(concat("", ["(?:^|[-_./])(?:", _others, ")(?:[-_./]|$)"]), name)
	products := [product |
		some product, word in _words
		regex.match(concat("", ["(?:^|[-_./])(?:", word, ")(?:[-_./]|$)"]), name)
	]
	product := products[0]
}

# Which product a Service leads to: by its selector, its name, a port that is nobody else's.
product := "Ray" if {
	input.spec.selector["ray.io/node-type"] == "head"
} else := named(input.metadata.name) if {
	is_string(input.metadata.name)
} else := products[0] if {
	products := [product |
		some label in input.spec.selector
		is_string(label)
		product := named(label)
	]
	count(products) > 0
} else := products[0] if {
	products := [product |
		some entry in input.spec.ports
		some key in ["targetPort", "port"]
		product := _ports[entry[key]]
	]
}

# What asks for no login of its own, whatever it is told.
without_login := {"Ollama", "Ray", "TensorBoard", "TensorFlow Serving", "TorchServe", "Triton"}
