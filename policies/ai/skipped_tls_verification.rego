# METADATA
# title: Certificates are not verified when models and data are fetched
# description: Encryption without a verified certificate is encryption to whoever answers.
# custom:
#   id: KG8107
#   severity: medium
#   frameworks: ["ai-conformance #19", "OWASP AISVS C4", "MITRE ATLAS AML.T0010", CWE-295]
package kubeguard.ai.skipped_tls_verification

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

_skipping := {"MLFLOW_TRACKING_INSECURE_TLS", "WANDB_INSECURE_DISABLE_SSL", "GIT_SSL_NO_VERIFY"}

_verifying := {"PYTHONHTTPSVERIFY", "S3_VERIFY_SSL", "NODE_TLS_REJECT_UNAUTHORIZED"}

deny contains {"msg": msg, "path": variable.path} if {
	some variable in env.literals
	_off(variable.name, variable.value)
	msg := sprintf("%s verifies no certificates (%s)", [
		pods.called(variable.container),
		variable.name,
	])
}

deny contains {"msg": msg, "path": option.path} if {
	some candidate in servers.candidates
	regex.match(`(?:^|[\s/])ollama (?:pull|create|push)\s`, candidate.line.text)
	some option in commands.options(candidate.line, {"--insecure"})
	msg := sprintf("%s pulls models from whoever answers", [pods.called(candidate.container)])
}

_off(name, value) if {
	name in _skipping
	env.truthy(value)
}

_off(name, value) if {
	name in _verifying
	env.falsy(value)
}

# Older versions of requests take an empty one for a reason not to verify.
_off("CURL_CA_BUNDLE", "")
