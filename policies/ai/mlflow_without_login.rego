# METADATA
# title: MLflow has no login
# description: Whoever reaches the tracking server reads its artifacts and replaces models.
# related_resources:
#   - ref: https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/
#     description: Basic authentication in MLflow
# custom:
#   id: KG8118
#   severity: medium
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0049, MITRE ATLAS AML.T0018, CWE-306]
package kubeguard.ai.mlflow_without_login

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": server.path} if {
	some server in servers.reachable("MLflow")
	_open(server)
	count(commands.options(server.line, {"--app-name"})) == 0
	msg := sprintf("%s serves MLflow to everybody who reaches it", [pods.called(server.container)])
}

# The server listens on the loopback interface until it is told otherwise.
_open(server) if {
	some option in commands.options(server.line, {"--host", "-h"})
	not servers.loopback(option.value)
}

_open(server) if {
	host := env.values(server.container).MLFLOW_HOST
	not servers.loopback(host)
}
