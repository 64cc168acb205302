# METADATA
# title: KServe publishes the model without authentication
# description: An InferenceService gets a route on the gateway unless it is kept in the cluster.
# custom:
#   id: KG8121
#   severity: low
#   frameworks: [OWASP AISVS C5, MITRE ATLAS AML.T0040, CWE-306]
#   kinds: [InferenceService.serving.kserve.io]
package kubeguard.ai.public_inference_service

import data.kubeguard.lib.objects

deny contains {"msg": msg, "path": ["metadata", "name"]} if {
	not _local
	not _authenticated
	not _raw
	msg := sprintf("%s is routed from outside and asks for no token", [objects.called])
}

_local if {
	some key in ["networking.kserve.io/visibility", "networking.knative.dev/visibility"]
	input.metadata.labels[key] == "cluster-local"
}

_authenticated if input.metadata.annotations["security.opendatahub.io/enable-auth"] == "true"

# Without Knative it is up to the cluster's configuration, unless it is asked for.
_raw if {
	input.metadata.annotations["serving.kserve.io/deploymentMode"] in {"RawDeployment", "Standard"}
	not input.metadata.labels["networking.kserve.io/visibility"] == "exposed"
}
