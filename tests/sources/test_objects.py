"""Whose a document is: ours to judge, somebody else's, or ours to account for."""

from __future__ import annotations

import pytest

from kubeguard.model.finding import Outcome
from kubeguard.model.manifest import Manifest
from kubeguard.model.reading import Reading
from kubeguard.sources.text import read

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"


def reading(text: str, name: str = "a.yaml", **options: bool) -> Reading:
    return read(name, text.encode(), **options)


def subjects(found: Reading) -> list[str]:
    return [str(node.source.subject) for node in found.objects]


def said(found: Reading) -> list[str]:
    """Every trouble: `line:column kind: message`."""
    told = []
    for trouble in found.troubles:
        span = trouble.node.location.span
        assert span is not None
        told.append(f"{span.line}:{span.column} {trouble.kind.value}: {trouble.message}")
    return told


# Ours


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POD, ["Pod p"]),
        (POD + "---\n# nothing\n---\n" + POD, ["Pod p", "Pod p"]),
        ("kind: Pod\napiVersion: v1\nmetadata: {generateName: g-, namespace: ns}\n", ["Pod ns/g-"]),
        ("kind: Pod\napiVersion: v1\nmetadata: text\n", ["Pod"]),
        ("kind: Pod\napiVersion: v1\nmetadata: {name: 5, labels: {a: 1}}\n", ["Pod"]),
        ("kind: Pod\napiVersion: v1\nspec: text\n", ["Pod"]),
        ("kind: Pod\napiVersion: v1\nspec: {containers: null}\n", ["Pod"]),
        ("kind: Pod\napiVersion: v1\nspec: {contaners: [{name: a}]}\n", ["Pod"]),
        ("kind: Pod\napiVersion: v1\n", ["Pod"]),
        ("kind: Widget\napiVersion: example.org/v1\nspec: {}\n", ["Widget"]),
        ("kind: ConfigMap\napiVersion: v1\ndata: {a: b}\n", ["ConfigMap"]),
    ],
)
def test_objects_with_a_kind_are_judged(text: str, expected: list[str]) -> None:
    found = reading(text)
    assert (found.outcome, subjects(found), said(found)) == (Outcome.JUDGED, expected, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("apiVersion: v1\nmetadata: {name: a}\n", "no kind"),
        ("apiVersion: v1\nkind: 5\nmetadata: {name: a}\n", "no kind"),
        ("apiVersion: v1\nkind:\nmetadata: {name: a}\n", "no kind"),
        ("kind: Pod\nmetadata: {name: a}\n", "no apiVersion"),
        ("kind: Pod\napiVersion: 1\nspec: {}\n", "no apiVersion"),
        ("metadata: {name: a}\nspec: {containers: []}\n", "no apiVersion and no kind"),
        ("metadata: {name: a}\nspec: {template: {}}\n", "no apiVersion and no kind"),
    ],
)
def test_half_an_object_is_judged_and_said_to_be_half(text: str, message: str) -> None:
    found = reading(text)
    assert found.outcome is Outcome.JUDGED
    assert len(found.objects) == 1
    assert said(found) == [f"1:1 no kind: looks like a Kubernetes object but has {message}"]


LIST = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a}}
- apiVersion: v1
  kind: List
  items:
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: ns}}
- 5
"""


def test_lists_are_unpacked_at_any_depth_and_items_keep_their_place() -> None:
    found = reading(LIST)
    assert subjects(found) == ["Pod a", "Pod ns/b"]
    assert said(found) == ["9:3 no kind: an item of the list is no object"]
    assert [node.path for node in found.objects] == [("items", 0), ("items", 1, "items", 0)]
    assert [node.source.root for node in found.objects] == [node.path for node in found.objects]
    span = found.objects[1]["metadata"]["name"].location.span
    assert span is not None
    assert (span.line, span.column) == (8, 50)


def test_items_of_a_typed_list_get_its_kind() -> None:
    text = (
        "apiVersion: apps/v1\nkind: DeploymentList\nmetadata: {}\nitems:\n- metadata: {name: a}\n"
    )
    found = reading(text)
    assert subjects(found) == ["Deployment a"]
    assert Manifest(found.objects[0]).group_kind == "Deployment.apps"


@pytest.mark.parametrize("items", ["[]", "null", ""])
def test_an_empty_list_is_accounted_for(items: str) -> None:
    found = reading(f"apiVersion: v1\nkind: List\nitems: {items}\n")
    assert (found.outcome, found.reason) == (Outcome.SKIPPED, "an empty list")


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("[5]", "3:9 no kind: an item of the list is no object"),
        ("[~]", "3:9 no kind: an item of the list is no object"),
        ("{a: b}", "3:1 no kind: the items of the list are no list"),
        (
            "[{kind: Pod, metadata: {name: a}}]",
            "3:9 no kind: looks like a Kubernetes object but has no apiVersion",
        ),
    ],
)
def test_what_a_list_holds_besides_objects_is_told(items: str, message: str) -> None:
    assert said(reading(f"apiVersion: v1\nkind: List\nitems: {items}\n")) == [message]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: List\nitems: {a: b}\n",
        "apiVersion: v1\nkind: List\nitems: text\n",
        "apiVersion: example.org/v1\nkind: AllowList\nspec: {}\n",
    ],
)
def test_what_has_no_items_is_an_object_of_its_own(text: str) -> None:
    assert len(reading(text).objects) == 1


def test_lists_in_lists_end_somewhere() -> None:
    text = '{"apiVersion":"v1","kind":"List","items":[' * 60 + "]}" * 60
    assert len(reading(text).objects) == 1


# Not run, though it looks like it


CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: w.example.org}
spec:
  versions:
  - schema:
      openAPIV3Schema:
        properties:
          spec:
            containers: [{name: x, image: y}]
"""
POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p}
spec:
  rules:
  - validate: {pattern: {spec: {containers: [{name: "*", image: "x"}]}}}
"""
CARRIER = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  pod.yaml: |
    apiVersion: v1
    kind: Pod
    spec: {containers: [{name: a, image: b}]}
"""


@pytest.mark.parametrize("text", [CRD, POLICY, CARRIER])
def test_descriptions_of_pods_are_no_pods(text: str) -> None:
    (node,) = reading(text).objects
    assert Manifest(node).workloads == ()


# Somebody else's


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
        ("values.yaml", "image: {repository: a, tag: b}\nresources: {}\n"),
        ("package.json", '{"name": "a", "version": "1.0.0", "scripts": {}}'),
        ("tsconfig.json", '{\n  // strict\n  "compilerOptions": {},\n}'),
        ("ci.yml", "on: push\njobs: {a: {runs-on: x, container: {image: y}}}\n"),
        ("config", "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n"),
        ("kind.yaml", "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: []\n"),
        ("skaffold.yaml", "apiVersion: skaffold/v4beta6\nkind: Config\nbuild: {}\n"),
        ("list.yaml", "- a\n- b\n"),
        ("scalar.yaml", "text\n"),
        ("README.md", "# Title\n\n```yaml\napiVersion: v1\nkind: Pod\n```\n"),
        ("README.md", "# Title\n```yaml\n---\n" + POD + "---\n" + POD + "```\n"),
        ("apply.sh", "#!/bin/sh\nkubectl apply -f - <<EOF\n" + POD + "EOF\n"),
        ("main.go", "package main\nconst x = `\n" + POD + "`\n"),
        ("notes.txt", "nothing at all"),
    ],
)
def test_what_is_somebody_elses_is_skipped(name: str, text: str) -> None:
    found = reading(text, name, asked_for=False)
    assert (found.outcome, found.reason) == (
        Outcome.SKIPPED,
        "neither Kubernetes nor a Dockerfile",
    )
    assert not found.objects
    assert not found.troubles


@pytest.mark.parametrize("text", ["", "\n\n", "# comment\n", "---\n---\n", "\ufeff"])
def test_nothing_is_no_manifest(text: str) -> None:
    found = reading(text)
    assert (found.outcome, found.reason) == (Outcome.SKIPPED, "nothing but comments")


# Accounted for, not judged


KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]\n"
HELM = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-x\n"


@pytest.mark.parametrize(
    ("name", "text", "what", "place"),
    [
        ("kustomization.yaml", KUSTOMIZATION, "kustomization", "1:1"),
        ("Kustomization", KUSTOMIZATION, "kustomization", "1:1"),
        ("kustomization.yml", "resources: [a]\n", "kustomization", "1:1"),
        ("any.yaml", KUSTOMIZATION, "kustomization", "1:1"),
        ("compose.yaml", "services: {}\n", "Compose file", "1:1"),
        ("pod.yaml", HELM, "template", "4:9"),
        ("pod.yaml", 'a: "{{ .Values.a }}"\n', "template", "1:5"),
        (
            "pod.yaml",
            "# {{ .Values.no }}\n{{- if .Values.a }}\na: 1\n{{ end }}\n",
            "template",
            "2:1",
        ),
        ("pod.yaml", "{% if a %}\na: 1\n{% endif %}\n", "template", "1:1"),
        ("pod.yaml.j2", "apiVersion: v1\nkind: Pod\nname: {{ a }}\n", None, None),
    ],
)
def test_what_is_not_judged_yet_says_so(
    name: str, text: str, what: str | None, place: str | None
) -> None:
    found = reading(text, name)
    assert found.outcome is Outcome.SKIPPED or what is None
    if what:
        assert found.what == what
        assert [message.split()[0] for message in said(found)] == [place]


def test_what_lies_in_a_chart_is_a_template_when_anything_in_it_is() -> None:
    text = POD + "# {{ comment }}\n"
    assert reading(text, in_chart=True).what == "template"
    assert reading(POD, in_chart=True).outcome is Outcome.JUDGED


@pytest.mark.parametrize(
    "text",
    [
        POD + "# image: {{ .Values.image }}\n",
        POD + "data: 1 # was {{ .Values.image }}\n",
        POD + 'args: ["{{ $labels.instance }}", "{{.ID}}"]\n',
        POD + "---\nkind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n"
        '    {{ define "slack" }}{{ .Values.x }}{{ end }}\n    more\n',
    ],
)
def test_expressions_that_are_carried_are_no_template(text: str) -> None:
    assert reading(text).outcome is Outcome.JUDGED


def test_a_broken_document_without_an_expression_is_broken_whatever_the_others_carry() -> None:
    text = POD + 'x: "{{ $labels }}"\n---\nkind: [\n---\n' + POD
    found = reading(text)
    assert (found.outcome, subjects(found)) == (Outcome.FAILED, ["Pod p", "Pod p"])


# Names are hints


@pytest.mark.parametrize(
    ("name", "text", "asked_for", "expected"),
    [
        ("POD.YAML", POD, False, Outcome.JUDGED),
        ("pod.Yml", POD, False, Outcome.JUDGED),
        ("pod.JSON", '{"apiVersion":"v1","kind":"Pod"}', False, Outcome.JUDGED),
        (
            "pod.yaml",
            '{"apiVersion":"v1","kind":"Pod"}{"apiVersion":"v1","kind":"Pod"}',
            False,
            Outcome.JUDGED,
        ),
        ("pod.yaml", "{apiVersion: v1, kind: Pod}", False, Outcome.JUDGED),
        ("manifest", POD, False, Outcome.JUDGED),
        ("manifest.txt", "data: {}\n" + POD, False, Outcome.JUDGED),
        ("-", POD, True, Outcome.JUDGED),
        ("-", "{kind: Pod, apiVersion: v1}", True, Outcome.JUDGED),
        ("-", "apiVersion: v1\nkind: Pod\nspec: [", True, Outcome.FAILED),
        ("-", "Error: no chart here: [", True, Outcome.SKIPPED),
        ("-", "FROM alpine\n", True, Outcome.JUDGED),
        ("-", "# c\nARG A=b\nfrom --platform=x alpine as y\r\nRUN z\r\n", True, Outcome.JUDGED),
        ("letter", "From Berlin, with love", True, Outcome.SKIPPED),
        ("letter", "FROM alpine\n", False, Outcome.SKIPPED),
        ("DOCKERFILE", "FROM alpine\n", False, Outcome.JUDGED),
        ("api.dockerfile", "FROM alpine\n", False, Outcome.JUDGED),
        ("Containerfile.dev", "FROM alpine\n", False, Outcome.JUDGED),
        ("Dockerfile.dev", "FRM alpine\n", False, Outcome.FAILED),
        ("Dockerfile.py", "# python\nFROM python\n", False, Outcome.JUDGED),
        ("dockerfile.py", "import re\n", False, Outcome.SKIPPED),
        ("dockerfile.so", "\x7fELF\x00", False, Outcome.SKIPPED),
        ("Dockerfile.md", "# How\n\nWrite FROM.\n", False, Outcome.SKIPPED),
        ("Dockerfile.dockerignore", "node_modules\n", False, Outcome.SKIPPED),
        ("Dockerfile.yaml", POD, False, Outcome.JUDGED),
        ("Dockerfile.yaml", "FROM alpine\n", False, Outcome.JUDGED),
        ("bad.json", '{"apiVersion": ', False, Outcome.FAILED),
        ("bad.json", '{"name": ', True, Outcome.FAILED),
        ("bad.yaml", "a: [", False, Outcome.FAILED),
        ("bad.yaml", "a: \xff".replace("\xff", "\x00"), False, Outcome.FAILED),
        ("blob.bin", "\x00\x01", False, Outcome.SKIPPED),
    ],
)
def test_content_decides_and_the_name_helps(
    name: str, text: str, asked_for: bool, expected: Outcome
) -> None:
    assert reading(text, name, asked_for=asked_for).outcome is expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end(encoding: str, end: str) -> None:
    text = "--- # one\n" + POD + "--- # two\n" + POD.replace("{name: p}", "{name: é}")
    found = read("a.yaml", text.replace("\n", end).encode(encoding))
    assert subjects(found) == ["Pod p", "Pod é"]
    span = found.objects[1]["metadata"]["name"].location.span
    assert span is not None
    assert (span.line, span.column) == (9, 18)


def test_the_place_where_an_unreadable_file_ends_being_text() -> None:
    found = read("a.yaml", b"a: b\nc: \xff\n")
    assert (found.outcome, found.what) == (Outcome.FAILED, "unreadable")
    assert said(found) == ["2:4 unreadable: not UTF-8 text: byte 0xff at offset 8"]
