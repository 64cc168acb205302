"""What an API server would refuse or drop is said, with the place, and nothing else is."""

from __future__ import annotations

import math
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard import schemas
from kubeguard.model.cluster import NEWEST, OLDEST
from kubeguard.model.fix import Grade
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node, Source
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.schema import Schemas
from kubeguard.sources.schema.release import release
from kubeguard.sources.text import read

RELEASES = [(1, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)]


def troubles(text: str, version: tuple[int, int] = NEWEST) -> list[Trouble]:
    objects = read("x.yaml", text.encode()).objects
    crds = [node for node in objects if node.get("kind") == "CustomResourceDefinition"]
    judge = Schemas(version, crds)
    return list(chain.from_iterable(judge.troubles(Manifest(node)) for node in objects))


def of(value: object, version: tuple[int, int] = NEWEST) -> list[Trouble]:
    return list(Schemas(version).troubles(Manifest(Node(value, Source("x")))))


def said(text: str, version: tuple[int, int] = NEWEST) -> list[tuple[str, str, str]]:
    """Line and column, kind, message."""
    return [
        (str(found.node.location).removeprefix("x.yaml:"), found.kind.value, found.message)
        for found in troubles(text, version)
    ]


def pod(container: str, spec: str = "") -> str:
    """A Pod whose container `x` has the given lines from line 6 on."""
    lines = "".join(f"      {line}\n" for line in container.splitlines())
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec: {spec}
  containers:
    - name: x
{lines}"""


UNKNOWN, WRONG, MISSING = "unknown field", "wrong type", "missing field"
INVALID, NO_KIND, REMOVED = "invalid value", "unknown kind", "removed API"


@pytest.mark.parametrize(
    ("container", "place", "kind", "message"),
    [
        (
            "imagePullPolice: Always",
            "7:7",
            UNKNOWN,
            "unknown field 'imagePullPolice' in spec.containers[0]; "
            "did you mean 'imagePullPolicy'?",
        ),
        (
            "runAsUser: 1",
            "7:7",
            UNKNOWN,
            "unknown field 'runAsUser' in spec.containers[0]; "
            "it belongs in spec.containers[0].securityContext",
        ),
        (
            "hostNetwork: true",
            "7:7",
            UNKNOWN,
            "unknown field 'hostNetwork' in spec.containers[0]; it belongs in spec",
        ),
        (
            "limit: {cpu: 1}",
            "7:7",
            UNKNOWN,
            "unknown field 'limit' in spec.containers[0]; did you mean 'limits' in resources?",
        ),
        ("zzz: 1", "7:7", UNKNOWN, "unknown field 'zzz' in spec.containers[0]"),
        ("image: 1.20", "7:14", WRONG, "containers[0].image is a number, not a string"),
        ("tty: 'true'", "7:12", WRONG, "containers[0].tty is a string, not a boolean"),
        ("env: {A: b}", "7:7", WRONG, "containers[0].env is a mapping, not a list"),
        (
            "env: [{name: A, value: yes}]",
            "7:30",
            WRONG,
            "env[0].value is the boolean true, not a string",
        ),
        (
            "ports: [{containerPort: 80.5}]",
            "7:31",
            WRONG,
            "ports[0].containerPort is a number, not a whole number",
        ),
        (
            "ports: [{containerPort: .inf}]",
            "7:31",
            WRONG,
            "ports[0].containerPort is the number .nan or .inf, not a whole number",
        ),
        (
            "env: [{value: a}]",
            "7:13",
            MISSING,
            "containers[0].env[0] lacks the required field 'name'",
        ),
        ("resources: {limits: {cpu: 1 m}}", "7:33", INVALID, "limits.cpu: not a quantity"),
        (
            "ports: [{containerPort: 99999999999999999999}]",
            "7:31",
            INVALID,
            "ports[0].containerPort: the value is greater than the maximum of 2147483647",
        ),
    ],
)
def test_one_sentence_at_the_place(container: str, place: str, kind: str, message: str) -> None:
    assert said(pod(container)) == [(place, kind, message)]


@pytest.mark.parametrize(
    "container",
    [
        "image: null\nports:\nenv: null\nsecurityContext: null\ncommand: [a, null]",
        "ports: [{containerPort: 80.0}, {containerPort: 1e3}]",
        "resources: {limits: {cpu: 0.5, memory: 1Gi, a.b/c: 1e3}, requests: {cpu: .5, memory: 1.}}",
        "livenessProbe: {httpGet: {port: http}}\nreadinessProbe: {httpGet: {port: 80}}",
    ],
)
def test_what_the_server_takes_is_no_trouble(container: str) -> None:
    assert said(pod(container)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "kind: Pod\napiVersion: v1\nspec: {containers: null}",
            [("3:20", MISSING, "spec lacks the required field 'containers'")],
        ),
        (
            "kind: Pod\napiVersion: v1\nspec: nothing",
            [("3:7", WRONG, "spec is a string, not a mapping")],
        ),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: a}",
            [("1:1", MISSING, "Pod lacks the required field 'spec'")],
        ),
        (
            "kind: Pod\napiVersion: v1\nspec:\n  containers:\n    -\n    - {name: a}",
            [("5:6", WRONG, "spec.containers[0] is empty, not a mapping")],
        ),
        (
            "kind: Namespace\napiVersion: v1\nmetadata: {name: a, labels: {a: 1}}\nspecs: {}",
            [
                ("3:33", WRONG, "labels.a is a number, not a string"),
                ("4:1", UNKNOWN, "unknown field 'specs' in Namespace; did you mean 'spec'?"),
            ],
        ),
        (
            "kind: Secret\napiVersion: v1\ndata: {a: hunter2!, b: 1}",
            [
                ("3:11", INVALID, "data.a: not base64"),
                ("3:24", WRONG, "data.b is a number, not a string"),
            ],
        ),
        (
            "kind: Deployment\napiVersion: networking.k8s.io/v1",
            [("2:13", NO_KIND, "'networking.k8s.io/v1' has no Deployment; it is in apps/v1")],
        ),
        (
            "kind: deployment\napiVersion: apps/v1\nspec: {}",
            [
                (
                    "1:7",
                    NO_KIND,
                    "Kubernetes 1.37 has no kind 'deployment' in 'apps/v1'; "
                    "did you mean 'Deployment'?",
                )
            ],
        ),
        (
            "kind: Ingress\napiVersion: extensions/v1beta1\nspec: {}",
            [
                (
                    "2:13",
                    REMOVED,
                    "Ingress of extensions/v1beta1 was removed in Kubernetes 1.22; "
                    "use networking.k8s.io/v1",
                )
            ],
        ),
        (
            "kind: List\napiVersion: v1\nitems: [{kind: Service, apiVersion: v1, spec: {port: 1}}]",
            [("3:48", UNKNOWN, "unknown field 'port' in spec; did you mean 'ports'?")],
        ),
    ],
)
def test_whole_objects(text: str, expected: list[tuple[str, str, str]]) -> None:
    found = said(text + "\n")

    assert sorted(found) == sorted(expected)
    assert "hunter2" not in str(found)


def test_fields_of_later_releases_and_of_other_api_versions() -> None:
    sidecar = pod("image: a").replace("containers:", "initContainers:")
    sidecar += "      restartPolicy: Always\n  containers: [{name: b}]\n"
    scaler = "kind: HorizontalPodAutoscaler\napiVersion: autoscaling/v1\nspec:\n  maxReplicas: 2\n"
    scaler += "  scaleTargetRef: {kind: Deployment, name: a}\n  metrics: []\n"

    assert said(sidecar, (1, 28)) == []
    assert [message for *_, message in said(sidecar, (1, 27))] == [
        "unknown field 'restartPolicy' in spec.initContainers[0]; it comes with Kubernetes 1.28"
    ]
    assert [message for *_, message in said(scaler)] == [
        "unknown field 'metrics' in spec; it is in autoscaling/v2"
    ]


@pytest.mark.parametrize(
    ("version", "api_version", "kind"),
    [
        ((1, 28), "flowcontrol.apiserver.k8s.io/v1beta3", None),
        ((1, 29), "flowcontrol.apiserver.k8s.io/v1beta3", TroubleKind.DEPRECATED_API),
        ((1, 32), "flowcontrol.apiserver.k8s.io/v1beta3", TroubleKind.REMOVED_API),
        ((1, 28), "flowcontrol.apiserver.k8s.io/v1", TroubleKind.UNKNOWN_KIND),
        ((1, 29), "flowcontrol.apiserver.k8s.io/v1", None),
    ],
)
def test_an_api_version_comes_and_goes(
    version: tuple[int, int], api_version: str, kind: TroubleKind | None
) -> None:
    spec = {"priorityLevelConfiguration": {"name": "a"}}
    found = of({"apiVersion": api_version, "kind": "FlowSchema", "spec": spec}, version)

    assert [trouble.kind for trouble in found] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("text", "value", "grade"),
    [
        (pod("image: 1.10"), "1.10", Grade.SAFE),
        (pod("image: 0o17"), "0o17", Grade.SAFE),
        (pod("image: yes"), "yes", Grade.SAFE),
        (pod("tty: 'false'"), False, Grade.SAFE),
        (pod("ports: [{containerPort: '80'}]"), 80, Grade.SAFE),
        (pod("ports: [{containerPort: '080'}]"), None, Grade.SHOW),
        ("kind: Secret\napiVersion: v1\ndata: {a: 1}\n", None, Grade.SHOW),
        ("kind: pod\napiVersion: v1\n", "Pod", Grade.SAFE),
        ("kind: ConfigMap\napiVersion: apps/v1\n", "v1", Grade.SAFE),
        ("kind: CronJob\napiVersion: batch/v1beta1\nspec: {}\n", None, Grade.SHOW),
        (
            "kind: PodDisruptionBudget\napiVersion: policy/v1beta1\nspec: {}\n",
            "policy/v1",
            Grade.UNSAFE,
        ),
        (
            "kind: Role\napiVersion: rbac.authorization.k8s.io/v1beta1\nrules: []\n",
            "rbac.authorization.k8s.io/v1",
            Grade.SAFE,
        ),
    ],
)
def test_fixes(text: str, value: object, grade: Grade) -> None:
    (found,) = troubles(text)

    assert found.fix is not None
    assert found.fix.grade is grade
    assert [edit.value for edit in found.fix.edits] == ([] if grade is Grade.SHOW else [value])


@pytest.mark.parametrize(
    ("api_version", "kind", "known"),
    [
        ("apps/v1", "Deployment", True),
        ("extensions/v1beta1", "Deployment", True),
        ("v1", "Deployment", True),
        ("app/v1", "Deployment", True),
        ("rbac.authorization.k8s/v1", "Role", True),
        ("authorization.openshift.io/v1", "Role", False),
        ("gateway.networking.k8s.io/v1", "Gateway", False),
        ("metrics.k8s.io/v1beta1", "PodMetrics", False),
        ("serving.knative.dev/v1", "Service", False),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization", False),
        ("v1", "Config", False),
        ("v1", "List", False),
        ("", "Pod", False),
        ("v1", "", False),
    ],
)
def test_known(api_version: str, kind: str, known: bool) -> None:
    manifest = Manifest(Node({"apiVersion": api_version, "kind": kind}, Source("x")))
    judge = Schemas(NEWEST)

    assert judge.known(manifest) is known
    assert known or not list(judge.troubles(manifest))


def test_a_patch_for_kustomize_is_no_object() -> None:
    patch = {"apiVersion": "apps/v1", "kind": "Deployment", "$patch": "delete"}

    assert of(patch) == []
    assert not Schemas(NEWEST).known(Manifest(Node(patch, Source("x"))))


CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: queues.example.com}}
spec:
  group: example.com
  names: {{plural: queues, kind: Queue}}
  scope: Namespaced
  versions:
    - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}
    - {{name: v2, served: false, storage: false, schema: {{openAPIV3Schema: {schema}}}}}
---
apiVersion: example.com/{version}
kind: Queue
metadata: {{name: jobs}}
{body}
"""


def queue(schema: str, body: str, version: str = "v1") -> list[str]:
    found = said(CRD.format(schema=schema, body=body, version=version))
    return [message for *_, message in found]


INT_OR_STRING = "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("{type: string}", "x", ""),
        ("{type: string}", "1", "a is a number, not a string"),
        ("{type: string}", "null", ""),
        ("{type: string, nullable: true, enum: [x]}", "null", ""),
        ("{type: string, enum: [x, 1]}", "z", "a: the value is not one of 'x', 1"),
        ("{type: integer, minimum: 1, exclusiveMinimum: true}", "2", ""),
        (
            "{type: integer, minimum: 1, exclusiveMinimum: true}",
            "1",
            "a: the value is less than or equal to the minimum of 1",
        ),
        ("{type: integer, format: int32}", "3000000000", "a: the value is greater than the max"),
        ("{type: string, pattern: '^x+$'}", "yyy", 'a: the value does not match "^x+$"'),
        (INT_OR_STRING, "10%", ""),
        (INT_OR_STRING, "10", ""),
        (INT_OR_STRING, "null", ""),
        (INT_OR_STRING, "[]", "a is a list, not a string or a whole number"),
        ("{type: object}", "{b: 1}", "unknown field 'b' in a"),
        ("{type: object, x-kubernetes-preserve-unknown-fields: true}", "{b: 1}", ""),
        ("{x-kubernetes-preserve-unknown-fields: true}", "[1]", ""),
        ("{type: object, additionalProperties: {type: string}}", "{b: c}", ""),
        ("{type: object, additionalProperties: {type: string}}", "{b: 1}", "a.b is a number"),
        (
            "{type: object, required: [b], properties: {b: {type: string}}}",
            "{b: null}",
            "a lacks the required field 'b'",
        ),
        ("{type: array, items: {type: string}}", "[x, null]", "a[1] is empty, not a string"),
        ("{type: array, items: {type: string, nullable: true}}", "[x, null]", ""),
        (
            "{type: object, x-kubernetes-embedded-resource: true}",
            "{apiVersion: v1, kind: Pod, metadata: {name: 1}}",
            "metadata.name is a number, not a string",
        ),
        (
            "{type: object, properties: {b: {type: string}, c: {type: string}}, "
            "oneOf: [{required: [b]}, {required: [c]}]}",
            "{b: x, c: z}",
            "a: the value is valid under more than one",
        ),
    ],
)
def test_custom_resources(field: str, value: str, message: str) -> None:
    found = queue(f"{{type: object, properties: {{a: {field}}}}}", f"a: {value}")

    assert len(found) == bool(message)
    assert all(text.startswith(message) for text in found)


def test_a_custom_resource_has_what_every_object_has() -> None:
    assert queue("{type: object}", "status: {a: 1}") == ["unknown field 'status' in Queue"]
    status = "{type: object, properties: {status: {type: object}}}"
    assert queue(status, "status: {a: 1}") == []


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_a_version_that_is_not_served(version: str) -> None:
    message = f"'example.com/{version}' is not served by the definition of Queue"
    assert queue("{type: object}", "", version) == [message]


@pytest.mark.parametrize(
    "schema",
    [
        "null",
        "[]",
        "{type: nonsense}",
        "{type: object, properties: {a: null}}",
        "{type: object, properties: []}",
        "{type: object, properties: {a: {type: string, pattern: '('}}}",
        "{type: object, properties: {a: {type: string, enum: 1}}}",
        "{type: object, allOf: [1]}",
        "{type: object, properties: {a: {enum: [{$ref: nowhere}]}}}",
    ],
)
def test_a_definition_that_makes_no_sense_judges_nothing(schema: str) -> None:
    assert not [m for m in queue(schema, "a: 1\nb: 2") if "Queue" in m]


KEYS = st.sampled_from(
    (
        *("containers", "name", "env", "ports", "resources", "limits", "securityContext", "$ref"),
        *("type", "properties", "items", "required", "enum", "anyOf", "pattern", "minimum"),
    )
) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(spec=JSON, kind=st.sampled_from(("Pod", "Service", "Secret", "ConfigMap")))
@settings(max_examples=150, deadline=None)
def test_no_value_breaks_it(spec: object, kind: str) -> None:
    for trouble in of({"apiVersion": "v1", "kind": kind, "spec": spec, "data": spec}):
        assert trouble.message
        assert trouble.fix


@given(schema=JSON, value=JSON)
@settings(max_examples=150, deadline=None)
def test_no_definition_breaks_it(schema: object, value: object) -> None:
    names = {"plural": "queues", "kind": "Queue"}
    version = {"name": "v1", "served": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": "example.com", "names": names, "versions": [version]}
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "spec": spec}
    judge = Schemas(NEWEST, [Node(crd, Source("x"))])
    resource = {"apiVersion": "example.com/v1", "kind": "Queue", "spec": value}

    list(judge.troubles(Manifest(Node(resource, Source("x")))))


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, -(10**400), True, "\ud800"])
def test_hostile_scalars(value: object) -> None:
    container = {"name": "a", "ports": [{"containerPort": value}], "tty": value}
    assert of({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}})


def test_a_thousand_unknown_fields_are_all_named() -> None:
    names = {f"field{number}": 1 for number in range(1000)}
    found = of({"apiVersion": "v1", "kind": "ConfigMap", **names})

    assert {trouble.node.path for trouble in found} == {(name,) for name in names}


@pytest.mark.parametrize("version", RELEASES, ids=lambda version: f"1.{version[1]}")
def test_every_kind_of_every_release_compiles(version: tuple[int, int]) -> None:
    kinds, _ = schemas.release(version)
    for api_version, served in kinds.items():
        for kind in served:
            shape = release(version).shape(api_version, kind)
            assert shape is not None
            assert not shape.is_valid([])


def test_releases_outside_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no schemas for Kubernetes 1\.26"):
        Schemas((1, 26))
