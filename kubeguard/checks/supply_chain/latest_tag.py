"""What `latest` means is decided anew at every start of the pod."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Severity, Workload, advise, check
from kubeguard.checks.supply_chain._references import is_template, references


@check(
    "KG3101",
    "Image has no tag or the tag latest",
    on=Workload,
    severity=Severity.MEDIUM,
    refs=("NSA-CISA supply chain", "SLSA"),
    like=(
        "trivy:KSV-0013",
        "checkov:CKV_K8S_14",
        "kube-linter:latest-tag",
        "polaris:tagNotSpecified",
        "kube-score:container-image-tag",
    ),
)
def latest_tag(workload: Workload, *, tags: tuple[str, ...] = ("latest",)) -> Iterator[Problem]:
    for image, who, node, key in references(workload):
        if image.digest or (image.tag and image.tag not in tags):
            continue
        where = node[key]
        if image.tag or not is_template(where.text.rpartition("/")[2]):
            said = f"the tag {image.tag!r}" if image.tag else "no tag"
            message = f"the image of {who} has {said}: {where.text[:60]!r}"
            yield Problem(where, message, advise("name a version that is never pushed again"))
