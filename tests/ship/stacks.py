"""The reference service as its overlays and its chart render it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "manifests" / "reference"
CHART = ROOT / "charts" / "reference-app"
APPLICATION = ROOT / "reference_app"
OVERLAYS = ("single-node", "production")
NAMESPACE = "reference-app"


def kustomized(overlay: str) -> str:
    """What `kubectl kustomize` makes of an overlay."""
    return _output("kubectl", "kustomize", str(REFERENCE / "overlays" / overlay))


def charted(*values: str) -> str:
    """What Helm makes of the chart with these arguments."""
    fixed = ("--namespace", NAMESPACE, "--kube-version", "1.36.0")
    return _output("helm", "template", "any", str(CHART), *fixed, *values)


def objects(text: str) -> list[Object]:
    """The objects of a stream."""
    return [each for each in yaml.safe_load_all(text) if each]


def of_kind(found: list[Object], *kinds: str) -> list[Object]:
    """Those among them that are of these kinds."""
    return [each for each in found if each["kind"] in kinds]


def in_any_order(found: list[Object]) -> list[str]:
    """Objects in a form that only their content decides."""
    return sorted(json.dumps(each, sort_keys=True) for each in found)


def pods(found: list[Object]) -> dict[str, Object]:
    """The pod templates by the name of their workload."""
    templates = {}
    for each in of_kind(found, "Deployment", "CronJob"):
        spec = each["spec"]
        job = spec.get("jobTemplate")
        templates[each["metadata"]["name"]] = (job["spec"] if job else spec)["template"]
    return templates


@cache
def _output(program: str, *arguments: str) -> str:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    # kubectl and Helm look for the person's own configuration, which is not part of a test.
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir()}
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
