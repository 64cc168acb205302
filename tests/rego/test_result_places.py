"""Paths as policies write them, and names in messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.model.location import dotted
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node
from kubeguard.rego import places
from kubeguard.sources.text import read

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    example.com/owner: shop
    a.b: {c: d}
spec:
  containers:
    - name: web
      image: web:1
    - name: log-agent
      image: log:1
    - name: log
      image: log:1
"""


def pod() -> Manifest:
    (node,) = read("a.yaml", POD.encode()).objects
    return Manifest(node)


def line_of(node: Node | None) -> int | None:
    span = node.location.span if node is not None else None
    return span.line if span else None


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("spec.containers[0].image", ("spec", "containers", 0, "image")),
        ("spec.containers.0.image", ("spec", "containers", "0", "image")),
        ("$.spec", ("spec",)),
        ("input.spec", ("spec",)),
        (".spec", ("spec",)),
        ("metadata.labels['a.b/c']", ("metadata", "labels", "a.b/c")),
        ('metadata["labels"]["it\\"s"]', ("metadata", "labels", 'it"s')),
        ("[0].kind", (0, "kind")),
        ("/spec/a~1b/c~0d/0", ("spec", "a/b", "c~d", "0")),
        (["spec", 0, None, 1.5], ("spec", 0)),
        ("", ()),
        (None, ()),
        ({}, ()),
        ("spec..image", ("spec", "image")),
        ("spec.containers[", ("spec", "containers")),
    ],
)
def test_the_steps_of_a_path(path: object, steps: tuple[str | int, ...]) -> None:
    assert places.steps(path) == steps


KEYS = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="'\\"), min_size=1)
PATHS = st.lists(st.one_of(KEYS, st.integers(0, 99)), min_size=1, max_size=5).map(tuple)


@given(PATHS)
def test_a_path_survives_being_written(path: tuple[str | int, ...]) -> None:
    if path[0] not in ("$", "input", "object", "review"):
        assert places.steps(dotted(path)) == path
    assert places.steps(places.to_pointer(path)) == tuple(map(str, path))
    assert places.steps(list(path)) == path


@given(st.one_of(st.text(), st.lists(st.one_of(st.text(), st.integers()))))
def test_any_path_leads_somewhere_or_nowhere(path: object) -> None:
    places.descend(pod().node, places.steps(path))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("spec.containers.1.image", 13),
        ("spec.containers[log-agent]", 12),
        ("spec.containers[name=log]", 14),
        ("spec.containers[name='log'].image", 15),
        ("spec.containers[9]", 9),
        ("spec.containers[nobody]", 9),
        ("metadata.annotations.example.com/owner", 6),
        ("metadata.annotations.a.b.c", 7),
        ("metadata.labels.team", 3),
        ("spec.containers[0].image.tag", 11),
        ("status", None),
        ("containers[0]", None),
    ],
)
def test_where_a_path_leads(path: str, line: int | None) -> None:
    found = places.descend(pod().node, places.steps(path))
    assert line_of(found) == line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Container 'log' is root", 14),
        ("Container 'log-agent' is root", 12),
        ("container log-agent is root", 12),
        ("container <log> is root", 14),
        ("containers: log-agent, log", 12),
        ("`log-agent` and 'log'", 12),
        ('image of "log" beside "log-agent"', 14),
        ("Container 'web' of Pod 'web'", 10),
        ("Pod 'web' has no owner", None),
        ("log is written", None),
        ("", None),
    ],
)
def test_containers_that_a_message_names(message: str, line: int | None) -> None:
    found = places.mentioned(pod(), message)
    assert line_of(found) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (POD, 4),
        ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n", 3),
        ("apiVersion: v1\nkind: Pod\nspec: {}\n", 2),
    ],
)
def test_an_object_is_where_its_name_is(text: str, line: int) -> None:
    (node,) = read("a.yaml", text.encode()).objects
    assert line_of(places.whole(Manifest(node))) == line
