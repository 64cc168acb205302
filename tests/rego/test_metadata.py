"""From METADATA to the record of a check."""

from __future__ import annotations

import pytest
from judging import Bench

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.finding import Check
from kubeguard.model.manifest import Manifest
from kubeguard.model.severity import Profile, Severity
from kubeguard.rego.policies import Question
from kubeguard.rego.styles import metadata

FULL = """\
# METADATA
# title: Image is not pinned
# description: A tag moves.
# related_resources: ["https://example.com/pins"]
# custom:
#   id: ACME-7
#   severity: critical
#   frameworks: ["CWE-1357", "SLSA"]
#   aliases: ["trivy:KSV-0013"]
#   kinds: ["Deployment.apps"]
#   parameters: {tags: [latest]}
package acme.pinned

deny contains "no"
"""


def questions(bench: Bench, files: dict[str, str], **spec: object) -> list[Question]:
    return [q for policies in bench.load(files, **spec) for q in policies.questions]


def check(bench: Bench, text: str, file: str = "pinned.rego") -> Check:
    (question,) = questions(bench, {file: text})
    return question.check


def test_everything_that_metadata_says(bench: Bench) -> None:
    found = check(bench, FULL)
    assert (found.id, found.name, found.title) == ("ACME-7", "pinned", "Image is not pinned")
    assert (found.severity, found.profile) == (Severity.CRITICAL, Profile.BASELINE)
    assert found.refs == ("CWE-1357", "SLSA")
    assert found.like == ("trivy:KSV-0013",)
    assert found.kinds == {"Deployment.apps"}
    assert found.parameters == {"tags": ["latest"]}
    assert (found.on, found.style) == (Manifest, "kubeguard")
    assert found.find(None) == ()


def test_a_rule_without_metadata(bench: Bench) -> None:
    found = check(bench, "package acme\n\ndeny_latest_tag contains 1\n", "tags.rego")
    assert (found.id, found.name) == ("acme.deny_latest_tag", "tags")
    assert found.title == "acme: deny latest tag"
    assert (found.severity, found.refs, found.like) == (Severity.MEDIUM, (), ())


@pytest.mark.parametrize(
    ("rule", "said", "severity"),
    [
        ("deny", None, Severity.MEDIUM),
        ("violation_x", None, Severity.MEDIUM),
        ("warn", None, Severity.LOW),
        ("warn_x", "high", Severity.HIGH),
        ("deny", "ERROR", Severity.HIGH),
        ("deny", "warning", Severity.LOW),
        ("deny", "Info", Severity.INFO),
        ("deny", "terrible", Severity.MEDIUM),
        ("warn", 3, Severity.LOW),
    ],
)
def test_severities(bench: Bench, rule: str, said: object, severity: Severity) -> None:
    custom = "" if said is None else f"# METADATA\n# custom: {{severity: {said}}}\n"
    assert check(bench, f"{custom}package acme\n\n{rule} contains 1\n").severity is severity


def test_several_rules_in_a_file_are_named_by_their_paths(bench: Bench) -> None:
    text = "package acme.pods\n\ndeny contains 1\n\ndeny_root contains 1\n"
    assert [q.check.name for q in questions(bench, {"a.rego": text})] == ["pods_deny", "deny_root"]


def test_rules_of_one_path_are_one_check_with_what_they_agree_on(bench: Bench) -> None:
    one = """\
package acme

# METADATA
# title: %s
# custom: {severity: high, id: %s}
deny contains %d
"""
    (question,) = questions(bench, {"a.rego": one % ("A", "X", 1), "b.rego": one % ("B", "X", 2)})
    assert (question.check.title, question.check.id) == ("acme: deny", "X")
    assert question.check.severity is Severity.HIGH


def test_the_page_lies_beside_the_policy(bench: Bench) -> None:
    files = {"a.rego": "package a\n\ndeny contains 1\n", "b.rego": "package b\n\ndeny contains 1\n"}
    pages = [q.check.page for q in questions(bench, {**files, "a.md": "# A\n"})]
    assert [page.name for page in pages] == ["a.md", "b.rego"]


@pytest.mark.parametrize(
    ("said", "body", "views"),
    [
        ("", "input.kind", (Manifest,)),
        ("", "1 == 1", (Manifest,)),
        ("", "input.Stages[_]", (Dockerfile,)),
        ("", "input.Stages[_]\n\tinput.spec", (Manifest, Dockerfile)),
        ("", "1 == 1 # input.Stages", (Manifest,)),
        ("input: dockerfile", "input.kind", (Dockerfile,)),
        ("input: manifest", "input.Stages[_]", (Manifest,)),
        ("input: [manifest, dockerfile]", "1 == 1", (Manifest, Dockerfile)),
        ("input: teapot", "1 == 1", (Manifest,)),
    ],
)
def test_what_a_rule_is_asked_about(
    bench: Bench, said: str, body: str, views: tuple[type, ...]
) -> None:
    head = f"# METADATA\n# custom: {{{said}}}\n" if said else ""
    text = f"{head}package acme\n\ndeny contains 1 if {{\n\t{body}\n}}\n"
    (question,) = questions(bench, {"a.rego": text})
    assert question.views == views


def test_a_rule_is_about_what_its_library_reads(bench: Bench) -> None:
    files = {
        "lib.rego": "package lib.docker\n\nruns contains c if some c in input.Stages[_].Commands\n",
        "a.rego": "package acme\n\nimport data.lib.docker\n\ndeny contains 1 if docker.runs[_]\n",
    }
    (question,) = questions(bench, files)
    assert question.views == (Dockerfile,)


@pytest.mark.parametrize(
    ("path", "words"),
    [("main.deny_latest", "main: deny latest"), ('a["b-c"].deny', "a.b-c: deny"), ("deny", "deny")],
)
def test_a_path_in_words(path: str, words: str) -> None:
    assert metadata.in_words(path) == words
