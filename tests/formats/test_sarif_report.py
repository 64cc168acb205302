"""SARIF that the official schema accepts and code scanning understands.

The schema is the OASIS one (errata 01) without its descriptions, as it ships in the Go module
github.com/owenrumney/go-sarif/v3.
"""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from handmade import CONTEXT, EIGHT_FLAWS, EVERYTHING, HOST_NETWORK, NOTHING, many

from kubeguard.formats import Context, render
from kubeguard.formats.sarif import uri
from kubeguard.model.finding import Report, Spelling, Suppression

SCHEMA = json.loads(
    gzip.decompress(Path(__file__).with_name("sarif-schema-2.1.0.json.gz").read_bytes())
)
OFFICIAL = jsonschema_rs.Draft4Validator(SCHEMA, validate_formats=True)


def run_of(report: Report, context: Context = CONTEXT) -> dict[str, Any]:
    document = json.loads(render("sarif", report, context))
    OFFICIAL.validate(document)
    (run,) = document["runs"]
    return run


@pytest.mark.parametrize("report", [NOTHING, EIGHT_FLAWS, EVERYTHING, many(1001)])
def test_the_official_schema_accepts_it(report: Report) -> None:
    assert len(run_of(report)["results"]) == len(report.findings)


def test_a_rule(tmp_path: Path) -> None:
    page = tmp_path / "workload" / "host_network.md"
    page.parent.mkdir()
    page.write_text(
        "# Workload shares the node's network\n\nEvery policy is\nskipped.\n\n## What\n"
    )
    check = replace(HOST_NETWORK, page=page)
    context = CONTEXT._replace(checks=(check,), docs="https://docs.example/checks")
    (rule,) = run_of(NOTHING, context)["tool"]["driver"]["rules"]
    assert rule == {
        "id": "KG3001",
        "name": "workload_shares_the_node's_network",
        "shortDescription": {"text": "Workload shares the node's network"},
        "fullDescription": {"text": "Every policy is skipped."},
        "help": {"text": page.read_text(), "markdown": page.read_text()},
        "helpUri": "https://docs.example/checks/KG3001",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["security", "workload", "PSS baseline", "CWE-250"],
            "precision": "high",
            "problem.severity": "error",
            "security-severity": "8.0",
        },
    }


def test_a_result() -> None:
    run = run_of(EVERYTHING)
    result = run["results"][0]
    assert result == {
        "ruleId": "KG3001",
        "ruleIndex": 1,
        "level": "error",
        "message": {
            "text": "the pod joins the node's network namespace. Fix: remove spec.hostNetwork."
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "web.yaml", "index": 5},
                    "region": {"startLine": 9, "startColumn": 20, "endLine": 9, "endColumn": 24},
                },
                "logicalLocations": [
                    {
                        "name": "Deployment shop/web",
                        "fullyQualifiedName": "Deployment shop/web spec.template.spec",
                        "kind": "object",
                    }
                ],
            }
        ],
        "partialFingerprints": {"kubeguard/v1": EVERYTHING.findings[0].fingerprint},
        "suppressions": [],
        "baselineState": "new",
    }
    assert run["tool"]["driver"]["rules"][1]["id"] == "KG3001"
    assert run["artifacts"][5]["location"]["uri"] == "web.yaml"
    assert run["columnKind"] == "unicodeCodePoints"


def test_settled_findings() -> None:
    suppressed, known = run_of(EVERYTHING)["results"][2:4]
    assert suppressed["suppressions"] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "the node agent needs it (until 2027-01-31)",
        }
    ]
    assert (suppressed["baselineState"], known["baselineState"]) == ("new", "unchanged")


def test_a_suppression_in_the_configuration_is_external() -> None:
    suppression = Suppression("because", Spelling.CONFIGURATION)
    finding = replace(EIGHT_FLAWS.findings[0], suppression=suppression)
    assert run_of(Report((finding,)))["results"][0]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "because"}
    ]


def test_without_a_baseline_there_is_no_state() -> None:
    assert all("baselineState" not in result for result in run_of(EIGHT_FLAWS)["results"])


def test_what_kept_the_scan_from_being_complete() -> None:
    (invocation,) = run_of(EVERYTHING)["invocations"]
    notices = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"] is False
    assert [(notice["level"], notice["message"]["text"]) for notice in notices] == [
        ("error", "KG3099 crashed on web.yaml: ZeroDivisionError: division by zero"),
        ("error", "broken.yaml failed: line 3, column 1: a tab cannot indent"),
        ("note", "skipped: not Kubernetes or Dockerfile"),
        ("note", "skipped: a Helm template: render it first"),
    ]
    assert run_of(EIGHT_FLAWS)["invocations"][0]["executionSuccessful"] is True
    assert run_of(NOTHING)["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("k8s/web.yaml", "k8s/web.yaml"),
        ("../a b#c?.yaml", "../a%20b%23c%3F.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("größe.yaml", "gr%C3%B6%C3%9Fe.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("/srv/web.yaml", "file:///srv/web.yaml"),
        ("C:\\k8s\\web.yaml", "file:///C:/k8s/web.yaml"),
    ],
)
def test_names_become_uri_references(name: str, reference: str) -> None:
    assert uri(name) == reference
