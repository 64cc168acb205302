"""Every page once more: what a scan says of its examples, the API server hears from the webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from clusters import LABEL, Answer, Hook, make_namespace, serving
from control_plane import ControlPlane

from kubeguard.engine import audit
from kubeguard.model.bundle import Bundle
from kubeguard.model.dockerfile import Command, Dockerfile, Instruction, Stage
from kubeguard.model.finding import Check
from kubeguard.model.trouble import Trouble
from kubeguard.registry import load_checks
from kubeguard.sources.text import read

pytestmark = pytest.mark.cluster

CONFIGURATION = "profile: pedantic\nwebhook: {mode: audit}\n"
ELSEWHERE = (Bundle, Dockerfile, Stage, Instruction, Command, Trouble)
CHECKS = [c for c in load_checks() if c.on not in ELSEWHERE and c.family != "schema"]
FENCE = re.compile(r"^```(yaml|json) ([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SERVER = "1.36"
"""The release of the API server: a page that is about another one is no page for it."""


@pytest.fixture(scope="module")
def hook(cluster: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    folder = tmp_path_factory.mktemp("hook")
    with serving(cluster, folder, CONFIGURATION, "pages") as running:
        yield running


@pytest.fixture(scope="module")
def resources(cluster: ControlPlane) -> dict[tuple[str, str], tuple[str, bool]]:
    """The path of each kind, and whether it lives in a namespace."""
    found = {}
    groups = cluster.request("GET", "/apis")[1]["groups"]
    versions = [v["groupVersion"] for group in groups for v in group["versions"]]
    for version in ("v1", *versions):
        base = "/api/v1" if version == "v1" else f"/apis/{version}"
        for each in cluster.request("GET", base)[1].get("resources", ()):
            if "/" not in each["name"]:
                found[version, each["kind"]] = f"{base}|{each['name']}", each["namespaced"]
    return found


def fences(check: Check) -> Iterator[tuple[bool, list[dict[str, Any]]]]:
    """Whether an example is bad, and the objects in it as somebody would apply them."""
    for _, info, body in FENCE.findall(check.page.read_text(encoding="utf-8")):
        if "parameters=" in info or "encoding=" in info:
            continue
        if "kubernetes=" in info and f'kubernetes="{SERVER}"' not in info:
            continue
        try:
            documents = [each for each in yaml.safe_load_all(body) if isinstance(each, dict)]
        except yaml.YAMLError:
            continue
        listed = [item for d in documents for item in (d.get("items") or [d])]
        yield 'title="bad"' in info, [each for each in listed if isinstance(each, dict)]


@pytest.mark.parametrize("check", [pytest.param(c, id=f"{c.id}-{c.name}") for c in CHECKS])
def test_page(check: Check, hook: Hook, resources: Any, cluster: ControlPlane) -> None:
    admitted = 0
    for bad, objects in fences(check):
        if any(alone(check, each) for each in objects) is not bad:
            continue  # it is about objects of one run, and here each comes by itself
        answers = [a for each in objects if (a := asked(each, hook, resources, cluster))]
        if len(answers) < len(objects):  # the API server refuses what is invalid by itself
            continue
        admitted += 1
        found = any(check.id in answer.checks for answer in answers)
        assert found is bad, (check.id, bad, objects)
    if not admitted:
        pytest.skip("the API server takes none of its examples")


def alone(check: Check, found: dict[str, Any]) -> bool:
    """Whether a scan of this object alone finds something."""
    report = audit([read("a.json", json.dumps(found).encode())], [check])
    return any(finding.check.id == check.id for finding in report.findings)


def asked(
    found: dict[str, Any], hook: Hook, resources: Any, cluster: ControlPlane
) -> Answer | None:
    """What the webhook was told of an object; None when the API server takes no such object."""
    where = resources.get((found.get("apiVersion"), found.get("kind")))
    if where is None:
        return None
    base, _, name = where[0].partition("|")
    metadata = found.get("metadata") if isinstance(found.get("metadata"), dict) else {}
    if where[1]:
        namespace = metadata.get("namespace") or "pages"
        if not isinstance(namespace, str):
            return None
        cluster.request(
            "PATCH",
            f"/api/v1/namespaces/{namespace}",
            {"metadata": {"labels": {LABEL: "pages"}}},
            "application/merge-patch+json",
        )
        make_namespace(cluster, namespace, {LABEL: "pages"})
        base = f"{base}/namespaces/{namespace}"
    answer = hook.ask("POST", f"{base}/{name}?dryRun=All", found)
    if not answer.reviews or (answer.status == 201 and lost(found, answer.body)):
        return None
    return answer


def lost(given: object, taken: object) -> bool:
    """Whether the API server has dropped something: ephemeral containers of a new Pod."""
    if isinstance(given, dict) and isinstance(taken, dict):
        said = {key: value for key, value in given.items() if value not in (None, {}, [], "")}
        return any(key not in taken or lost(value, taken[key]) for key, value in said.items())
    if isinstance(given, list) and isinstance(taken, list):
        return len(given) > len(taken) or any(map(lost, given, taken))
    return False
