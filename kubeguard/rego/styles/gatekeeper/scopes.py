"""Which kinds stand outside all namespaces, and what a run says about namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kubeguard.model.manifest import Manifest
from kubeguard.rego.styles.gatekeeper.match import Subject
from kubeguard.sources.schema.lifecycle import built_in

_CLUSTER = {
    "": "ComponentStatus Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
    "ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "authentication.k8s.io": "SelfSubjectReview TokenReview",
    "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "extensions": "PodSecurityPolicy",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "internal.apiserver.k8s.io": "StorageVersion",
    "networking.k8s.io": "IPAddress IngressClass ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "policy": "PodSecurityPolicy",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass DeviceTaintRule ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    "storagemigration.k8s.io": "StorageVersionMigration",
}
"""Kubernetes' own kinds that have no namespace; all others of its groups have one."""
_GATEKEEPER = ".gatekeeper.sh"
_OWN_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace gets from the API server."""


class Cluster(NamedTuple):
    """The namespaces of a run by name, and whether kinds of its CRDs are inside them."""

    namespaces: Mapping[str, Manifest] = {}
    custom: Mapping[tuple[str, str], bool] = {}

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> Cluster:
        namespaces: dict[str, Manifest] = {}
        custom: dict[tuple[str, str], bool] = {}
        for manifest in manifests:
            if manifest.group_kind == "Namespace":
                namespaces[manifest.name] = manifest
            elif manifest.kind == "CustomResourceDefinition":
                spec = manifest.node["spec"]
                kind = spec["group"].text, spec["names"]["kind"].text
                custom[kind] = spec.get("scope") != "Cluster"
        return cls(namespaces, custom)

    def is_namespaced(self, group: str, kind: str) -> bool | None:
        """Whether objects of a kind are in namespaces; None where nobody here says."""
        if built_in(group):
            return kind not in _CLUSTER.get(group, "").split()
        return False if group.endswith(_GATEKEEPER) else self.custom.get((group, kind))

    def subject(self, manifest: Manifest, *, generated: bool = False) -> Subject:
        """What constraints look at in an object."""
        namespaced = self.is_namespaced(manifest.group, manifest.kind)
        if namespaced is None and manifest.namespace:
            namespaced = True
        namespace = manifest.namespace if namespaced else ""
        known = self.namespaces.get(namespace) if namespace else None
        labels = {_OWN_NAME: namespace} if namespace else {}
        metadata = manifest.node["metadata"]
        return Subject(
            manifest.group,
            manifest.kind,
            metadata["name"].text,
            metadata["generateName"].text,
            manifest.labels,
            namespaced,
            namespace,
            labels | known.labels if known else labels,
            known is not None,
            generated,
        )
