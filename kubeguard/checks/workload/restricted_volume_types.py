"""Volumes of the old in-tree kinds hand the pod's author the node's storage clients."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Severity, Workload, advise, check

_HINT = "use a persistentVolumeClaim, or an emptyDir that an init container fills"
_RESTRICTED = frozenset(
    (
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "fc",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "gitRepo",
        "glusterfs",
        "image",
        "iscsi",
        "nfs",
        "photonPersistentDisk",
        "portworxVolume",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
        "vsphereVolume",
    )
)


@check(
    "KG3018",
    "Volume is of a kind that restricted pods may not use",
    on=Workload,
    severity=Severity.LOW,
    refs=("PSS restricted", "MITRE T1611"),
    like=("trivy:KSV-0028",),
)
def restricted_volume_types(workload: Workload) -> Iterator[Problem]:
    volumes = workload.get("volumes")
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        for kind, source in volume.items() if isinstance(volume, dict) else ():
            if kind not in _RESTRICTED or source is None:
                continue
            if kind == "image" and workload.cluster.version >= (1, 33):
                continue
            node = workload.node["volumes"][index]
            message = f"volume {node['name'].text!r} is of the kind {kind}"
            yield Problem(node[kind], message, advise(_HINT))
