"""Trivy's checks: METADATA and its forerunners, results with places, what is about other inputs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from judging import Bench

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.manifest import Manifest
from kubeguard.model.severity import Severity
from kubeguard.rego.engine import CompileError
from kubeguard.rego.policies import Style

INPUTS = {
    "a.yaml": """\
apiVersion: v1
kind: Service
metadata:
  name: api
---
apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: shop
    spec:
      template:
        spec:
          containers:
            - name: web
              image: web:1
              securityContext:
                privileged: true
            - {name: log, image: log:1}
""",
    "Dockerfile": "ARG V\nFROM alpine:$V AS a\nRUN one \\\n  && two\nFROM scratch\nUSER 7\n",
}
CHECK = """\
# METADATA
# title: Not so
# scope: package
# schemas:
# - input: schema["kubernetes"]
# custom:
#   id: USR-001
#   avd_id: AVD-USR-0001
#   severity: HIGH
#   short_code: not-so
#   input:
#     selector:
#     - type: %s
package user.check

import rego.v1

%s
"""


def kubernetes(*rules: str, selector: str = "kubernetes") -> dict[str, str]:
    return {"not_so.rego": CHECK % (selector, "\n\n".join(rules))}


def docker(*rules: str) -> dict[str, str]:
    return {"not_so.rego": CHECK % ("dockerfile", "\n\n".join(rules))}


def test_the_record_of_a_check(bench: Bench) -> None:
    (policies,) = bench.load(kubernetes('deny contains result.new("no", {})'))
    (question,) = policies.questions
    check = question.check
    assert (policies.style, check.style) == (Style.TRIVY, "trivy")
    assert (check.id, check.name, check.title) == ("USR-001", "not_so", "Not so")
    assert (check.severity, check.like) == (Severity.HIGH, ("trivy:AVD-USR-0001",))
    assert (check.on, question.query) == (Manifest, "user.check.deny")


CONTAINERS = "some c in input.spec.template.spec.containers"


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (f'deny contains result.new("no", c) if {{\n\t{CONTAINERS}\n\tc.name == "log"\n}}', 21),
        (f'deny contains result.new("no", c.securityContext) if {CONTAINERS}', 19),
        ('deny contains result.new("no", input.metadata) if input.spec', 11),
        ('deny contains result.new("no", input) if input.spec', 12),
        ('deny contains result.new("no", true) if input.spec', 12),
        ('deny contains result.new("no of container log", {}) if input.spec', 21),
        ('deny contains {"msg": "no", "startline": 20, "endline": 20} if input.spec', 20),
        ('deny contains ["no", input.metadata.__defsec_metadata] if input.spec', 11),
        ('deny contains "no" if input.spec', 12),
        ('deny_more contains "no" if input.spec', 12),
    ],
)
def test_where_results_are(bench: Bench, rule: str, line: int) -> None:
    found = bench.found(kubernetes(rule), INPUTS)
    assert [(f[0], f[1], f[2], f[4].removesuffix(" of container log")) for f in found] == [
        ("USR-001", "a.yaml", line, "no")
    ]


def test_messages_of_every_kind_of_result(bench: Bench) -> None:
    rules = (
        "deny_a if input.spec",
        "default deny_b := false",
        'deny_c := "text" if input.spec',
        'deny_d := ["x", "y"] if input.spec',
        'deny_e contains {"msg": {"msg": "inner"}} if input.spec',
        'violation contains "not Trivy\'s"',
        'warn contains "not Trivy\'s"',
    )
    found = [f[-1] for f in bench.found(kubernetes(*rules), INPUTS)]
    assert found == ["Not so", "text", "x", "y", "inner"]


def test_every_mapping_has_its_lines(bench: Bench) -> None:
    rule = """\
deny contains result.new(sprintf("%v %d-%d %s", [p, m.startline, m.endline, m.filepath]), {}) if {
	input.kind == "Deployment"
	walk(input, [p, v])
	m := v.__defsec_metadata
}"""
    assert {f[-1] for f in bench.found(kubernetes(rule), INPUTS)} == {
        '["metadata"] 12-12 a.yaml',
        '["spec"] 14-21 a.yaml',
        '["spec", "template"] 15-21 a.yaml',
        '["spec", "template", "spec"] 16-21 a.yaml',
        '["spec", "template", "spec", "containers", 0] 17-20 a.yaml',
        '["spec", "template", "spec", "containers", 0, "securityContext"] 20-20 a.yaml',
        '["spec", "template", "spec", "containers", 1] 21-21 a.yaml',
        "[] 9-21 a.yaml",
    }


@pytest.mark.parametrize(
    ("cause", "lines"),
    [("c", [1, 2, 3, 5, 6]), ("{}", [5]), ('{"startline": c.EndLine}', [1, 2, 3, 5, 6])],
)
def test_commands_of_dockerfiles(bench: Bench, cause: str, lines: list[int]) -> None:
    rule = f"""\
deny contains result.new("no", {cause}) if {{
	some stage in input.Stages
	some c in stage.Commands
}}"""
    assert [f[2] for f in bench.found(docker(rule), INPUTS)] == lines


LIBRARY = """\
# METADATA
# custom:
#   library: true
#   input:
#     selector:
#     - type: dockerfile
package lib.docker

deny[1] { true }

run[instruction] {
	instruction := input.Stages[_].Commands[_]
	instruction.Cmd == "run"
}
"""
OLD = """\
package user.old

import data.lib.docker

__rego_metadata__ := {
	"id": "OLD-1",
	"avd_id": "AVD-OLD-1",
	"title": "Old",
	"severity": "LOW",
	"version": "v1.0.0",
}

__rego_input__ := {"combine": false, "selector": [{"type": "dockerfile"}]}

deny[res] {
	c := docker.run[_]
	res := result.new("no", c)
}
"""


def test_the_old_style_with_a_library(bench: Bench) -> None:
    files = {"lib/docker.rego": LIBRARY, "old.rego": OLD}
    assert bench.found(files, INPUTS) == [("OLD-1", "Dockerfile", 3, 1, "no")]
    (policies,) = bench.load(files)
    (question,) = policies.questions
    check = question.check
    assert (check.title, check.severity, check.on) == ("Old", Severity.LOW, Dockerfile)


def test_a_check_without_its_library_is_refused(bench: Bench) -> None:
    with pytest.raises(CompileError, match=r"imports data\.lib\.docker") as refused:
        bench.load({"old.rego": OLD})
    assert refused.value.diagnostics[0].line == 3


@pytest.mark.parametrize(
    ("subtypes", "kinds"),
    [
        ("[{kind: deployment}]", ["Deployment"]),
        ("[{kind: Service}, {kind: pod}]", ["Service"]),
        ("[]", ["Service", "Deployment"]),
    ],
)
def test_selectors_choose_kinds(bench: Bench, subtypes: str, kinds: list[str]) -> None:
    selector = f"kubernetes\n#       subtypes: {subtypes}"
    files = kubernetes("deny contains result.new(input.kind, {})", selector=selector)
    assert [f[-1] for f in bench.found(files, INPUTS)] == kinds


def other(kind: str, body: str = 'deny contains result.new("no", {})') -> dict[str, str]:
    return {"other.rego": (CHECK % (kind, body)).replace("user.check", "user.other")}


@pytest.mark.parametrize("kind", ["cloud", "terraform-plan", "toml"])
def test_a_check_about_other_inputs_is_named(bench: Bench, kind: str) -> None:
    with pytest.raises(CompileError, match=f"is about {kind}") as refused:
        bench.load(other(kind))
    assert refused.value.diagnostics[0].line == 14
    (policies,) = bench.load({**other(kind), **kubernetes('deny contains result.new("no", {})')})
    assert len(policies.questions) == 1
    assert [t.message for t in policies.troubles] == [
        f"is about {kind}, which kubeguard does not read"
    ]


@pytest.mark.parametrize(
    ("files", "line", "message"),
    [
        (kubernetes('deny contains result.new("no", squealer.scan_string("x"))'), 18, "squealer"),
        (
            docker("deny contains result.new(x, {}) if some x, _ in input.stages"),
            18,
            "input.stages",
        ),
        (
            {**kubernetes("deny contains 1"), "e.rego": "package namespace.exceptions\n"},
            1,
            "namespace.exceptions",
        ),
    ],
)
def test_what_is_not_supported_is_named(
    bench: Bench, files: Mapping[str, str], line: int, message: str
) -> None:
    with pytest.raises(CompileError, match=message) as refused:
        bench.load(files)
    assert refused.value.diagnostics[0].line == line


def test_trivy_goes_on_without_a_check_that_does_not_compile(bench: Bench) -> None:
    broken = other("kubernetes", 'deny contains result.new("no", nothing) if 1 + "a"')
    good = kubernetes('deny contains result.new("no", {}) if input.spec')
    (policies,) = bench.load({**broken, **good})
    assert len(policies.questions) == 1
    assert policies.troubles
    with pytest.raises(CompileError):
        bench.load({**broken, "x.rego": "package x\n\ny := z\n"})


def test_deprecated_checks_are_not_asked(bench: Bench) -> None:
    good = kubernetes('deny contains result.new("no", {})')
    old = other("kubernetes\n#   deprecated: true")
    (policies,) = bench.load({**good, **old})
    assert [q.query for q in policies.questions] == ["user.check.deny"]


def test_checks_know_all_namespaces(bench: Bench) -> None:
    rule = 'deny contains result.new(concat(" ", data.namespaces), {}) if input.spec'
    files = {**kubernetes(rule), "lib.rego": LIBRARY}
    assert [f[-1] for f in bench.found(files, INPUTS)] == ["lib.docker user.check"]
