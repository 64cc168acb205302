"""What policies see of an object, and that every line and key in it leads back."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node, Source
from kubeguard.rego import places
from kubeguard.rego.styles.inputs import KEY, METADATA, as_conftest, as_trivy, as_written, encoded
from kubeguard.sources.text import read

HEAD = {"apiVersion": "v1", "kind": "Pod"}
KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=6)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), KEYS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def manifests(text: str, name: str = "a.yaml") -> list[Manifest]:
    return [Manifest(node) for node in read(name, text.encode()).objects]


def seen(fragment: Any) -> Any:
    return json.loads(orjson.dumps(fragment))


def without_lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_lines(child) for key, child in value.items() if key != METADATA}
    return [without_lines(item) for item in value] if isinstance(value, list) else value


def mappings(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        below = (child for key, child in value.items() if key != METADATA)
        return [value, *(each for child in below for each in mappings(child))]
    return [each for item in value for each in mappings(item)] if isinstance(value, list) else []


@settings(max_examples=80, deadline=None)
@given(VALUES, st.booleans())
def test_lines_are_all_that_trivy_adds(value: Any, flow: bool) -> None:
    text = yaml.safe_dump({**HEAD, "spec": value}, default_flow_style=flow, sort_keys=False)
    (view,) = manifests(text)
    assert seen(as_written(view)) == seen(as_conftest(view)) == view.node.value
    lined = seen(as_trivy(view))
    assert without_lines(lined) == view.node.value
    for each in mappings(lined):
        place = each[METADATA]
        path = places.steps(place["fskey"].removeprefix(KEY))
        found = places.descend(view.node, path) if path else view.node
        assert found is not None
        assert found.value == without_lines(each)
        assert 1 <= place["startline"] <= place["endline"] <= text.count("\n")
        span = view.node.source.places.extent(found.path)
        assert span is not None
        assert span.line <= place["startline"] <= span.end_line


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_those_of_the_file(end: str) -> None:
    text = "a: 1\n---\napiVersion: v1\nkind: Pod\nspec:\n  x: |\n    one\n    two\n  z: {}\n"
    (view,) = manifests(text.replace("\n", end))
    place = {"filepath": "a.yaml", "offset": 0}
    assert seen(as_trivy(view)) == {
        METADATA: {**place, "startline": 3, "endline": 9, "fskey": "kubeguard:"},
        **HEAD,
        "spec": {
            METADATA: {**place, "startline": 6, "endline": 9, "fskey": "kubeguard:/spec"},
            "x": "one\ntwo\n",
            "z": {METADATA: {**place, "startline": 9, "endline": 9, "fskey": "kubeguard:/spec/z"}},
        },
    }


def test_what_an_anchor_brings_is_where_it_is_written() -> None:
    text = "x: &x\n  user: {id: 1}\napiVersion: v1\nkind: Pod\nspec:\n  <<: *x\n  a: 1\n"
    (view,) = manifests(text)
    spec = seen(as_trivy(view))["spec"]
    assert spec["user"][METADATA]["startline"] == 2
    assert spec[METADATA]["fskey"] == "kubeguard:/spec"


def test_an_object_without_text_has_no_lines() -> None:
    value = {**HEAD, "spec": {"a": [{}]}}
    lined = seen(as_trivy(Manifest(Node(value, Source("review")))))
    assert without_lines(lined) == value
    assert {each[METADATA]["startline"] for each in mappings(lined)} == {0}
    assert lined["spec"]["a"][0][METADATA]["fskey"] == "kubeguard:/spec/a/0"


def test_an_input_is_encoded_once() -> None:
    (view,) = manifests("apiVersion: v1\nkind: Pod\n")
    assert as_written(view) is as_written(view)
    assert as_trivy(view) is as_trivy(view)


@pytest.mark.parametrize(
    ("value", "seen_as"),
    [
        (2**70, 2**70),
        ({"a": 10**400}, {"a": 10**400}),
        ("\ud800", "\ud800"),
        (math.nan, None),
        ({"é": "\x00"}, {"é": "\x00"}),
    ],
)
def test_values_that_orjson_would_refuse(value: object, seen_as: object) -> None:
    assert seen(encoded(value)) == seen_as
