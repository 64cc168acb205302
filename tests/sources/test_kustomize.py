"""Patches are parts: a kustomization says which files are, and those are not judged alone."""

from __future__ import annotations

import pytest

from kubeguard.model.finding import Outcome
from kubeguard.sources.kustomize import set_patches_aside
from kubeguard.sources.text import read

PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n"


def outcomes(files: dict[str, str]) -> dict[str, tuple[Outcome, str]]:
    readings = set_patches_aside(read(name, text.encode()) for name, text in files.items())
    assert [reading.name for reading in readings] == list(files)
    return {reading.name: (reading.outcome, reading.what) for reading in readings}


@pytest.mark.parametrize(
    ("kustomization", "aside"),
    [
        ("patches: [{path: p.yaml}]", True),
        ("patches: [{path: ./p.yaml, target: {kind: Deployment}}]", True),
        ("patchesStrategicMerge: [p.yaml]", True),
        ("patchesJson6902: [{path: p.yaml}]", True),
        ("replacements: [{path: p.yaml}]", True),
        ("configurations: [p.yaml]", True),
        ("transformers: [../base/p.yaml]", True),
        ("resources: [p.yaml]", False),
        ("resources: [p.yaml]\npatches: [{path: p.yaml}]", False),
        ('patches: [{patch: "kind: Pod\\npath: p.yaml"}]', False),
        ("patches: [{path: other.yaml}]", False),
        ("patches: [null, 5, {path: 5}, [p.yaml]]", False),
        ("patches: p.yaml", False),
        ("patches:", False),
    ],
)
def test_files_that_a_kustomization_names_as_patches(kustomization: str, aside: bool) -> None:
    found = outcomes({"x/base/kustomization.yaml": kustomization, "x/base/p.yaml": PATCH})
    expected = (Outcome.SKIPPED, "kustomize patch") if aside else (Outcome.JUDGED, "Kubernetes")
    assert found["x/base/p.yaml"] == expected
    assert found["x/base/kustomization.yaml"] == (Outcome.SKIPPED, "kustomization")


def test_a_patch_of_one_folder_is_none_in_another() -> None:
    found = outcomes({"a/kustomization.yaml": "patches: [{path: p.yaml}]", "b/p.yaml": PATCH})
    assert found["b/p.yaml"] == (Outcome.JUDGED, "Kubernetes")


def test_a_patch_may_leave_out_its_kind() -> None:
    files = {"kustomization.yaml": "patches: [{path: p.yaml}]", "p.yaml": "metadata: {}\nkind: A\n"}
    readings = set_patches_aside(read(name, text.encode()) for name, text in files.items())
    assert not readings[1].troubles


def test_a_broken_patch_stays_broken() -> None:
    found = outcomes({"kustomization.yaml": "patches: [{path: p.yaml}]", "p.yaml": "a: ["})
    assert found["p.yaml"][0] is Outcome.FAILED
