"""Every page is a test: its fences say what the check must and must not report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kubeguard.engine import Settings, audit
from kubeguard.model.finding import Check, Finding
from kubeguard.model.fix import Edit
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.signature import Signature, SignatureState
from kubeguard.policy.policy import Policy
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.policy.suppressions import Suppressions
from kubeguard.registry import load_checks
from kubeguard.rego.engines.worker import WORKER
from kubeguard.rego.judge import LoadedRules
from kubeguard.rego.rules import load
from kubeguard.sources import yaml
from kubeguard.sources.decode import decode
from kubeguard.sources.edit import apply
from kubeguard.sources.images.budget import WITH_PACKAGES
from kubeguard.sources.images.packages.inventory import telling_gaps
from kubeguard.sources.images.reading import read as read_image
from kubeguard.sources.images.transports import Target, Transport
from kubeguard.sources.schema import Schemas
from kubeguard.sources.text import read
from kubeguard.trivy.answer import row
from kubeguard.trivy.evaluation import attach, unevaluated
from kubeguard.trivy.program import NotEvaluatedError
from tests.building import build, oci_files, write_folder

CHECKS = load_checks()
FENCE = re.compile(
    r"^```(yaml|json|dockerfile|rego|image) ([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
SIGNATURES = {
    "good": Signature(SignatureState.GOOD),
    "none": Signature(SignatureState.MISSING, "no signature lies beside it"),
    "wrong": Signature(SignatureState.WRONG, "the signature was made with another key"),
    "other": Signature(SignatureState.OTHER_IMAGE, "the signature is one for sha256:0123456789ab"),
}
ATTRIBUTE = re.compile(r"(\w+)=(?:\"([^\"]*)\"|'([^']*)')")
FILES = {
    "yaml": "page.yaml",
    "json": "page.json",
    "dockerfile": "Dockerfile",
    "rego": "policy/page.rego",
    "image": "page.tar",
}
OBJECT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: web, annotations: {cpu: 250m}, labels: {owner: shop}}
"""
"""What policies on pages are asked about."""


@dataclass(frozen=True)
class Fence:
    """One example on a page."""

    language: str
    verdict: str
    lines: list[int]
    kubernetes: tuple[int, int]
    parameters: dict[str, object]
    file: str
    body: bytes
    given: tuple[Fence, ...] = ()
    """The images that manifests are judged with."""


def page(check: Check) -> str:
    return check.page.read_text(encoding="utf-8") if check.page.exists() else ""


def fences(check: Check) -> Iterator[Fence]:
    """The examples; an image that is `given` belongs to all that follow."""
    images: tuple[Fence, ...] = ()
    for fence in _fences(check):
        if fence.verdict == "given":
            images += (fence,)
        else:
            yield replace(fence, given=images)


def _fences(check: Check) -> Iterator[Fence]:
    for language, info, body in FENCE.findall(page(check)):
        given = {key: double or single for key, double, single in ATTRIBUTE.findall(info)}
        major, minor = given.pop("kubernetes", "1.37").split(".")
        yield Fence(
            language,
            given.pop("title"),
            [int(n) for n in given.pop("hl_lines", "").split()],
            (int(major), int(minor)),
            json.loads(given.pop("parameters", "{}")),
            given.pop("file", FILES[language]),
            body.encode(given.pop("encoding", "utf-8")),
        )
        assert not given, f"{check.page.name}: unknown fence attributes {given}"


def findings(check: Check, fence: Fence) -> list[Finding]:
    """What the check reports; one about suppressions needs the others, which it is about."""
    parameters = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in fence.parameters.items()
    }
    bound = replace(check, find=partial(check.find, **parameters)) if parameters else check
    about_suppressions = check.name.endswith("_suppression")
    ran = CHECKS if about_suppressions else (bound,)
    settings = Settings(
        version=fence.kubernetes,
        schemas=partial(Schemas, fence.kubernetes) if check.family == "schema" else None,
        suppressions=Suppressions(Policy(), CHECKS, [c.id for c in ran], date(2026, 11, 21))
        if about_suppressions
        else None,
    )
    if fence.file.startswith("policy/"):
        rules = policies(Path(fence.file).name, fence.body)
        settings = settings._replace(policies=partial(rules.judge, rules.checks))
        report = audit([read("page.yaml", OBJECT.encode())], ran, settings)
    elif fence.language == "image":
        report = audit([image(fence)], ran, settings)
    else:
        report = audit([read(fence.file, fence.body), *map(image, fence.given)], ran, settings)
    assert report.faults == ()
    return [finding for finding in report.findings if finding.check.id == check.id]


def image(fence: Fence) -> Reading:
    """The image that a fence describes, built and read; `vulnerabilities` are as Trivy tells them,
    or the reason why it does not."""
    with TemporaryDirectory() as folder:
        write_folder(Path(folder), oci_files(build(description(fence).value)))
        given = Target(Transport.OCI, folder)
        reading = read_image(fence.file, given, budget=WITH_PACKAGES)
    if (signature := description(fence)["signature"]).exists:
        reading.images[0].signature = SIGNATURES[signature.text]
    if description(fence)["packages"].exists:
        reading = telling_gaps(reading)
    told = description(fence)["vulnerabilities"]
    if told.text:
        return unevaluated(reading, NotEvaluatedError(told.text))
    attach(reading.images[0], tuple(row(item.value) for item in told))
    return reading


def description(fence: Fence) -> Node:
    documents, _ = yaml.read(fence.file, fence.body.decode())
    return documents[0].node


def lines(fence: Fence, found: list[Finding]) -> list[int]:
    """Where the findings are; an image's are where its description says what they are about."""
    locations = [finding.location for finding in found]
    if fence.language == "image":
        locations = [described(description(fence), place.path).location for place in locations]
    return [place.span.line for place in locations if place.span]


def described(image: Node, path: tuple[str | int, ...]) -> Node:
    match path:
        case ["history", int(number), *_]:
            steps = [*image["history"], *(layer["by"] for layer in image["layers"])]
            return steps[number]
        case [str(file)] if file.startswith("/"):
            layers = [layer["files"] for layer in image["layers"]]
            return next(files[file] for files in layers if file in files.mapping)
        case ["packages", *_, str(id)]:
            return next(item for item in image["vulnerabilities"] if id in item.mapping.values())
        case ["packages"]:
            return image["vulnerabilities"]
    return image.at(*path)


def policies(name: str, text: bytes) -> LoadedRules:
    """The policies of a fence, loaded; skipped by name where its engine is not built."""
    if not WORKER.exists():
        pytest.skip("the Rego worker is not built")
    with TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(text)
        return load([PolicySource(str(file))], EngineChoice())


CASES = [
    pytest.param(check, fence, id=f"{check.id}-{check.name}-{fence.verdict}-{number}")
    for check in CHECKS
    for number, fence in enumerate(fences(check), 1)
    if fence.verdict != "fixed"
]


@pytest.mark.parametrize(("check", "fence"), CASES)
def test_fence(check: Check, fence: Fence) -> None:
    found = findings(check, fence)

    assert lines(fence, found) == fence.lines
    for finding in found:
        assert finding.fix
        assert finding.fix.hint
        assert len(finding.message) <= 200


def repairs(check: Check) -> Iterator[tuple[Fence, Fence]]:
    """Every `fixed` fence with the `bad` one before it."""
    bad: list[Fence] = []
    for fence in fences(check):
        if fence.verdict == "fixed":
            yield bad[-1], fence
        elif fence.verdict == "bad":
            bad.append(fence)


def edits(check: Check, fence: Fence) -> list[Edit]:
    return [e for found in findings(check, fence) if found.fix for e in found.fix.edits]


REPAIRS = [
    pytest.param(check, bad, fixed, id=f"{check.id}-{check.name}-{number}")
    for check in CHECKS
    for number, (bad, fixed) in enumerate(repairs(check), 1)
]


@pytest.mark.parametrize(("check", "bad", "fixed"), REPAIRS)
def test_fixed(check: Check, bad: Fence, fixed: Fence) -> None:
    wanted = edits(check, bad)

    assert wanted
    assert apply(decode(bad.body), wanted) == decode(fixed.body)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.id}-{check.name}")
def test_page(check: Check) -> None:
    text = page(check)
    examples = list(fences(check))

    assert text.startswith(f"# {check.title}\n\n")
    assert "\n## What to do\n" in text
    assert {fence.verdict for fence in examples} >= {"bad", "good"}
    assert all(bool(fence.lines) == (fence.verdict == "bad") for fence in examples)
    offers_edits = any(edits(check, fence) for fence in examples if fence.verdict == "bad")
    assert ("fixed" in {fence.verdict for fence in examples}) == offers_edits
