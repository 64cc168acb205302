# METADATA
# title: Jupyter has neither token nor password
# description: A notebook server is a shell; without a token it is everybody's.
# related_resources:
#   - ref: https://jupyter-server.readthedocs.io/en/latest/operators/security.html
#     description: Security in Jupyter Server
# custom:
#   id: KG8119
#   severity: high
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0049, MITRE ATLAS AML.T0050, CWE-306]
package kubeguard.ai.jupyter_without_token

import data.kubeguard.ai.shared.servers
import data.kubeguard.lib.commands
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_tokens := {
	"--NotebookApp.token",
	"--ServerApp.token",
	"--IdentityProvider.token",
	"--LabApp.token",
}

_passwords := {
	"--NotebookApp.password",
	"--ServerApp.password",
	"--LabApp.password",
	"--PasswordIdentityProvider.hashed-password",
}

_providers := {"--ServerApp.identity-provider-class"}

_addresses := {"--ip", "--ServerApp.ip", "--NotebookApp.ip"}

deny contains {"msg": msg, "path": token.path} if {
	some server in servers.reachable("Jupyter")
	not objects.of_group("kubeflow.org/")
	some token in commands.options(server.line, _tokens)
	not servers.given(token.value)
	not _otherwise(server.line)
	not servers.on_loopback(server, _addresses)
	msg := sprintf("%s is a shell for everybody who reaches it", [pods.called(server.container)])
}

_otherwise(line) if {
	some option in commands.options(line, ((_passwords | _providers) | _tokens))
	servers.given(option.value)
}
