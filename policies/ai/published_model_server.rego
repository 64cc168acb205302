# METADATA
# title: Model server is published past every gateway
# description: A load balancer or node port leads straight to the server, without TLS or login.
# custom:
#   id: KG8125
#   severity: medium
#   frameworks: [OWASP AISVS C4, OWASP AISVS C5, MITRE ATLAS AML.T0049, MITRE ATLAS AML.T0040]
#   kinds: [Service]
package kubeguard.ai.published_model_server

import data.kubeguard.ai.shared.published
import data.kubeguard.lib.objects

deny contains {"msg": msg, "path": ["spec", "type"]} if {
	input.spec.type in {"LoadBalancer", "NodePort"}
	not _internal
	not _limited
	product := published.product
	not _encrypted(product)
	msg := sprintf("%s publishes %s by a %s", [
		objects.called, product,
		input.spec.type,
	])
}

_internal if {
	input.spec.type == "LoadBalancer"
	some key, value in input.metadata.annotations
	is_string(key)
	contains(key, "load-balancer")
	_says_internal(key, value)
}

_internal if {
	is_string(input.spec.loadBalancerClass)
	regex.match(`(?i)tailscale|internal|private`, input.spec.loadBalancerClass)
}

_says_internal(key, value) if {
	endswith(key, "-internal")
	not value in {"false", false}
}

_says_internal(_, value) if lower(sprintf("%v", [value])) in {"internal", "private"}

_limited if {
	some range in input.spec.loadBalancerSourceRanges
	is_string(range)
	not "0.0.0.0/0" in input.spec.loadBalancerSourceRanges
	not "::/0" in input.spec.loadBalancerSourceRanges
}

# The load balancer ends TLS, and the server can ask for a key.
_encrypted(product) if {
	input.metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-ssl-cert"]
	not product in published.without_login
}
