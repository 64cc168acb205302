# METADATA
# title: Model is downloaded without encryption
# description: Whoever sits on the way hands out another model.
# custom:
#   id: KG8103
#   severity: medium
#   frameworks: ["ai-conformance #19", "OWASP AISVS C6", "MITRE ATLAS AML.T0010.003", CWE-319, CWE-494]
package kubeguard.ai.plaintext_model_download

import data.kubeguard.ai.shared.models
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_file := concat("", [
	`(?i)\.(?:safetensors|gguf|ggml|onnx|pt|pth|pkl|pickle|joblib|ckpt|bin|h5|keras|engine|tflite)`,
	`(?:[?#].*)?$`,
])

# Names without a dot, cluster-local ones and private addresses stay inside.
_internal := concat("|", [
	`(?i)^http://(?:[^/@]*@)?(?:[a-z0-9-]+|[^/:]+\.(?:svc|local|internal|localhost)|[^/:]+\.svc\.[^/:]+`,
	`10\.[\d.]+|127\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|169\.254\.[\d.]+|\[[^\]]*\])`,
])

deny contains {"msg": msg, "path": source.path} if {
	some source in models.sources
	startswith(source.value, "http://")
	_model(source)
	not _inside(source.value)
	msg := sprintf("%s is fetched without TLS", [source.value])
}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name in {"HF_ENDPOINT", "MLFLOW_TRACKING_URI"}
	startswith(variable.value, "http://")
	not _inside(variable.value)
	msg := sprintf("%s takes models from %s, without TLS", [
		pods.called(variable.container),
		variable.value,
	])
}

_model(source) if regex.match(_file, source.value)

_model(source) if source in models.storage

_inside(address) if regex.match(concat("", ["(?:", _internal, `)(?:[:/?#]|$)`]), address)
