# METADATA
# title: Code written by a model may connect to everywhere
# description: What it was given to work on leaves, and the cloud's metadata service is asked for keys.
# custom:
#   id: KG8172
#   severity: medium
#   frameworks: ["ai-conformance KAR-0020", OWASP AISVS C9, OWASP AISVS C4, MITRE ATLAS AML.T0086, MITRE T1552.005]
#   aliases: ["kubescape:C-0301"]
package kubeguard.ai.code_agent_egress

import data.kubeguard.ai.shared.agents
import data.kubeguard.lib.objects

_metadata := "169.254.169.254"

deny contains {"msg": msg, "path": ["spec", "networkPolicyManagement"]} if {
	input.kind == "SandboxTemplate"
	agents.sandboxed
	input.spec.networkPolicyManagement == "Unmanaged"
	msg := sprintf("%s has no network policy made for it", [objects.called])
}

deny contains {"msg": msg, "path": path} if {
	some index, rule in _rules.list
	path := array.concat(_rules.path, [index])
	_anywhere(rule)
	msg := sprintf("%s lets code connect to everywhere, the metadata service included", [objects.called])
}

_rules := {"list": input.spec.networkPolicy.egress, "path": ["spec", "networkPolicy", "egress"]} if {
	input.kind == "SandboxTemplate"
	agents.sandboxed
	not input.spec.networkPolicyManagement == "Unmanaged"
} else := {"list": input.spec.egress, "path": ["spec", "egress"]} if {
	input.kind == "NetworkPolicy"
	some label in input.spec.podSelector.matchLabels
	is_string(label)
	regex.match(`(?i)(?:^|[-_./])(?:ai-?agents?|agent-?sandbox|code-?(?:interpreter|executor|sandbox)|openhands)(?:[-_./]|$)`, label)
}

# To every address, and on the port of the metadata service.
_anywhere(rule) if {
	is_object(rule)
	_everybody(rule)
	_web(rule)
}

_everybody(rule) if object.get(rule, "to", null) in [null, []]

_everybody(rule) if {
	some peer in rule.to
	peer.ipBlock.cidr == "0.0.0.0/0"
	not _except(peer.ipBlock)
}

_except(block) if {
	some cidr in block.except
	is_string(cidr)
	regex.match(`^\d+\.\d+\.\d+\.\d+/\d+$`, cidr)
	net.cidr_contains(cidr, _metadata)
}

_web(rule) if object.get(rule, "ports", null) in [null, []]

_web(rule) if {
	some port in rule.ports
	is_object(port)
	object.get(port, "protocol", "TCP") == "TCP"
	_covers(port)
}

_covers(port) if not port.port

_covers(port) if {
	is_number(port.port)
	port.port <= 80
	object.get(port, "endPort", port.port) >= 80
}
