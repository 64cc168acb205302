"""The reference service and its vulnerable twin, check by check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kubeguard.api import audit
from kubeguard.model.finding import Check
from kubeguard.model.severity import Profile
from kubeguard.policy.policy import Policy
from kubeguard.registry import load_checks

ROOT = Path(__file__).parent.parent
REFERENCE = (
    "manifests/reference/base",
    "manifests/reference/overlays",
    "manifests/reference/examples",
    "reference_app/Dockerfile",
)
TWIN = ("manifests/vulnerable", "reference_app/vulnerable.Dockerfile")

NOT_HERE = {
    "access": "asks about a request to a running pod, which is in no file",
    "image": "asks about the content of an image, which is in no file",
    "join": "asks about the content of an image, which is in no file",
    "scan": "says what could not be judged, which is no flaw of a service",
    "vulnerability": "asks what is known of the packages of an image, which is in no file",
}
"""Families of checks that files of a service cannot set off, and why."""


def applicable() -> list[Check]:
    """The checks that a manifest or a Dockerfile can set off."""
    return [check for check in load_checks() if check.family not in NOT_HERE]


def counted(paths: Iterable[str]) -> Counter[str]:
    """How many findings each check has under `pedantic`, by its id."""
    policy = replace(Policy(), profile=Profile.PEDANTIC)
    report = audit(*(ROOT / path for path in paths), policy=policy)
    return Counter(finding.check.id for finding in report.findings)


def table() -> str:
    """Every check that can apply, with the findings in the twin and in the reference."""
    twin, reference = counted(TWIN), counted(REFERENCE)
    lines = ["| check | what it finds | twin | reference |", "| --- | --- | ---: | ---: |"]
    for check in applicable():
        link = f"[{check.id}](../{check.page.relative_to(ROOT).as_posix()})"
        lines.append(f"| {link} | {check.title} | {twin[check.id]} | {reference[check.id]} |")
    present = {check.family for check in load_checks()}
    others = [f"- `{family}` {why}." for family, why in NOT_HERE.items() if family in present]
    return "\n".join([*lines, "", "Left out are the families", "", *others]) + "\n"
