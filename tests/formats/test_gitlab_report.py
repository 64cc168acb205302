"""Code Quality issues as GitLab reads them."""

import json
from dataclasses import replace
from typing import Any

from handmade import EIGHT, EVERYTHING, NOTHING

from kubeguard.formats import render
from kubeguard.model.finding import Report


def issues(report: Report) -> list[dict[str, Any]]:
    found = json.loads(render("gitlab", report))
    assert isinstance(found, list)
    return found


def test_an_issue() -> None:
    assert issues(Report((EIGHT[0],)))[-1] == {
        "description": "the pod joins the node's network namespace (fix: remove spec.hostNetwork)",
        "check_name": "KG3001",
        "fingerprint": EIGHT[0].fingerprint,
        "severity": "critical",
        "location": {"path": "web.yaml", "lines": {"begin": 9, "end": 9}},
    }


def test_what_kept_the_scan_from_being_complete_is_an_issue_too() -> None:
    troubles = issues(EVERYTHING)[:4]
    assert [(i["severity"], i["location"]["path"], i["description"]) for i in troubles] == [
        ("blocker", "broken.yaml", "input failed: line 3, column 1: a tab cannot indent"),
        ("blocker", "web.yaml", "KG3099 crashed: ZeroDivisionError: division by zero"),
        ("info", "LICENSE", "2 inputs skipped: not Kubernetes or Dockerfile"),
        ("info", "chart/templates/web.yaml", "1 input skipped: a Helm template: render it first"),
    ]
    assert issues(NOTHING)[0]["description"] == "nothing was judged"


def test_suppressed_findings_are_left_out_and_known_ones_stay() -> None:
    checks = [issue["check_name"] for issue in issues(EVERYTHING)[4:]]
    assert checks == ["KG1001", "KG3001", "KG3020", "KG3003", "KG7001"]


def test_fingerprints_are_unique_and_stable() -> None:
    report = Report((EIGHT[0], replace(EIGHT[0]), replace(EIGHT[0]), EIGHT[1]))
    prints = [issue["fingerprint"] for issue in issues(report)]
    assert len(set(prints)) == len(prints)
    assert prints == [issue["fingerprint"] for issue in issues(report)]


def test_a_path_has_no_leading_dot() -> None:
    finding = replace(EIGHT[0], location=replace(EIGHT[0].location, source="./k8s/web.yaml"))
    assert issues(Report((finding,)))[-1]["location"]["path"] == "k8s/web.yaml"
