"""Gatekeeper's templates and constraints: what they find where, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent

import orjson
import pytest
from judging import Bench, Found

from kubeguard.errors import KubeguardError
from kubeguard.model.severity import Severity
from kubeguard.policy.grammar import parse_comment
from kubeguard.rego.engine import CompileError
from kubeguard.rego.policies import Style

ALWAYS = 'violation[{"msg": "no"}] { true }'
LABELS = """\
violation[{"msg": msg}] {
  wanted := input.parameters.labels[_]
  not input.review.object.metadata.labels[wanted]
  msg := sprintf("label %v is missing", [wanted])
}"""


def template(
    rego: str = ALWAYS,
    *,
    kind: str = "Rule",
    schema: str = "",
    version: str = "v1",
    extra: str = "",
) -> str:
    """A template whose Rego begins on line 13, behind 8 spaces."""
    validation = f"validation: {{openAPIV3Schema: {schema}}}" if schema else "# no parameters"
    return (
        f"apiVersion: templates.gatekeeper.sh/{version}\n"
        "kind: ConstraintTemplate\n"
        f"metadata:\n  name: {kind.lower()}\n"
        f"spec:\n  crd:\n    spec:\n      names: {{kind: {kind}}}\n      {validation}\n"
        f"  targets:\n    - target: admission.k8s.gatekeeper.sh\n      rego: |\n"
        + indent(f"package {kind.lower()}\n\n{rego}\n", " " * 8)
        + extra
    )


def constraint(spec: str = "", *, kind: str = "Rule", name: str = "all", notes: str = "") -> str:
    return (
        "apiVersion: constraints.gatekeeper.sh/v1beta1\n"
        f"kind: {kind}\nmetadata:\n  name: {name}\n  annotations: {{{notes}}}\nspec: {{{spec}}}\n"
    )


def folder(*texts: str) -> dict[str, str]:
    """The first in a file of its own, the others together."""
    return {"template.yaml": texts[0], "constraints.yaml": "---\n".join(texts[1:])}


def refused(bench: Bench, files: Mapping[str, str]) -> list[tuple[int, int, str]]:
    with pytest.raises(CompileError) as error:
        bench.load(files)
    return [(said.line, said.column, said.message) for said in error.value.diagnostics]


POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: app
      image: app:1
    - name: proxy
      image: proxy:1
"""


def places(found: list[Found]) -> list[tuple[int, int, str]]:
    return [entry[2:] for entry in found]


@pytest.mark.parametrize(
    ("result", "line", "column"),
    [
        ('{"msg": "no"}', 4, 9),
        ('{"msg": "no", "details": {}}', 4, 9),
        ('{"msg": "no", "details": {"container": "proxy"}}', 10, 7),
        ('{"msg": "no", "details": {"path": "spec.containers[1].image"}}', 11, 14),
        ('{"msg": "no", "details": {"path": ["spec", "containers", 0, "image"]}}', 9, 14),
        ('{"msg": "no", "details": {"path": "spec.nowhere"}}', 6, 1),
        ('{"msg": "no", "details": "text"}', 4, 9),
    ],
)
def test_where_a_violation_is(bench: Bench, result: str, line: int, column: int) -> None:
    files = folder(template(f"violation[{result}] {{ true }}"), constraint())
    found = bench.found(files, POD)
    assert [(f[0], *f[2:]) for f in found] == [("Rule/all", line, column, "no")]


@pytest.mark.parametrize(
    "message",
    [
        "container <proxy> has no limits",
        "Privileged container is not allowed: proxy, securityContext: {}",
        "Container proxy is attempting to run as root",
        "the container 'proxy' is bad",
    ],
)
def test_messages_that_name_a_container(bench: Bench, message: str) -> None:
    files = folder(template(f'violation[{{"msg": "{message}"}}] {{ true }}'), constraint())
    assert [(f[2], f[4]) for f in bench.found(files, POD)] == [(10, message)]


V1 = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: rule}
spec:
  crd: {spec: {names: {kind: Rule}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: K8sNativeValidation
          source: {}
        - engine: Rego
          source:
            version: v1
            libs:
              - |
                package lib.pods

                names contains c.name if some c in input.review.object.spec.containers
            rego: |
              package rule

              import data.lib.pods

              violation contains {"msg": sprintf("container %q", [name])} if some name in pods.names
"""


def test_rego_v1_with_a_library(bench: Bench) -> None:
    found = bench.found(folder(V1, constraint()), POD)
    assert places(found) == [(8, 7, 'container "app"'), (10, 7, 'container "proxy"')]


def test_each_template_is_a_program_of_its_own(bench: Bench) -> None:
    """Gatekeeper renames all packages, so that templates may call theirs alike."""
    one = template(ALWAYS, kind="One").replace("package one", "package same")
    two = template(ALWAYS.replace("no", "two"), kind="Two").replace("package two", "package same")
    files = folder(one, two, constraint(kind="One"), constraint(kind="Two"))
    assert [(f[0], f[4]) for f in bench.found(files, POD)] == [
        ("One/all", "no"),
        ("Two/all", "two"),
    ]


def test_what_the_check_is(bench: Bench) -> None:
    described = template().replace(
        "metadata:\n",
        "metadata:\n  annotations: {metadata.gatekeeper.sh/title: Required, description: Why.}\n",
    )
    (policies,) = bench.load(folder(described, constraint(name="must-be.so")))
    (question,) = policies.questions
    check = question.check
    assert (policies.style, check.style) == (Style.GATEKEEPER, "gatekeeper")
    assert (check.id, check.name) == ("Rule/must-be.so", "rule_must_be_so")
    assert (check.title, check.description) == ("Required", "Why.")
    assert check.page.name == "template.yaml"
    assert parse_comment(f"ignore[{check.id}] -- why").checks == (check.id,)


@pytest.mark.parametrize(
    ("spec", "notes", "severity"),
    [
        ("", "", Severity.MEDIUM),
        ("enforcementAction: deny", "", Severity.MEDIUM),
        ("enforcementAction: warn", "", Severity.LOW),
        ("enforcementAction: dryrun", "", Severity.INFO),
        ("", "kubeguard.io/severity: critical", Severity.CRITICAL),
        ("enforcementAction: warn", "kubeguard.io/severity: critical", Severity.LOW),
        (
            "enforcementAction: scoped, scopedEnforcementActions: ["
            "{action: dryrun, enforcementPoints: [{name: audit.gatekeeper.sh}]},"
            "{action: warn, enforcementPoints: [{name: validation.gatekeeper.sh}]}]",
            "",
            Severity.LOW,
        ),
    ],
)
def test_severity_is_what_comes_of_a_violation(
    bench: Bench, spec: str, notes: str, severity: Severity
) -> None:
    report = bench.report(folder(template(), constraint(spec, notes=notes)), {"a.yaml": POD})
    assert [finding.severity for finding in report.findings] == [severity]


SCHEMA = (
    "{type: object, properties: {labels: {type: array, items: {type: string}, default: [team]},"
    " most: {type: integer}, deep: {type: object, properties: {x: {type: integer, default: 3}}}}}"
)


@pytest.mark.parametrize(
    ("parameters", "seen"),
    [
        ("", {}),
        ("parameters: {}", {"labels": ["team"]}),
        ("parameters: {labels: null}", {"labels": ["team"]}),
        ("parameters: {labels: [a], most: 1}", {"labels": ["a"], "most": 1}),
        ("parameters: {labels: [], deep: {}}", {"labels": [], "deep": {"x": 3}}),
    ],
)
def test_parameters_and_their_defaults(
    bench: Bench, parameters: str, seen: dict[str, object]
) -> None:
    rego = 'violation[{"msg": json.marshal(input.parameters)}] { true }'
    files = folder(template(rego, schema=SCHEMA), constraint(parameters))
    (found,) = bench.found(files, POD)
    assert orjson.loads(found[4]) == seen


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("parameters: {labels: a}", "parameters.labels is a string, not a list"),
        ("parameters: {labels: [1]}", "parameters.labels[0] is a number, not a string"),
        ("parameters: {lables: [a]}", "unknown field 'lables' in spec.parameters"),
        ("match: {kind: [Pod]}", "unknown field 'kind' in spec.match"),
        ("match: {kinds: Pod}", "match.kinds is a string, not a list"),
        ("match: {namespaces: [a*b]}", "match.namespaces[0]: "),
        ("match: {source: Somewhere}", "match.source: "),
        ("match: {labelSelector: {a: b}}", "unknown field 'a' in match.labelSelector"),
        (
            "match: {labelSelector: {matchExpressions: [{key: a, operator: In}]}}",
            "In of the label 'a' takes at least one value",
        ),
        (
            "match: {namespaceSelector: {matchExpressions: "
            "[{key: a, operator: Exists, values: [b]}]}}",
            "Exists of the label 'a' takes no values",
        ),
        (
            "match: {labelSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}",
            "matchExpressions[0].operator: ",
        ),
        ("enforcementAction: refuse", "spec.enforcementAction: the value is not one of"),
        ("enforcementAction: scoped", "scoped, and no action for any enforcement point"),
    ],
)
def test_constraints_that_are_wrong(bench: Bench, spec: str, message: str) -> None:
    ((line, _, said),) = refused(bench, folder(template(schema=SCHEMA), constraint(spec)))
    assert line == 6
    assert said.startswith(message)


def test_parameters_of_old_templates_need_not_be_declared(bench: Bench) -> None:
    rego = 'violation[{"msg": input.parameters.anything}] { true }'
    given = constraint("parameters: {anything: goes}")
    old = folder(template(rego, version="v1beta1"), given)
    assert [f[4] for f in bench.found(old, POD)] == ["goes"]
    ((_, _, said),) = refused(bench, folder(template(rego), given))
    assert said == "unknown field 'parameters' in spec"


def objects(*lines: str) -> str:
    """One object a line, named by it: `Kind name namespace key=value`."""
    made = []
    for line in lines:
        kind, name, *rest = line.split()
        namespace = [word for word in rest if "=" not in word]
        metadata: dict[str, object] = {"name": name}
        metadata |= {"namespace": namespace[0]} if namespace else {}
        metadata["labels"] = dict(word.split("=") for word in rest if "=" in word)
        version = VERSIONS.get(kind, "v1")
        made.append({"apiVersion": version, "kind": kind, "metadata": metadata})
    return "\n---\n".join(orjson.dumps(each).decode() for each in made)


VERSIONS = {
    "Deployment": "apps/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "Custom": "example.com/v1",
}
RUN = objects(
    "Namespace prod env=live",
    "Namespace test",
    "Pod a prod app=a",
    "Pod b test app=b",
    "Pod c elsewhere app=a",
    "Pod d",
    "Deployment e prod",
    "ClusterRole f app=a",
)
NAMES = ["prod", "test", "a", "b", "c", "d", "e", "f"]
EVERYTHING = set(NAMES)


@pytest.mark.parametrize(
    ("match", "names"),
    [
        ("{}", EVERYTHING),
        ("{kinds: []}", EVERYTHING),
        ("{kinds: [{apiGroups: [''], kinds: [Pod]}]}", {"a", "b", "c", "d"}),
        ("{kinds: [{apiGroups: [apps], kinds: [Pod]}]}", set()),
        ("{kinds: [{apiGroups: ['*'], kinds: [Pod, Namespace]}]}", EVERYTHING - {"e", "f"}),
        ("{kinds: [{apiGroups: [apps]}, {kinds: [ClusterRole]}]}", {"e", "f"}),
        ("{kinds: [{apiGroups: [apps], kinds: ['*']}]}", {"e"}),
        ("{scope: '*'}", EVERYTHING),
        ("{scope: Cluster}", {"prod", "test", "f"}),
        ("{scope: Namespaced}", {"a", "b", "c", "d", "e"}),
        ("{namespaces: [prod]}", {"prod", "a", "e", "f", "d?"}),
        ("{namespaces: ['*rod', 'els*']}", {"prod", "a", "e", "c", "f", "d?"}),
        ("{namespaces: ['*es*']}", {"test", "b", "f", "d?"}),
        ("{excludedNamespaces: [prod, elsewhere]}", {"test", "b", "d", "f"}),
        ("{excludedNamespaces: ['*']}", {"d", "f"}),
        ("{labelSelector: {matchLabels: {app: a}}}", {"a", "c", "f"}),
        (
            "{labelSelector: {matchExpressions: [{key: app, operator: In, values: [b, x]}]}}",
            {"b"},
        ),
        (
            "{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}}",
            {"prod", "test", "b", "d", "e"},
        ),
        (
            "{labelSelector: {matchExpressions: [{key: app, operator: Exists}]}}",
            {"a", "b", "c", "f"},
        ),
        (
            "{labelSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}",
            {"prod", "test", "d", "e"},
        ),
        ("{namespaceSelector: {matchLabels: {env: live}}}", {"prod", "a", "e", "f", "c?", "d?"}),
        (
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: test}}}",
            {"test", "b", "f", "d?"},
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: env, operator: DoesNotExist}]}}",
            {"test", "b", "f", "c?", "d?"},
        ),
        ("{name: a}", {"a"}),
        ("{name: 't*'}", {"test"}),
        ("{name: '*d'}", {"prod", "d"}),
        ("{name: ''}", EVERYTHING),
        ("{source: Original}", EVERYTHING),
        ("{source: Generated}", set()),
        ("{source: All, scope: Namespaced, namespaces: [prod], name: e}", {"e"}),
    ],
)
def test_what_a_constraint_is_about(bench: Bench, match: str, names: set[str]) -> None:
    files = folder(template(), constraint(f"match: {match}"))
    found = bench.found(files, RUN)
    by_line = {2 * number + 1: name for number, name in enumerate(NAMES)}
    assert {by_line[f[2]] + "?" * (f[4] != "no") for f in found} == names


@pytest.mark.parametrize(
    ("match", "given", "message"),
    [
        (
            "{namespaces: [prod, 'a*']}",
            "Pod x",
            "no (only in namespace 'prod' or 'a*', and the object names none)",
        ),
        (
            "{namespaceSelector: {matchLabels: {env: live}}}",
            "Pod x prod",
            "no (if the label 'env' of namespace 'prod' is as it demands)",
        ),
        (
            "{namespaceSelector: {matchLabels: {env: live}}}",
            "Pod x",
            "no (if the label 'env' of its namespace is as it demands)",
        ),
        ("{scope: Cluster}", "Custom x", "no (whether Custom has a namespace is not known here)"),
    ],
)
def test_what_is_not_known_is_said(bench: Bench, match: str, given: str, message: str) -> None:
    files = folder(template(), constraint(f"match: {match}"))
    assert [f[4] for f in bench.found(files, objects(given))] == [message]


@pytest.mark.parametrize(("scope", "number"), [("Cluster", 1), ("Namespaced", 0)])
def test_a_definition_says_whether_its_kind_has_a_namespace(
    bench: Bench, scope: str, number: int
) -> None:
    crd = orjson.dumps(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "customs.example.com"},
            "spec": {"group": "example.com", "names": {"kind": "Custom"}, "scope": scope},
        }
    ).decode()
    about = "match: {scope: Cluster, kinds: [{kinds: [Custom]}]}"
    files = folder(template(), constraint(about))
    found = bench.found(files, {"a.yaml": objects("Custom x"), "crd.yaml": crd})
    assert [f[4] for f in found] == ["no"] * number


def test_a_generated_name_matches_by_its_beginning(bench: Bench) -> None:
    files = folder(template(), constraint("match: {name: 'job-*'}"))
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: job-x-\n"
    assert places(bench.found(files, pod)) == [(4, 17, "no")]


def test_the_review_is_that_of_a_creation(bench: Bench) -> None:
    rego = 'violation[{"msg": json.marshal(input.review)}] { input.review.kind.kind == "Pod" }'
    inputs = {"a.yaml": objects("Namespace prod a=b"), "b.yaml": objects("Pod x prod")}
    (found,) = bench.found(folder(template(rego), constraint()), inputs)
    metadata = {"name": "x", "namespace": "prod", "labels": {}}
    namespace = {"name": "prod", "labels": {"a": "b"}}
    assert orjson.loads(found[4]) == {
        "uid": "",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "", "resource": ""},
        "name": "x",
        "namespace": "prod",
        "operation": "CREATE",
        "userInfo": {},
        "object": {"apiVersion": "v1", "kind": "Pod", "metadata": metadata},
        "oldObject": None,
        "options": None,
        "namespaceObject": {"apiVersion": "v1", "kind": "Namespace", "metadata": namespace},
    }


UNIQUE = """\
violation[{"msg": msg}] {
  other := data.inventory.namespace[ns][version]["Service"][name]
  other.spec.port == input.review.object.spec.port
  not same(other, input.review.object)
  msg := sprintf("also in %v/%v of %v", [ns, name, version])
}

same(a, b) {
  a.metadata.namespace == b.metadata.namespace
  a.metadata.name == b.metadata.name
}"""


def service(name: str, port: int, namespace: str = "") -> str:
    place = f", namespace: {namespace}" if namespace else ""
    metadata, spec = f"{{name: {name}{place}}}", f"{{port: {port}}}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {metadata}\nspec: {spec}\n"


def test_objects_are_compared_with_all_others_of_the_run(bench: Bench) -> None:
    """Those without a namespace are in one in the end, and never in conflict with themselves."""
    files = folder(template(UNIQUE), constraint("match: {kinds: [{kinds: [Service]}]}"))
    inputs = {
        "a.yaml": service("one", 1, "prod") + "---\n" + service("two", 2),
        "b.yaml": service("one", 1, "test") + "---\n" + service("three", 2),
    }
    assert [(f[1], f[2], f[4]) for f in bench.found(files, inputs)] == [
        ("a.yaml", 3, "also in test/one of v1"),
        ("a.yaml", 8, "also in default/three of v1"),
        ("b.yaml", 3, "also in prod/one of v1"),
        ("b.yaml", 8, "also in default/two of v1"),
    ]


def test_what_has_no_namespace_is_compared_too(bench: Bench) -> None:
    rego = (
        'violation[{"msg": msg}] { n := count(data.inventory.cluster["v1"].Namespace); '
        'msg := sprintf("%v namespaces", [n]) }'
    )
    files = folder(template(rego), constraint("match: {kinds: [{kinds: [Namespace]}]}"))
    found = bench.found(files, objects("Namespace a", "Namespace b", "Pod c"))
    assert [f[4] for f in found] == ["2 namespaces"] * 2


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: prod
spec:
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
        - name: web
          image: web:latest
"""
IMAGES = """\
violation[{"msg": msg, "details": {"path": ["spec", "containers", i, "image"]}}] {
  image := input.review.object.spec.containers[i].image
  msg := sprintf("%v of %v", [image, input.review.object.metadata.name])
}"""


@pytest.mark.parametrize(
    ("match", "found"),
    [
        ("kinds: [{apiGroups: [''], kinds: [Pod]}]", [(13, 18, "web:latest of shop-pod")]),
        (
            "kinds: [{kinds: [Pod]}], namespaces: [prod], name: shop-pod,"
            " labelSelector: {matchLabels: {app: shop}}",
            [(13, 18, "web:latest of shop-pod")],
        ),
        ("kinds: [{kinds: [Pod]}], source: Generated", [(13, 18, "web:latest of shop-pod")]),
        ("kinds: [{kinds: [Pod]}], source: Original", []),
        ("kinds: [{kinds: [Pod]}], excludedNamespaces: [prod]", []),
        ("kinds: [{kinds: [Pod, Deployment]}]", []),
        ("kinds: [{kinds: ['*']}]", []),
        ("", []),
    ],
)
def test_pods_that_an_object_makes(
    bench: Bench, match: str, found: list[tuple[int, int, str]]
) -> None:
    """A constraint on pods refuses those of a Deployment; what is about the Deployment itself, or
    about everything, has been asked about it and knows what to look at."""
    files = folder(template(IMAGES), constraint(f"match: {{{match}}}"))
    assert places(bench.found(files, DEPLOYMENT)) == found


def test_lines_of_the_policy_are_those_of_the_yaml(bench: Bench) -> None:
    rego = 'text := `a\n  b`\n\nviolation[{"msg": "no"}] { to_number(text) > 1 }'
    report = bench.report(folder(template(rego), constraint()), {"a.yaml": POD})
    assert report.findings == ()
    (policies,) = bench.load({})
    (ask,) = policies.asks(views(POD))
    ((answer,),) = bench.engine.evaluate(
        policies.program, [policies.questions[0].query], [ask.input]
    )
    (warning,) = answer.warnings
    assert warning.file.endswith("template.yaml")
    assert (warning.line, warning.column) == (18, 36)
    assert warning.text.strip() == rego.rpartition("\n")[2]


def views(text: str) -> list[object]:
    from kubeguard.model.manifest import Manifest
    from kubeguard.sources.text import read

    return [Manifest(node) for node in read("a.yaml", text.encode()).objects]


BROKEN = 'violation[{"msg": msg}] { msg := nothing(1) }'


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (template(BROKEN), 15, 42),
        (template(BROKEN).replace("rego: |", "rego: |-  # a rule"), 15, 42),
        (template(BROKEN).replace("\n", "\r\n"), 15, 42),
        (f"apiVersion: v1\nkind: List\nitems:\n- {indent(template(BROKEN), '  ')[2:]}", 18, 44),
    ],
)
def test_places_in_the_rego(bench: Bench, text: str, line: int, column: int) -> None:
    ((found_line, found_column, said),) = refused(bench, folder(text, constraint()))
    assert (found_line, found_column) == (line, column)
    assert "nothing" in said


def test_rego_that_has_no_lines_of_its_own_in_the_file(bench: Bench) -> None:
    one = template().replace(
        "rego: |", 'rego: "package rule\\n\\n' + BROKEN.replace('"', '\\"') + '"'
    )
    one = "\n".join(one.split("\n")[:12]) + "\n"
    with pytest.raises(CompileError) as error:
        bench.load(folder(one, constraint()))
    (said,) = error.value.diagnostics
    assert said.file.endswith("template.yaml (spec.targets[0].rego)")
    assert (said.line, said.column) == (3, 34)


LIBRARY = """\
      libs:
        - |
          package %s

          f(x) = x { %s }
"""


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (template().replace("name: rule", "name: other"), 4, "called like its kind: rule"),
        (template().replace("kind: Rule", "kind: ''"), 8, "which kind of constraint"),
        (template().replace("admission.k8s", "other.k8s"), 11, "the target of Rule is not"),
        (template().replace("  targets:", "  others:"), 5, "a template has one target"),
        (template(extra="    - target: x\n"), 10, "a template has one target"),
        (template().replace("rego: |", "rogo: |"), 11, "Rule has no Rego"),
        (template("deny[x] { x := 1 }"), 13, "has no rule called violation"),
        (template("violation = true"), 12, "violation of Rule: "),
        (template("import data.other\n" + ALWAYS), 15, "imports data.other"),
        (template("import input.review\n" + ALWAYS), 15, "imports input.review"),
        (template('violation[{"msg": "x"}] { data.secrets }'), 15, "reads data.secrets"),
        (template('violation[{"msg": "x"}] { data["a"] }'), 15, "reads data.a"),
        (template('violation[{"msg": "x"}] { http.send({}) }'), 15, "http.send"),
        (template('violation[{"msg": "x"}] { external_data({}) }'), 15, "external_data"),
        (template(extra=LIBRARY % ("helpers", "true")), 18, "has to be in lib"),
        (template(extra=LIBRARY % ("lib.x", "nothing(x)")), 20, "nothing"),
        (template(extra="      libs: package lib\n"), 16, "libs has to be a list"),
        (
            V1.replace("engine: Rego", "engine: CEL"),
            8,
            "is written for K8sNativeValidation and CEL, which is not supported",
        ),
        (template(schema="{type: nonsense}"), 9, "the schema of the parameters of Rule is none"),
        ("apiVersion: v1 # ConstraintTemplate\nkind: [", 2, ""),
    ],
)
def test_templates_that_are_refused(bench: Bench, text: str, line: int, message: str) -> None:
    told = refused(bench, folder(text, constraint()))
    assert told[0][0] == line
    assert message in told[0][2]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\n", "Assign is not supported"),
        (
            "apiVersion: externaldata.gatekeeper.sh/v1beta1\nkind: Provider\n",
            "Provider is not supported",
        ),
        (
            "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\n"
            "spec: {match: [{excludedNamespaces: [a], processes: ['*']}]}\n",
            "Config is not supported",
        ),
        (
            "apiVersion: expansion.gatekeeper.sh/v1\nkind: ExpansionTemplate\n"
            "spec: {generatedGVK: {kind: Foo, version: v1, group: a.b}}\n",
            "not supported: pods are expanded",
        ),
        (constraint(kind="Unknown"), "there is no template of Unknown here"),
        (constraint(), "Rule/all is given twice"),
        (constraint(name="'a, b'"), "a constraint has to have a name"),
        (constraint().replace("v1beta1", "v9"), "constraints are of"),
        (template(), "Rule has another template at"),
    ],
)
def test_what_is_refused_is_said_and_the_rest_is_judged(
    bench: Bench, other: str, message: str
) -> None:
    files = folder(template(), constraint(), other)
    (policies,) = bench.load(files)
    assert [message in trouble.message for trouble in policies.troubles] == [True]
    report = bench.report(files, {"a.yaml": POD})
    assert [finding.check.id for finding in report.findings] == ["Rule/all"]
    (failed,) = [account for account in report.accounts if account.what == "policy"]
    assert message in failed.reason


@pytest.mark.parametrize(
    "other",
    [
        "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nspec: {sync: {}}\n",
        "apiVersion: syncset.gatekeeper.sh/v1alpha1\nkind: SyncSet\n",
        "apiVersion: expansion.gatekeeper.sh/v1\nkind: ExpansionTemplate\n"
        "spec: {generatedGVK: {kind: Pod, version: v1, group: ''}}\n",
    ],
)
def test_what_is_as_it_is_here_anyway(bench: Bench, other: str) -> None:
    (policies,) = bench.load(folder(template(), constraint(), other))
    assert policies.troubles == ()


def test_a_template_that_no_constraint_asks(bench: Bench) -> None:
    files = folder(template(), constraint(), template(kind="Idle"))
    (policies,) = bench.load(files)
    assert [t.message for t in policies.troubles] == ["no constraint asks for Idle"]
    report = bench.report(files, {"a.yaml": POD})
    assert [account.reason for account in report.accounts if account.reason] == []


def test_templates_alone_find_nothing(bench: Bench) -> None:
    with pytest.raises(KubeguardError, match="no constraint asks for its templates"):
        bench.load({"template.yaml": template()})


def test_a_violation_without_a_message_is_not_lost(bench: Bench) -> None:
    files = folder(template('violation[{"message": "no"}] { true }'), constraint())
    assert [f[4][:23] for f in bench.found(files, POD)] == ["violates the constraint"]


def test_rego_beside_its_template_is_not_asked_twice(bench: Bench) -> None:
    source = 'package rule\n\nviolation[{"msg": "no"}] { input.review.object }\n'
    files = {**folder(template(), constraint()), "src.rego": source, "src_test.rego": "package x\n"}
    assert [f[0] for f in bench.found(files, POD)] == ["Rule/all"]


def test_a_template_and_its_constraint_in_json(bench: Bench) -> None:
    import yaml

    files = {
        "rule.json": orjson.dumps(yaml.safe_load(template(LABELS, version="v1beta1"))).decode(),
        "all.json": orjson.dumps(
            yaml.safe_load(constraint("parameters: {labels: [team]}"))
        ).decode(),
    }
    assert places(bench.found(files, POD)) == [(4, 9, "label team is missing")]
