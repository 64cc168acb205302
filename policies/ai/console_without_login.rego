# METADATA
# title: Console for models or agents has its login switched off
# description: Whoever reaches the console uses its models, reads its chats and runs its tools.
# custom:
#   id: KG8122
#   severity: high
#   frameworks: [OWASP AISVS C5, OWASP AISVS C9, MITRE ATLAS AML.T0049, CWE-306]
package kubeguard.ai.console_without_login

import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_consoles := {"WEBUI_AUTH": "Open WebUI", "LANGFLOW_AUTO_LOGIN": "Langflow"}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	console := _consoles[variable.name]
	_off(variable.name, variable.value)
	msg := sprintf("%s lets everybody into %s (%s)", [
		pods.called(variable.container),
		console,
		variable.name,
	])
}

_off("WEBUI_AUTH", value) if env.falsy(value)

_off("LANGFLOW_AUTO_LOGIN", value) if env.truthy(value)
