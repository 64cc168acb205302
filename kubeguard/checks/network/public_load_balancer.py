"""A cloud load balancer without a word about its audience is open to the whole internet."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Severity, advise, check

_INTERNAL = (
    "cloud.google.com/load-balancer-type",
    "load-balancer.hetzner.cloud/disable-public-network",
    "networking.gke.io/load-balancer-type",
    "oci-network-load-balancer.oraclecloud.com/internal",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
    "service.beta.kubernetes.io/alicloud-loadbalancer-address-type",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "service.beta.kubernetes.io/cce-load-balancer-internal-vpc",
    "service.beta.kubernetes.io/do-loadbalancer-network",
    "service.beta.kubernetes.io/oci-load-balancer-internal",
    "service.beta.kubernetes.io/openstack-internal-load-balancer",
    "service.beta.kubernetes.io/scw-loadbalancer-private",
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type",
    "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
)
_PUBLIC = ("", "external", "false", "internet", "internet-facing", "none", "public")
_AWS_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_AWS_TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"
_PRIVATE_CLASSES = ("eks.amazonaws.com/nlb", "service.k8s.aws/nlb", "tailscale")
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"


@check(
    "KG5007",
    "Load balancer open to the internet",
    on=Manifest,
    kinds=("Service",),
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    like=("kube-linter:exposed-services",),
)
def public_load_balancer(service: Manifest) -> Iterator[Problem]:
    if service.get("spec", "type") != "LoadBalancer" or _internal(service):
        return
    ranges = _ranges(service)
    if ranges and not any(cidr.strip().endswith("/0") for cidr in ranges):
        return
    yield Problem(
        service.node["spec"]["type"],
        f"Service {service.name!r} asks for a load balancer that anybody may reach",
        advise("set loadBalancerSourceRanges, or the cloud's annotation for an internal one"),
    )


def _internal(service: Manifest) -> bool:
    """Whether an annotation or the class keeps it inside the network."""
    annotations = service.annotations
    if any(
        name in annotations and str(annotations[name]).lower() not in _PUBLIC for name in _INTERNAL
    ):
        return True
    # The AWS controller makes internal balancers unless told otherwise; the in-tree one did not.
    return _AWS_SCHEME not in annotations and (
        service.get("spec", "loadBalancerClass") in _PRIVATE_CLASSES
        or annotations.get(_AWS_TYPE) in ("external", "nlb-ip")
    )


def _ranges(service: Manifest) -> list[str]:
    """Who may connect, from the field or, where it is absent, the older annotation."""
    field = service.node["spec"]["loadBalancerSourceRanges"].sequence
    if field:
        return [str(cidr) for cidr in field]
    annotation = service.annotations.get(_RANGES)
    return annotation.split(",") if isinstance(annotation, str) and annotation.strip() else []
