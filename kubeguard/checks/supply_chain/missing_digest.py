"""Only a digest names one image for ever."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, advise, check
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
            yield Problem(where, message, advise("append the digest: name:tag@sha256:..."))
