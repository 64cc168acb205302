"""What kubectl sees, where it stands, and what is said about the rest."""

from __future__ import annotations

import pytest

from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.model.trouble import Trouble
from kubeguard.sources.budget import Budget
from kubeguard.sources.yaml import read

SMALL = Budget(depth=5, documents=3, nodes=20, expanded=40, troubles=4)


def one(text: str) -> Node:
    """The only document of a text that must be whole."""
    documents, broken = read("a.yaml", text)
    assert not broken
    assert len(documents) == 1
    assert not documents[0].troubles
    return documents[0].node


def said(text: str, budget: Budget | None = None) -> list[str]:
    """Every complaint: `line:column kind: message`."""
    documents, broken = read("a.yaml", text, budget or Budget())
    troubles = [t for d in documents for t in d.troubles] + broken
    return [show(trouble) for trouble in troubles]


def show(trouble: Trouble) -> str:
    span = trouble.node.location.span
    assert span is not None
    return f"{span.line}:{span.column} {trouble.kind.value}: {trouble.message}"


def at(node: Node, *path: str | int) -> tuple[int, int, int, int]:
    span = node.at(*path).location.span
    assert span is not None
    return span.line, span.column, span.end_line, span.end_column


# What kubectl sees


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}", {"k": 3, "l": 2}),
        ("a: &x {k: 1, l: 2}\nb: {k: 3, <<: *x}", {"k": 1, "l": 2}),
        ("a: &x {k: 1}\nc: &y {k: 2, m: 5}\nb: {<<: [*x, *y]}", {"k": 1, "m": 5}),
        ("b: {<<: [{k: 1}, {k: 2}]}", {"k": 1}),
        ("a: &x {k: 1}\nb: {<<: *x, <<: {k: 2}}", {"k": 2}),
        ("a: &x {k: 1}\nc: &y {<<: *x, m: 5}\nb: {<<: *y, z: 1}", {"k": 1, "m": 5, "z": 1}),
        ("a: &x {<<: {k: {l: 1}}}\nb: {<<: *x}", {"k": {"l": 1}}),
        ("a: &x {k: null}\nb: {<<: *x, k: 1}", {"k": 1}),
        ("b: {<<: {}}", {}),
        ("b: {<<: []}", {}),
        ("b: {!!merge <<: {a: 1}}", {"a": 1}),
        ("b: {'<<': {a: 1}}", {"<<": {"a": 1}}),
        ("b: {!!str <<: {a: 1}}", {"<<": {"a": 1}}),
    ],
)
def test_merge_keys_act_in_order_and_the_later_one_wins(text: str, value: object) -> None:
    assert one(text).get("b") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x 5\nb: *x", {"a": 5, "b": 5}),
        ("a: &x\nb: *x", {"a": None, "b": None}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
        ("&k key: 1\nb: *k", {"key": 1, "b": "key"}),
        ("&k key: 1\na: {*k : 2}", {"key": 1, "a": {"key": 2}}),
        ("a: &k yes\nb: {*k : 2}", {"a": True, "b": {"true": 2}}),
        ("- &x [1]\n- [*x, *x]", [[1], [[1], [1]]]),
        ("a: !!str yes\nb: ! yes\nc: 'yes'", {"a": "yes", "b": "yes", "c": "yes"}),
        ("a: !!int '3'\nb: !!float 3\nc: !!bool 'on'", {"a": 3, "b": 3, "c": True}),
        ("a: !!null ''\nb: !!binary aGVs", {"a": None, "b": "hel"}),
        ("a: !!binary |\n  aGVs\n  bG8=", {"a": "hello"}),
        ("a: !!timestamp 2001-01-01", {"a": "2001-01-01"}),
        ("yes: 1\n0x10: 2\n1.5: 3\n'null': 4", {"true": 1, "16": 2, "1.5": 3, "null": 4}),
        ("? a\n? b", {"a": None, "b": None}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y", {"a": "x\ny\n", "b": "x y"}),
        ("a: b#c\nd: 1 # e", {"a": "b#c", "d": 1}),
        ("[a: 1, {b}]", [{"a": 1}, {"b": None}]),
        ("5", 5),
        ("~", None),
    ],
)
def test_values(text: str, value: object) -> None:
    assert one(text).value == value


def test_values_are_those_of_yaml_and_not_of_json_inside_quotes() -> None:
    assert one(r'a: "\x41\u00e9\n\"\U0001F600"').get("a") == 'A\u00e9\n"\U0001f600'


# Where it stands


def test_scalars_stand_where_their_value_is_and_collections_at_their_key() -> None:
    node = one("spec:\n  containers:\n    - name: a\n      args: [x, 'y z']\n  'q k': \"v\"\n")
    assert at(node, "spec") == (1, 1, 1, 5)
    assert at(node, "spec", "containers") == (2, 3, 2, 13)
    assert at(node, "spec", "containers", 0) == (3, 7, 3, 14)
    assert at(node, "spec", "containers", 0, "name") == (3, 13, 3, 14)
    assert at(node, "spec", "containers", 0, "args") == (4, 7, 4, 11)
    assert at(node, "spec", "containers", 0, "args", 1) == (4, 17, 4, 22)
    assert at(node, "spec", "q k") == (5, 10, 5, 13)
    assert node.source.places.key_span(("spec", "q k")) == node.source.places.lines.span(59, 64)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("spec", "missing"), 1),
        (("spec", "a", "missing", "deeper", 3), 2),
        (("spec", "list", 9), 3),
        (("spec", "list", 0, "x"), 4),
        (("nothing",), 1),
    ],
)
def test_what_is_missing_stands_at_its_nearest_parent(path: Path, line: int) -> None:
    assert at(one("spec:\n  a: 1\n  list:\n    - b\n"), *path)[0] == line


def test_a_null_without_text_stands_at_its_key() -> None:
    assert at(one("a:\nb: 1\n"), "a") == (1, 1, 1, 2)


def test_what_comes_through_an_alias_stands_where_it_was_written() -> None:
    node = one("a: &x\n  k: 1\nb: *x\nc:\n  <<: *x\n  l: 2\n")
    assert at(node, "b") == (3, 1, 3, 2)
    assert at(node, "b", "k") == at(node, "c", "k") == at(node, "a", "k") == (2, 6, 2, 7)
    assert at(node, "c", "l") == (6, 6, 6, 7)


def test_columns_count_characters() -> None:
    assert at(one("\U0001f600é: {b: 'ü', c: 1}\n"), "\U0001f600é", "c") == (1, 17, 1, 18)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end: str) -> None:
    documents, broken = read("a", end.join(["a: 1", "--- # next", "b:", "- c", "---", "d: [", ""]))
    assert [document.node.value for document in documents] == [{"a": 1}, {"b": ["c"]}]
    assert at(documents[1].node, "b", 0) == (4, 3, 4, 4)
    assert [trouble.node.source.document for trouble in broken] == [2]
    assert broken[0].node.location.span is not None
    assert broken[0].node.location.span.line == 6


# Documents


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("# nothing\n", []),
        ("---\n", [None]),
        ("---\n---\n", [None, None]),
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("--- # first\na: 1\n--- # next\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("--- {a: 1}\n--- [b]\n--- c\n", [{"a": 1}, ["b"], "c"]),
        ("--- |\n  text\n--- >\n  more\n", ["text\n", "more\n"]),
        ("--- !!map\na: 1\n--- &x\nb: 1\n", [{"a": 1}, {"b": 1}]),
        ("a: 1\n...\n---\nb: 2\n...\n", [{"a": 1}, {"b": 2}]),
        ("%YAML 1.1\n---\na: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: ----\nb: '\n\n  ---x'\n", [{"a": "----", "b": "\n---x"}]),
        ("a: |\n  ---\n  x\n", [{"a": "---\nx\n"}]),
        ("---a: 1\n", [{"---a": 1}]),
    ],
)
def test_documents_are_told_apart(text: str, values: list[object]) -> None:
    documents, broken = read("a.yaml", text)
    assert not broken
    assert [document.node.value for document in documents] == values
    assert [document.node.source.document for document in documents] == list(range(len(values)))


def test_a_broken_document_does_not_lose_the_others() -> None:
    documents, broken = read("a.yaml", "a: 1\n---\nb: [\n---\nc: 3\n---\nd: 'x\n---\ne: 5\n")
    numbered = [(d.node.source.document, d.node.value) for d in documents]
    assert numbered == [(0, {"a": 1}), (2, {"c": 3}), (4, {"e": 5})]
    assert [(t.node.source.document, show(t)) for t in broken] == [
        (1, "3:4 broken: while parsing a flow node did not find expected node content"),
        (3, "7:4 broken: while scanning a quoted scalar found unexpected end of stream"),
    ]
    assert at(documents[2].node, "e") == (9, 4, 9, 5)


# What is said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {\n# c\n\n  # d\n---\n# e\n", "1:4 broken: while parsing a flow node"),
        ("a: [1,\n  2\n# c\n", "1:4 broken: while parsing a flow sequence"),
        ("a: b: c", "1:5 broken: mapping values are not allowed in this context"),
        ("a:\n\tb: 1", "2:1 broken: a tab where YAML wants spaces"),
        ("a: *x", "1:4 broken: alias *x has no anchor before it"),
        ("a: *x\n---\nb: &x 1", "1:4 broken: alias *x has no anchor before it"),
        ("a: &x [*x]", "1:8 broken: alias *x lies inside its own anchor"),
        ("<<: 5", "1:5 broken: a merge key needs a mapping, or a list of mappings"),
        ("<<: [1]", "1:5 broken: a merge key needs a mapping, or a list of mappings"),
        ("<<:", "1:4 broken: a merge key needs a mapping, or a list of mappings"),
        ("a: &x 1\nb: {<<: *x}", "2:9 broken: a merge key needs a mapping, or a list of mappings"),
        ("? [a]\n: 1", "1:3 broken: a list cannot be a key; quote the text if it is meant"),
        ("a: {{ .x }}", "1:5 broken: a mapping cannot be a key; quote the text if it is meant"),
        ("x: &k [1]\n*k : 2", "2:1 broken: alias *k cannot be a key"),
        ("x: &k\n*k : 2", "2:1 broken: alias *k cannot be a key"),
        ("null: 1", "1:1 broken: a null cannot be a key; quote it if the text is meant"),
        ("? \n: 1", "1:2 broken: a null cannot be a key; quote it if the text is meant"),
        ("a: !!bool abc", "1:4 broken: 'abc' cannot be read as !!bool"),
        ("a: !!int 3.5", "1:4 broken: '3.5' cannot be read as !!int"),
        ("a: !!float yes", "1:4 broken: 'yes' cannot be read as !!float"),
        ("---\n---\na: !!binary '***'", "3:4 broken: !!binary without base64 in it"),
        ("a: 1\nb: \x07", "2:4 broken: the character U+0007 is not allowed in YAML"),
        ("a: \ufffe", "1:4 broken: the character U+FFFE is not allowed in YAML"),
        (r'a: "\ud800"', "1:7 broken: while parsing a quoted scalar found invalid Unicode"),
    ],
)
def test_what_kubectl_refuses_is_broken_at_its_place(text: str, message: str) -> None:
    (found,) = said(text)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a: 1\nb: 2\na: 3", ["3:1 'a' first at 1:1"]),
        ("a: 1\na: 2\na: 3", ["2:1 'a' first at 1:1", "3:1 'a' first at 2:1"]),
        ("x:\n  - {k: 1, 'k': 2}", ["2:12 'k' first at 2:6"]),
        ("x: {y: {k: 1,\n k: 2}}", ["2:2 'k' first at 1:9"]),
        ("yes: 1\n'true': 2", ["2:1 'true' first at 1:1"]),
        ("&k a: 1\n*k : 2", ["2:1 'a' first at 1:1"]),
        ("b:\n  <<: {a: 1}\n  a: 2", []),
        ("x: &x {a: 1}\nb: {<<: *x, a: 2}", []),
        ("x: &x {a: 1}\nb: {a: 2, <<: *x}", []),
        ("x: &x {a: 1}\nb:\n  <<: *x\n  a: 2\n  a: 3", ["5:3 'a' first at 4:3"]),
        ("b:\n  a: 2\n  <<: {a: 1}\n  a: 3", ["4:3 'a' first at 2:3"]),
        ("b:\n  <<: {a: 1}\n  <<: {a: 2}", []),
    ],
)
def test_a_key_given_twice_is_reported_with_both_places(text: str, messages: list[str]) -> None:
    texts = [
        message.replace("duplicate key: ", "")
        .replace("is given twice, ", "")
        .removesuffix("; only the last one counts")
        for message in said(text)
    ]
    assert texts == messages


def test_a_duplicate_key_keeps_the_path_of_its_value() -> None:
    documents, _ = read("a", "x:\n- {}\n- z: {k: 1, k: 2}\n")
    (trouble,) = documents[0].troubles
    assert trouble.node.path == ("x", 1, "z", "k")
    assert documents[0].node.get(*trouble.node.path) == 2


@pytest.mark.parametrize(
    ("text", "place", "tag"),
    [
        ("a: !foo yes", "1:4", "!foo"),
        ("a: &x !foo {b: 1}", "1:7", "!foo"),
        ("a: !!python/none x", "1:4", "!!python/none"),
        ("- !<tag:x.org,2000:y> [1]", "1:3", "!<tag:x.org,2000:y>"),
        ("!Ref a: 1", "1:1", "!Ref"),
        ("a: !!omap [b: 1]", "1:4", "!!omap"),
    ],
)
def test_foreign_tags_are_reported_where_they_stand(text: str, place: str, tag: str) -> None:
    assert said(text) == [f"{place} unknown tag: the tag {tag} means nothing to kubectl"]
    documents, _ = read("a", text)
    span = documents[0].troubles[0].node.location.span
    assert span is not None
    assert text[span.column - 1 : span.end_column - 1] == tag


def test_a_foreign_tag_leaves_the_text_alone() -> None:
    documents, _ = read("a", "a: !foo yes\nb: !foo [yes]")
    assert documents[0].node.value == {"a": "yes", "b": [True]}


# Budgets


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[[[[1]]]]]", None),
        ("[[[[[[1]]]]]]", "1:6 over budget: nested deeper than 5 levels"),
        ("a:\n b:\n  c:\n   d:\n    e:\n     f: 1", "6:6 over budget: nested deeper than 5 levels"),
        ("- - - - - - 1", "1:11 over budget: nested deeper than 5 levels"),
        ("---\n" * 3, None),
        ("---\n" * 4, "4:1 over budget: more than 3 documents in one file"),
        ("%YAML 1.1\n" + "---\n" * 4, "6:1 over budget: more than 3 documents in one file"),
        ("[" + "1," * 19 + "]", None),
        ("[" + "1," * 20 + "]", "1:40 over budget: more than 20 nodes"),
        ("- 1\n" * 10 + "---\n" + "- 1\n" * 10, "20:3 over budget: more than 20 nodes"),
        ("a: &a [1]\nb: [" + "*a," * 20 + "]", None),
        (
            "a: &a [1]\nb: [" + "*a," * 21 + "]",
            "2:65 over budget: aliases stand for more than 40 nodes",
        ),
        (
            "- &a {k: 1, l: 1}\n- &b {x: *a, y: *a}\n- &c {x: *b, y: *b}\n- [*c, *c]",
            "4:8 over budget: aliases stand for more than 40 nodes",
        ),
        (
            "a: &a {k1: 1, k2: 1, k3: 1}\nb:\n" + "  <<: *a\n" * 11,
            "13:7 over budget: aliases stand for more than 40 nodes",
        ),
        (
            "a: &a {k1: 1, k2: 1, k3: 1}\nb: {<<: [" + "*a," * 11 + "]}",
            "2:40 over budget: aliases stand for more than 40 nodes",
        ),
    ],
)
def test_budgets_end_in_an_error_at_the_place(text: str, message: str | None) -> None:
    assert said(text, SMALL) == ([message] if message else [])


def test_documents_before_the_end_of_a_budget_are_kept() -> None:
    documents, broken = read("a", "a: 1\n---\n[[[[[[1]]]]]]\n---\nb: 2", SMALL)
    assert [(d.node.source.document, d.node.value) for d in documents] == [
        (0, {"a": 1}),
        (2, {"b": 2}),
    ]
    assert len(broken) == 1


def test_complaints_beyond_the_budget_are_counted() -> None:
    budget = Budget(troubles=4)
    assert said("a: 1\n" * 9, budget)[4:] == [
        "6:1 duplicate key: 4 more complaints about this input are not listed"
    ]
    assert said("- !t x\n" * 9, budget)[4:] == [
        "5:3 unknown tag: 5 more complaints about this input are not listed"
    ]
    assert said("a: [\n---\n" * 9, budget)[4:] == [
        "9:4 broken: 5 more complaints about this input are not listed"
    ]


def test_a_broken_document_is_listed_even_when_the_budget_is_spent() -> None:
    found = said("a: 1\n" * 9 + "---\nb: [", SMALL)
    assert sum(" broken: " in each for each in found) == 1


# Comments and entries


TEXT = """\
# top
a: x # after a
b: "# no" # yes
c: |  # header
  # text
  more
# between
list:
  # above
  - name: n # last
  - k: 1
    "l # m": 2
"""


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        (1, 1, True),
        (2, 6, True),
        (3, 5, False),
        (3, 11, True),
        (4, 7, True),
        (5, 3, False),
        (7, 1, True),
        (9, 3, True),
        (10, 13, True),
        (12, 8, False),
    ],
)
def test_comments_are_told_from_values(line: int, column: int, expected: bool) -> None:
    assert one(TEXT).source.places.is_comment(line, column) is expected  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        (0, ()),
        (1, ()),
        (2, ((), ("a",))),
        (5, ()),
        (8, (("list",),)),
        (10, (("list", 0), ("list", 0, "name"))),
        (11, (("list", 1), ("list", 1, "k"))),
        (12, (("list", 1, "l # m"),)),
        (99, ()),
    ],
)
def test_the_entries_that_begin_on_a_line(line: int, paths: tuple[Path, ...]) -> None:
    assert one(TEXT).source.places.starting(line) == paths  # type: ignore[attr-defined]


def test_what_an_alias_brings_in_begins_where_it_was_written() -> None:
    places = one("a: &x\n  k: 1\nb: {<<: *x}\nc: *x\n").source.places
    assert places.starting(2) == (("a", "k"),)  # type: ignore[attr-defined]
    assert places.starting(4) == (("c",),)  # type: ignore[attr-defined]
