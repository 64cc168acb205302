"""The JSON report keeps to its schema, and the documentation to the JSON report."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from handmade import CONTEXT, EIGHT, EIGHT_FLAWS, EVERYTHING, NOTHING, many
from jsonschema import Draft202012Validator

from kubeguard.formats import render
from kubeguard.model.finding import Report

SCHEMA = json.loads((files("kubeguard.formats") / "report.schema.json").read_text())
DOCS = Path(__file__).parents[2] / "docs" / "json.md"


@pytest.mark.parametrize("report", [NOTHING, EIGHT_FLAWS, EVERYTHING, many(1001)])
def test_it_keeps_to_the_schema(report: Report) -> None:
    document = json.loads(render("json", report, CONTEXT))
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    assert len(document["findings"]) == len(report.findings)


def test_a_finding_field_by_field() -> None:
    finding = EVERYTHING.findings[2]
    assert json.loads(render("json", EVERYTHING, CONTEXT))["findings"][2] == {
        "check": "KG3002",
        "severity": "critical",
        "message": "container 'app' is privileged",
        "file": "web.yaml",
        "span": {"line": 14, "column": 25, "end_line": 14, "end_column": 29},
        "document": 0,
        "path": ["spec", "template", "spec"],
        "object": {"kind": "Deployment", "namespace": "shop", "name": "web"},
        "excerpt": {
            "first": 13,
            "lines": [
                "          securityContext:",
                "            privileged: true",
                "            runAsUser: 0",
            ],
        },
        "fix": {"hint": "remove securityContext.privileged", "grade": "safe"},
        "suppression": {
            "reason": "the node agent needs it",
            "by": "comment",
            "expires": "2027-01-31",
        },
        "known": False,
        "fingerprint": finding.fingerprint,
    }


def test_the_rest_field_by_field() -> None:
    document = json.loads(render("json", EVERYTHING, CONTEXT))
    assert document["tool"] == {"name": "kubeguard", "version": "1.2.3"}
    assert document["policy"] == {
        "profile": "restricted",
        "fail_on": "medium",
        "kubernetes_version": "1.33",
    }
    assert document["summary"] == {
        "findings": {"info": 1, "low": 0, "medium": 2, "high": 1, "critical": 0},
        "suppressed": 1,
        "known": 1,
        "faults": 1,
        "inputs": {"judged": 4, "skipped": 3, "failed": 1},
    }
    assert document["complete"] is False
    assert document["inputs"][1] == {
        "file": "broken.yaml",
        "outcome": "failed",
        "what": "YAML",
        "reason": "line 3, column 1: a tab cannot indent",
        "objects": 0,
    }
    assert [check["id"] for check in document["checks"]] == [
        *("KG1001", "KG3001", "KG3002", "KG3003", "KG3020", "KG7001")
    ]


@pytest.mark.parametrize(
    "message", ["\x1b[2J", "\u202eevil", "\udcff", "##vso[x]", "\U000e0041", "\x7f"]
)
def test_text_is_exact_and_yet_hidden(message: str) -> None:
    text = render("json", Report((replace(EIGHT[0], message=message),)))
    assert json.loads(text)["findings"][0]["message"] == message
    assert message not in text


def test_the_documentation_names_every_field() -> None:
    documented = DOCS.read_text()
    assert [name for name in sorted(_fields(SCHEMA)) if f"`{name}`" not in documented] == []


def _fields(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_fields, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    return set(properties).union(*map(_fields, schema.values()))
