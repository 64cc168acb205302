"""Policies in Rego, from `--policy` to the exit code, judged by the engine that ships."""

from __future__ import annotations

import json

import pytest
from terminal import Cli, Put

from kubeguard.rego.engines.worker import WORKER

pytestmark = pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example/web:1.0
        - name: log
          image: other.example/log:2.0
"""
OWNER = """\
package acme.owner

# METADATA
# title: Object has no owner
# description: Nobody knows whom to call.
# related_resources: [https://acme.example/owners]
# custom:
#   id: ACME-1
#   severity: high
deny contains {"msg": "no label owner", "path": "metadata.labels"} if {
	not input.metadata.labels.owner
}
"""
REGISTRY = """\
package acme.registry

warn contains {"msg": sprintf("image of %q is not ours", [c.name]), "path": path} if {
	some i, c in input.spec.template.spec.containers
	not startswith(c.image, "registry.example/")
	path := ["spec", "template", "spec", "containers", i, "image"]
}
"""
RUNAWAY = """\
package acme.runaway

deny contains "too many" if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	a * b < 0
}
"""


HTTP = """\
package acme.http

deny contains "down" if http.send({"method": "get", "url": input.url}).status_code != 200
"""
NUMBER = """\
package acme.number

deny contains "large" if to_number(input.metadata.name) > 1
"""


def found(cli: Cli, *arguments: str, code: int = 1) -> list[tuple[str, str, int, int, str]]:
    """Check, severity, line, column and message of what policies report, and what is wrong
    with them."""
    ran = cli("scan", "web.yaml", "-f", "json", *arguments)
    assert ran.code == code, ran.err
    return [
        (f["check"], f["severity"], f["span"]["line"], f["span"]["column"], f["message"])
        for f in json.loads(ran.out)["findings"]
        if not f["check"].startswith("KG") or f["check"] in ("KG9015", "KG9016")
        if not f["suppression"]
    ]


@pytest.fixture(autouse=True)
def _web(put: Put) -> None:
    put("web.yaml", DEPLOYMENT)
    put("acme/owner.rego", OWNER)
    put("acme/registry.rego", REGISTRY)


NOT_OURS = ("acme.registry.warn", "low", 15, 18, 'image of "log" is not ours')


def test_findings_have_all_that_those_of_a_check_have(cli: Cli) -> None:
    assert found(cli, "--policy", "acme") == [("ACME-1", "high", 3, 1, "no label owner"), NOT_OURS]


def test_each_policy_is_named_apart(cli: Cli) -> None:
    assert found(cli, "--policy", "acme/registry.rego") == [NOT_OURS]


def test_policies_of_the_configuration_answer_to_all_its_keys(cli: Cli, put: Put) -> None:
    put("kubeguard.yaml", "policies: [acme]\nseverities: {acme.registry.warn: critical}\n")
    assert found(cli)[1] == (*NOT_OURS[:1], "critical", *NOT_OURS[2:])

    put("kubeguard.yaml", "policies: [acme]\nignore: [owner]\n")
    assert found(cli) == [NOT_OURS]


def test_paths_in_the_configuration_are_relative_to_it(
    cli: Cli, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("kubeguard.yaml", "policies: [{path: acme/registry.rego}]\n")
    put("below/web.yaml", DEPLOYMENT)
    monkeypatch.chdir("below")
    assert found(cli) == [NOT_OURS]


def test_a_comment_suppresses(cli: Cli, put: Put) -> None:
    comment = "# kubeguard: ignore[acme.registry.warn] -- mirrored next month"
    put("web.yaml", DEPLOYMENT.replace("log:2.0", f"log:2.0 {comment}"))
    assert found(cli, "--policy", "acme/registry.rego") == []


def test_a_policy_that_does_not_compile_leaves_the_others_their_verdict(cli: Cli, put: Put) -> None:
    put("typo.rego", OWNER.replace("input.metadata", "inptu.metadata"))

    told = found(cli, "--policy", "typo.rego", "--policy", "acme/registry.rego", code=3)

    assert told[0] == NOT_OURS
    assert [(check, severity, line) for check, severity, line, _, _ in told[1:]] == [
        ("KG9015", "high", 11)
    ]
    assert "inptu" in told[1][4]


def test_a_function_that_reaches_out_must_be_allowed(cli: Cli, put: Put) -> None:
    put("http.rego", HTTP)
    told = found(cli, "--policy", "http.rego", code=3)
    assert [(check, line, column) for check, _, line, column, _ in told] == [("KG9015", 3, 25)]
    assert "http.send" in told[0][4]

    put("kubeguard.yaml", "rego: {allow: [http.send]}\n")
    assert found(cli, "--policy", "http.rego") == []


def test_a_runaway_policy_is_not_evaluated(cli: Cli, put: Put) -> None:
    put("kubeguard.yaml", "rego: {seconds: 0.3}\n")
    put("runaway.rego", RUNAWAY)

    told = found(cli, "--policy", "runaway.rego", "--policy", "acme/registry.rego", code=3)

    assert told[0] == NOT_OURS
    assert [check for check, *_ in told[1:]] == ["KG9015"]
    assert "acme.runaway.deny was not evaluated for Deployment web in web.yaml" in told[1][4]


def test_a_function_that_fails_is_told(cli: Cli, put: Put) -> None:
    put("number.rego", NUMBER)
    told = found(cli, "--policy", "number.rego")
    assert [(check, severity, line) for check, severity, line, _, _ in told] == [
        ("KG9016", "low", 3)
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--policy", "nowhere"], "there is no policy at 'nowhere'"),
        (["--policy", "pack:governence"], "did you mean 'governance'?"),
        (["--policy-data", "x.json"], "data for which policies?"),
        (["--rego-engine", "server"], "--opa-url"),
        (["--opa-url", "http://localhost"], "--rego-engine server"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes(cli: Cli, arguments: list[str], sentence: str) -> None:
    ran = cli("scan", "web.yaml", *arguments)
    assert ran.code == 2
    assert sentence in ran.err


def test_checks_and_explain_know_them(cli: Cli) -> None:
    listed = json.loads(cli("checks", "--policy", "acme", "--family", "acme", "-f", "json").out)
    assert [(c["id"], c["name"], c["style"]) for c in listed] == [
        ("ACME-1", "owner", "kubeguard"),
        ("acme.registry.warn", "registry", "kubeguard"),
    ]

    page = cli("explain", "ACME-1", "--policy", "acme").out
    assert "Object has no owner" in page
    assert "Nobody knows whom to call." in page
    assert "https://acme.example/owners" in page


def test_what_a_policy_prints_is_shown_to_who_asks(cli: Cli, put: Put) -> None:
    printing = 'print("kind", input.kind, "\\u001b[31m")'
    put("p.rego", f'package p\n\ndeny contains "a" if {{\n\t{printing}\n\tfalse\n}}\n')
    assert cli("scan", "web.yaml", "--policy", "p.rego").err == ""
    ran = cli("scan", "web.yaml", "--policy", "p.rego", "--verbose")
    assert ran.err == "p.rego:4: kind Deployment \\x1b[31m\n"
