# METADATA
# title: Model image is not pinned to a digest
# description: A tag is moved by whoever may push; the next pod then loads other weights.
# custom:
#   id: KG8102
#   severity: low
#   frameworks: ["ai-conformance #19", "OWASP AISVS C6", "MITRE ATLAS AML.T0010.003", SLSA]
package kubeguard.ai.unpinned_model_image

import data.kubeguard.ai.shared.models
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

deny contains {"msg": msg, "path": source.path} if {
	some source in models.storage
	startswith(source.value, "oci://")
	not contains(source.value, "@sha256:")
	msg := sprintf("%s takes its model from %q without a digest", [objects.called, source.value])
}

deny contains {"msg": msg, "path": path} if {
	some pod in pods.specs
	some index, volume in pod.spec.volumes
	reference := volume.image.reference
	is_string(reference)
	not contains(reference, "@sha256:")
	path := array.concat(pod.path, ["volumes", index, "image", "reference"])
	msg := sprintf("volume %q is image %q without a digest", [volume.name, reference])
}
