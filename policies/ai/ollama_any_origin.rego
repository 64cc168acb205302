# METADATA
# title: Ollama answers the scripts of any web page
# description: With every origin allowed a page somebody has open in a browser uses their Ollama.
# custom:
#   id: KG8115
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0040, CWE-942]
package kubeguard.ai.ollama_any_origin

import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	variable.name == "OLLAMA_ORIGINS"
	some origin in split(variable.value, ",")
	trim_space(origin) in {"*", "*://*", "http://*", "https://*"}
	msg := sprintf("%s lets web pages of every origin use Ollama", [
		pods.called(variable.container),
	])
}
