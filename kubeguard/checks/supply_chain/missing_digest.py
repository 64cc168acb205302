"""Only a digest names one image for ever."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Container,
    Fix,
    Problem,
    Profile,
    Severity,
    Workload,
    advise,
    check,
)
from kubeguard.checks.supply_chain._references import is_template, references


@check(
    "KG3102",
    "Image is not pinned to a digest",
    on=Workload,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("SLSA",),
    like=("checkov:CKV_K8S_43", "kubescape:C-0306"),
)
def missing_digest(workload: Workload) -> Iterator[Problem]:
    for image, who, node, key in references(workload):
        if not image.digest and not is_template(node[key].text):
            where = node[key]
            message = f"the image of {who} is not pinned to a digest: {where.text[:60]!r}"
            yield Problem(where, message, _fix(who))


def _fix(who: Container | str) -> Fix:
    """The digest of the image that was judged, when it is known."""
    image = who.facts if isinstance(who, Container) else None
    if image is None or not image.digests:
        return advise("append the digest: name:tag@sha256:...")
    return advise(f"append the digest; that of the image judged is {image.digests[-1]}")
