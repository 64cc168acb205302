"""In whatever style it is written: the text at a place is the value that is said to be there."""

from __future__ import annotations

import json as standard_json
import math
from collections.abc import Iterator

import pytest
import yaml as pyyaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kubeguard.model.location import Path, Span
from kubeguard.model.node import Node
from kubeguard.sources import json, yaml
from kubeguard.sources.places import TextPlaces

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff")
)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(
        ["y", "on", "012", "1e3", "12:30", "a: b", "# no", "a\nb\n", "- x", "<<", "{{"]
    )
)
KEY = TEXT | st.sampled_from(["a", "b", "on", "<<", "0x10", "a b", "? c"])
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=20,
)
STYLE = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, '"', "'", "|", ">"]),
        "indent": st.integers(2, 6),
        "width": st.sampled_from([20, 80, 10_000]),
        "allow_unicode": st.booleans(),
        "line_break": st.sampled_from(["\n", "\r\n", "\r"]),
        "explicit_start": st.booleans(),
    }
)


class Dumper(pyyaml.SafeDumper):
    """Writes what occurs twice as an anchor and an alias."""


def paths(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from paths(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from paths(child, (*path, index))


def cut(places: TextPlaces, span: Span) -> str:
    starts = places.lines.starts
    first = starts[span.line - 1] + span.column - 1
    return places.lines.text[first : starts[span.end_line - 1] + span.end_column - 1]


def reread(text: str) -> object:
    """The value of a text cut out of its surroundings: `&x` of it may come back, `*x` may not."""
    documents, broken = yaml.read("cut", f"- {text}\n")
    assert not broken, (text, broken[0].message)
    value = documents[0].node.value
    assert isinstance(value, list)
    return value[0]


def same(left: object, right: object) -> bool:
    return (left == right and type(left) is type(right)) or (
        isinstance(left, float) and isinstance(right, float) and math.isclose(left, right)
    )


def within(outer: Span, inner: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (
        inner.end_line,
        inner.end_column,
    ) <= (outer.end_line, outer.end_column)


def agrees(node: Node) -> None:
    places = node.source.places
    assert isinstance(places, TextPlaces)
    for path, value in paths(node.value):
        span, key, extent = places.span(path), places.key_span(path), places.extent(path)
        assert span is not None
        assert key is not None
        assert extent is not None
        spot = places.spot(path)
        if spot.below is None and spot.start != spot.end:
            assert same(reread(cut(places, span)), value)
        if path and isinstance(path[-1], str):
            assert reread_key(cut(places, key)) == path[-1]
        if path and not alias(places, path[:-1]):
            outer = places.extent(path[:-1])
            assert outer is not None
            assert within(outer, extent)
        missing = (*path, "no such key")
        assert places.span(missing) == places.span(path)


def reread_key(text: str) -> object:
    documents, broken = yaml.read("cut", f"? {text}\n: 1\n")
    assert not broken, (text, broken[0].message)
    value = documents[0].node.value
    assert isinstance(value, dict)
    return next(iter(value))


def alias(places: TextPlaces, path: Path) -> bool:
    """Whether any part of the path was brought in from elsewhere."""
    text = places.lines.text
    return any(
        text.startswith("*", places.spot(path[:length]).start) for length in range(len(path) + 1)
    )


@settings(max_examples=100, deadline=None)
@given(value=VALUE, shared=VALUE, style=STYLE)
def test_yaml(value: object, shared: object, style: dict[str, object]) -> None:
    text = pyyaml.dump([value, {"one": shared, "two": [shared]}], Dumper=Dumper, **style)  # type: ignore[call-overload]
    documents, broken = yaml.read("a.yaml", text)
    assert not broken, broken[0].message
    agrees(documents[0].node)


@settings(max_examples=100, deadline=None)
@given(value=VALUE, comments=st.lists(st.integers(0, 60), max_size=6))
def test_yaml_with_comments(value: object, comments: list[int]) -> None:
    lines = pyyaml.dump({"top": value}, width=10_000, default_flow_style=False).split("\n")
    for number in comments:
        lines.insert(min(number, len(lines)), "  " * (number % 4) + "# comment")
    text = "\n".join(lines)
    documents, broken = yaml.read("a.yaml", text)
    assume(not broken)
    agrees(documents[0].node)
    places = documents[0].node.source.places
    assert isinstance(places, TextPlaces)
    scalars = [str(found) for _, found in paths(documents[0].node.value)]
    for number, line in enumerate(lines, 1):
        if line.strip() == "# comment" and not any("# comment" in each for each in scalars):
            assert places.is_comment(number, line.index("#") + 1)


@settings(max_examples=100, deadline=None)
@given(value=VALUE, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_json(value: object, indent: int | None, ascii_only: bool) -> None:
    text = standard_json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    documents, broken = json.read("a.json", text)
    assert not broken
    node = documents[0].node
    assert node.value == value
    places = node.source.places
    assert isinstance(places, TextPlaces)
    for path, found in paths(node.value):
        span, key = places.span(path), places.key_span(path)
        assert span is not None
        assert key is not None
        if not isinstance(found, dict | list):
            assert standard_json.loads(cut(places, span)) == found
        if path and isinstance(path[-1], str):
            assert standard_json.loads(cut(places, key)) == path[-1]


@settings(max_examples=100, deadline=None)
@given(value=VALUE)
def test_every_entry_begins_on_its_line(value: object) -> None:
    text = pyyaml.dump({"top": value}, default_flow_style=False)
    documents, broken = yaml.read("a.yaml", text)
    assert not broken
    places = documents[0].node.source.places
    assert isinstance(places, TextPlaces)
    begun = {
        path
        for number in range(1, len(places.lines.starts) + 1)
        for path in places.starting(number)
    }
    assert begun == {
        path for path, _ in paths(documents[0].node.value) if not alias(places, path[:-1])
    }


@pytest.mark.parametrize("text", ["", "---\n", "~\n", "[]\n", "{}\n", "# only\n---\n"])
def test_the_place_of_next_to_nothing(text: str) -> None:
    documents, _ = yaml.read("a.yaml", text)
    for document in documents:
        assert document.node["a"][0].location.span is not None
