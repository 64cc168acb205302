"""Kubeguard's own style: what a rule may answer, where findings point, parameters."""

from __future__ import annotations

import pytest
from judging import Bench

from kubeguard.rego.engine import CompileError

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels:
    app.kubernetes.io/name: shop
spec:
  template:
    spec:
      initContainers:
        - name: wait
          image: busybox
      containers:
        - name: web
          image: nginx:latest
        - name: shop
          image: shop:1
"""
HEAD = "package acme.policy\n\n"


def rule(head: str, body: str = 'input.kind == "Deployment"') -> dict[str, str]:
    return {"policy.rego": f"{HEAD}{head} if {{\n\t{body}\n}}\n"}


@pytest.mark.parametrize(
    ("head", "line", "column", "message"),
    [
        ('deny contains "no"', 4, 9, "no"),
        ('deny contains {"msg": "no"}', 4, 9, "no"),
        ('deny contains {"message": "no", "path": "spec.template"}', 8, 3, "no"),
        ('deny contains {"msg": "no", "path": ["spec", "template", "spec"]}', 9, 5, "no"),
        (
            'deny contains {"msg": "no", "path": "spec.template.spec.containers[1].image"}',
            17,
            18,
            "no",
        ),
        (
            'deny contains {"msg": "no", "path": "/spec/template/spec/containers/0/image"}',
            15,
            18,
            "no",
        ),
        (
            'deny contains {"msg": "no", "path": "input.spec.template.spec.containers[name=web]"}',
            14,
            11,
            "no",
        ),
        (
            """deny contains {"msg": "no", "path": "metadata.labels['app.kubernetes.io/name']"}""",
            6,
            29,
            "no",
        ),
        (
            'deny contains {"msg": "no", "path": "metadata.labels.app.kubernetes.io/name"}',
            6,
            29,
            "no",
        ),
        ('deny contains {"msg": "no", "path": "spec.replicas"}', 7, 1, "no"),
        ('deny contains {"msg": "no", "path": "status.phase"}', 4, 9, "no"),
        ('deny contains {"msg": "no", "path": 7}', 4, 9, "no"),
        ('deny contains {"msg": "no", "container": "wait"}', 11, 11, "no"),
        ('deny contains {"msg": "no", "details": {"container": "web"}}', 14, 11, "no"),
        ('deny contains {"msg": "no", "container": "web", "path": "image"}', 15, 18, "no"),
        ('deny contains "container web runs as root"', 14, 11, "container web runs as root"),
        ("deny contains \"'wait' runs as root\"", 11, 11, "'wait' runs as root"),
        (
            "deny contains \"Deployment 'shop' has no owner\"",
            4,
            9,
            "Deployment 'shop' has no owner",
        ),
        ('deny contains "Container \\"shop\\" is bad"', 16, 11, 'Container "shop" is bad'),
        ('deny := "no"', 4, 9, "no"),
        ('deny := ["no"]', 4, 9, "no"),
        ("deny", 4, 9, "acme.policy: deny"),
        ("deny contains 7", 4, 9, "7"),
        ('deny contains {"msg": {"a": 1}}', 4, 9, '{"a":1}'),
    ],
)
def test_what_a_rule_may_answer(
    bench: Bench, head: str, line: int, column: int, message: str
) -> None:
    assert bench.found(rule(head), DEPLOYMENT) == [
        ("acme.policy.deny", "a.yaml", line, column, message)
    ]


@pytest.mark.parametrize(("head", "line"), [("deny[msg]", 4), ('deny[msg] := {"path": "kind"}', 2)])
def test_an_object_has_results_by_message(bench: Bench, head: str, line: int) -> None:
    (found,) = bench.found(rule(head, 'msg := "no"'), DEPLOYMENT)
    assert (found[2], found[4]) == (line, "no")


@pytest.mark.parametrize(
    "head", ["deny := false", "deny := null", "deny := []", "deny := {}", "other contains 1"]
)
def test_what_is_no_finding(bench: Bench, head: str) -> None:
    policy = {**rule(head), "b.rego": "package b\n\ndeny contains 1 if false\n"}
    assert bench.found(policy, DEPLOYMENT) == []


def test_a_v0_policy_finds_the_same(bench: Bench) -> None:
    policy = """\
        package acme
        deny[msg] { c := input.spec.template.spec.containers[_]; endswith(c.image, ":latest")
          msg := sprintf("container '%s' is not pinned", [c.name]) }
    """
    assert bench.found({"a.rego": policy}, DEPLOYMENT) == [
        ("acme.deny", "a.yaml", 14, 11, "container 'web' is not pinned")
    ]


def test_severity_and_id_that_a_result_gives_itself(bench: Bench) -> None:
    policy = rule('deny contains {"msg": "no", "severity": "Critical", "id": "ACME-9"}')
    report = bench.report(policy, {"a.yaml": DEPLOYMENT})
    assert [(f.check.id, f.severity.name) for f in report.findings] == [("ACME-9", "CRITICAL")]


PARAMETERS = {
    "a.rego": """\
# METADATA
# title: Image from elsewhere
# custom:
#   id: A-1
#   parameters: {registries: ["ours/"]}
package acme.a

deny contains {"msg": sprintf("from %s", [r]), "path": ["kind"]} if {
	some r in data.parameters.registries
}
""",
    "b.rego": """\
package acme.b

deny contains sprintf("b sees %v", [data.parameters]) if data.parameters
""",
}


def test_every_policy_has_its_own_parameters(bench: Bench) -> None:
    assert [f[-1] for f in bench.found(PARAMETERS, DEPLOYMENT)] == ["from ours/", "b sees {}"]


def test_parameters_of_the_user_win(bench: Bench) -> None:
    report = bench.report(PARAMETERS, {"a.yaml": DEPLOYMENT}, {"A-1": {"registries": ["x/", "y/"]}})
    told = [f.message for f in report.findings if f.check.id == "A-1"]
    assert told == ["from x/", "from y/"]


LIST = """\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: one}
    spec: {containers: [{name: a, image: a:latest}]}
  - apiVersion: v1
    kind: Pod
    metadata: {name: two}
    spec:
      containers:
        - {name: b, image: b:1}
        - {name: c, image: c:latest}
"""
MERGED = """\
base: &base
  image: x:latest
apiVersion: v1
kind: Pod
metadata:
  name: one
spec:
  containers:
    - <<: *base
      name: a
"""
PINNED = {
    "pinned.rego": """\
package acme.pinned

deny contains {
	"msg": sprintf("%s is not pinned", [c.image]),
	"path": ["spec", "containers", i, "image"],
} if {
	some i, c in input.spec.containers
	endswith(c.image, ":latest")
}
"""
}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (LIST, [(7, 42), (14, 28)]),
        (MERGED, [(2, 10)]),
        (LIST.replace("\n", "\r\n"), [(7, 42), (14, 28)]),
        (MERGED + "---\n" + MERGED, [(2, 10), (13, 10)]),
    ],
)
def test_places_in_lists_merges_documents_and_windows_files(
    bench: Bench, text: str, lines: list[tuple[int, int]]
) -> None:
    assert [found[2:4] for found in bench.found(PINNED, text)] == lines


def test_kinds_choose_objects(bench: Bench) -> None:
    policy = """\
# METADATA
# custom: {kinds: [%s]}
package acme.kinds

deny contains "no"
"""
    inputs = {"a.yaml": DEPLOYMENT, "b.yaml": LIST, "Dockerfile": "FROM a\n"}
    for kind in ("Deployment", "Deployment.apps"):
        found = bench.found({"a.rego": policy % kind}, inputs)
        assert [(f[1], f[2]) for f in found] == [("a.yaml", 4)]


DOCKERFILE = """\
FROM golang AS build
RUN make
FROM alpine
RUN <<EOF
apk add curl
EOF
"""


@pytest.mark.parametrize(
    ("result", "line"),
    [
        ('sprintf("use of %v", [c.Value])', 4),
        ('{"msg": "no", "path": ["Stages", i, "Commands", j, "Value"]}', 4),
        ('{"msg": "no", "path": sprintf("Stages[%d].Commands[%d]", [i, j])}', 4),
        ('{"msg": "no", "line": c.StartLine}', 4),
        ('object.union({"msg": "no"}, c)', 4),
        ('"no"', 3),
    ],
)
def test_dockerfiles_have_stages(bench: Bench, result: str, line: int) -> None:
    policy = f"""\
package acme.docker

deny contains {result} if {{
	some i, stage in input.Stages
	some j, c in stage.Commands
	c.Cmd == "run"
	contains(c.Value[0], "apk add")
}}
"""
    inputs = {"Dockerfile": DOCKERFILE, "a.yaml": DEPLOYMENT}
    found = bench.found({"a.rego": policy}, inputs)
    assert [(f[1], f[2]) for f in found] == [("Dockerfile", line)]


def test_a_policy_about_the_other_kind_of_input_is_not_asked(bench: Bench) -> None:
    policies = {
        "a.rego": "package a\n\ndeny contains 1 if not input.Stages[0].Commands[9]\n",
        "b.rego": "package b\n\ndeny contains 1 if not input.metadata.labels.owner\n",
        "c.rego": "# METADATA\n# custom: {input: dockerfile}\npackage c\n\ndeny contains 1\n",
    }
    found = bench.found(policies, {"Dockerfile": DOCKERFILE, "a.yaml": DEPLOYMENT})
    assert [(f[0], f[1]) for f in found] == [
        ("a.deny", "Dockerfile"),
        ("c.deny", "Dockerfile"),
        ("b.deny", "a.yaml"),
    ]


@pytest.mark.parametrize("envelope", ["review", "request"])
def test_a_policy_that_reads_only_an_envelope_is_refused(bench: Bench, envelope: str) -> None:
    policy = f'package k\n\ndeny contains "no" if input.{envelope}.object.kind == "Pod"\n'
    with pytest.raises(CompileError) as refused:
        bench.load({"a.rego": policy})
    (said,) = refused.value.diagnostics
    assert (said.line, said.column) == (3, 23)
    assert f"reads input.{envelope}" in said.message


def test_a_policy_that_can_do_without_the_envelope_is_taken(bench: Bench) -> None:
    policy = """\
package k

default object := input
object := input.review.object
deny contains "no" if object.kind == "Deployment"
"""
    assert (
        len(
            bench.found(
                {
                    "a.rego": policy.replace(
                        "default object := input", "object := input if not input.review"
                    ).replace("review.object\n", "review.object if input.review\n")
                },
                DEPLOYMENT,
            )
        )
        == 1
    )
