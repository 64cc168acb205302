# METADATA
# title: Model is unpickled
# description: To load a pickle is to run what whoever wrote it put there.
# related_resources:
#   - ref: https://docs.python.org/3/library/pickle.html
#     description: What the pickle module warns of
# custom:
#   id: KG8104
#   severity: medium
#   frameworks: ["ai-conformance #19", "OWASP AISVS C6", "MITRE ATLAS AML.T0011.000", CWE-502]
package kubeguard.ai.pickled_model

import data.kubeguard.ai.shared.models
import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": source.path, "severity": severity} if {
	some source in models.sources
	models.pickled(source.value)
	severity := _severity(source.value)
	msg := sprintf("%q is a format that is loaded by unpickling", [source.value])
}

deny contains {"msg": msg, "path": option.value_path} if {
	some server in servers.found
	server.product in {"vLLM", "SGLang"}
	some option in commands.options(server.line, {"--load-format"})
	option.value in {"pt", "npcache"}
	msg := sprintf("%s is told to load pickled weights (--load-format %s)", [
		pods.called(server.container),
		option.value,
	])
}

deny contains {"msg": msg, "path": path, "severity": "low"} if {
	input.kind == "InferenceService"
	objects.of_group("serving.kserve.io/")
	some shape in [["model", "modelFormat", "name"], ["sklearn", "storageUri"]]
	value := object.get(input, array.concat(["spec", "predictor"], shape), "")
	_unpickling(shape[0], value)
	path := array.concat(["spec", "predictor"], shape)
	msg := "the scikit-learn server of KServe unpickles whatever is in its storage"
}

_unpickling("model", "sklearn")

_unpickling("sklearn", uri) if uri != ""

# What comes from elsewhere is somebody else's.
_severity(value) := "medium" if contains(value, "://")

else := "low"
