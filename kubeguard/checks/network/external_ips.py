"""An external IP makes every node take over traffic that was meant for somebody else's address."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Severity, check, drop


@check(
    "KG5008",
    "Service claims external addresses",
    on=Manifest,
    kinds=("Service",),
    severity=Severity.MEDIUM,
    profile=Profile.RESTRICTED,
    refs=("CVE-2020-8554", "MITRE T1557"),
    like=("trivy:KSV-0108",),
)
def external_ips(service: Manifest) -> Iterator[Problem]:
    if service.get("spec", "externalIPs"):
        for address in service.node["spec"]["externalIPs"]:
            yield Problem(
                address,
                f"traffic from the cluster to {address.text[:45]!r} ends at {service.name!r}",
                drop(address),
            )
