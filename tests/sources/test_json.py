"""JSON as an API server reads it, with places, for files that call themselves JSON or are."""

from __future__ import annotations

import pytest

from kubeguard.sources import json
from kubeguard.sources.budget import Budget

SMALL = Budget(depth=5, documents=3, nodes=20, troubles=4)


def values(text: str) -> list[object]:
    documents, broken = json.read("a.json", text)
    assert not broken, broken[0].message
    assert not any(document.troubles for document in documents)
    return [document.node.value for document in documents]


def said(text: str, budget: Budget | None = None) -> list[str]:
    documents, broken = json.read("a.json", text, budget or Budget())
    found = []
    for trouble in [t for d in documents for t in d.troubles] + broken:
        span = trouble.node.location.span
        assert span is not None
        found.append(f"{span.line}:{span.column} {trouble.kind.value}: {trouble.message}")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \r\n\t", []),
        ("{}", [{}]),
        ("[]", [[]]),
        ('{"a": [1, {"b": []}, {}], "c": null}', [{"a": [1, {"b": []}, {}], "c": None}]),
        ('{"a": 1}{"b": 2}\n[3]\n"x" 4', [{"a": 1}, {"b": 2}, [3], "x", 4]),
        ("[0, -0, 1.0, 1e3, 1E+2, -2.5e-1]", [[0, 0, 1, 1000, 100, -0.25]]),
        ("[true, false, null]", [[True, False, None]]),
        (r'"\u00e9\n\"\\\/\ud83d\ude00"', ['é\n"\\/\U0001f600']),
        (r'["\ud800", "\udc00x"]', [["\ufffd", "\ufffdx"]]),
        ("18446744073709551616", [2**64]),
    ],
)
def test_values(text: str, expected: list[object]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "1:2 broken: expected a key in double quotes"),
        ("[", "1:2 broken: expected a value, found the end of the file"),
        ('{"a": 1,}', "1:9 broken: expected a key in double quotes"),
        ("[1,]", "1:4 broken: expected a value, found ']'"),
        ("[1 2]", "1:4 broken: expected ',' or ']'"),
        ('{"a" 1}', "1:6 broken: expected ':' after the key"),
        ("{a: 1}", "1:2 broken: expected a key in double quotes"),
        ("{'a': 1}", "1:2 broken: expected a key in double quotes"),
        ('{"a": yes}', "1:7 broken: expected a value, found 'y'"),
        ('{\n  "a": "x\n}', "2:10 broken: invalid control character"),
        ('{\n  // note\n  "a": 1}', "2:3 broken: expected a key in double quotes"),
        ('{"a": 1}\n]', "2:1 broken: expected a value, found ']'"),
        ('["\\x"]', "1:3 broken: invalid \\escape"),
        ('["', "1:2 broken: unterminated string"),
        ("NaN", "1:1 broken: expected a value, found 'N'"),
        ("-", "1:1 broken: expected a value, found '-'"),
    ],
)
def test_what_is_no_json_is_broken_at_its_place(text: str, message: str) -> None:
    assert said(text) == [message]


def test_values_before_a_broken_one_are_kept() -> None:
    documents, broken = json.read("a.json", '{"a": 1}\n{"b": 2}\n{"c"')
    assert [document.node.value for document in documents] == [{"a": 1}, {"b": 2}]
    assert [document.node.source.document for document in documents] == [0, 1]
    assert broken[0].node.source.document == 2


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('{"a": 1, "a": 2}', ("a",), "1:10 'a' is given twice, first at 1:2"),
        ('[0, {"x": {"k": 1,\n"k": 2}}]', (1, "x", "k"), "2:1 'k' is given twice, first at 1:12"),
        ('{"x": [{}, [{"k": {}, "k": []}]]}', ("x", 1, 0, "k"), "1:23 'k' is given twice, first"),
        (r'{"a": 1, "\u0061": 2}', ("a",), "1:10 'a' is given twice, first at 1:2"),
    ],
)
def test_duplicate_keys(text: str, path: tuple[str | int, ...], message: str) -> None:
    documents, _ = json.read("a.json", text)
    (trouble,) = documents[0].troubles
    assert trouble.node.path == path
    assert said(text)[0].replace("duplicate key: ", "").startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[[[[1]]]]]", None),
        ("[[[[[[1]]]]]]", "1:6 over budget: nested deeper than 5 levels"),
        ('{"a":' * 6 + "1" + "}" * 6, "1:26 over budget: nested deeper than 5 levels"),
        ("1 2 3", None),
        ("1 2 3 4", "1:7 over budget: more than 3 values in one file"),
        ("[" + "1," * 20 + "1]", "1:42 over budget: more than 20 nodes"),
        ("[" + "1," * 9 + "1] [" + "1," * 9 + "1]", "1:42 over budget: more than 20 nodes"),
    ],
)
def test_budgets_end_in_an_error_at_the_place(text: str, message: str | None) -> None:
    assert said(text, SMALL) == ([message] if message else [])


def test_complaints_beyond_the_budget_are_counted() -> None:
    text = "{" + ",".join('"a": 1' for _ in range(9)) + "}"
    assert said(text, SMALL)[4:] == [
        "1:37 duplicate key: 4 more complaints about this input are not listed"
    ]


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_depth_is_no_crash(opening: str) -> None:
    (found,) = said(opening * 20_000)
    assert "nested deeper than 200 levels" in found
