"""What people do to a cluster, and what the webhook makes of it, asked by a real API server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from clusters import LABEL, Hook, config_map, make_namespace, serving
from control_plane import ControlPlane
from objects import container, deployment, pod, spec

pytestmark = pytest.mark.cluster

CONFIGURATION = """\
webhook:
  modes:
    - {checks: [interactive_exec], mode: deny}
    - {checks: [missing_seccomp], namespace_selector: {matchLabels: {stage: test}}, mode: warn}
  profiles:
    - {namespace_selector: {matchLabels: {trust: full}}, profile: baseline}
  exempt:
    users: ["breakglass-*"]
    groups: [platform]
"""
PODS = "/api/v1/namespaces/actions/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/actions/deployments"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


@pytest.fixture(scope="module")
def hook(cluster: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    folder = tmp_path_factory.mktemp("hook")
    with serving(cluster, folder, CONFIGURATION, "actions") as running:
        yield running


@pytest.fixture
def name() -> str:
    return f"n{time.monotonic_ns()}"


def test_nothing_to_find_is_admitted_without_a_word(hook: Hook, name: str) -> None:
    answer = hook.ask("POST", DEPLOYMENTS, deployment(name))
    assert (answer.status, answer.warnings) == (201, [])
    assert [review["verdict"] for review in answer.reviews] == ["allow"]


def test_a_denial_names_check_place_and_way_out(hook: Hook, name: str) -> None:
    answer = hook.ask("POST", DEPLOYMENTS, deployment(name, hostNetwork=True, hostPID=True))
    assert answer.status == 403
    _, _, said = answer.message.partition("denied the request: ")
    assert said.splitlines() == [
        f"kubeguard denies Deployment actions/{name}",
        "KG3001 spec.template.spec.hostNetwork: the pod joins the node's network namespace",
        "KG3002 spec.template.spec.hostPID: the pod sees every process of the node",
        "what to do: kubeguard explain KG3001",
    ]


def test_what_is_below_the_threshold_warns(hook: Hook, name: str) -> None:
    body = pod(name, containers=[container(resources={"limits": {"memory": "1Mi"}})])
    body["metadata"]["ownerReferences"] = []
    answer = hook.ask("POST", f"{PODS}?dryRun=All", body)
    assert answer.status == 201
    assert any("KG7105" in warning for warning in answer.warnings), answer.warnings


def test_the_audit_log_says_by_which_policy(hook: Hook, cluster: ControlPlane, name: str) -> None:
    hook.ask("POST", f"{PODS}?dryRun=All", pod(name, hostIPC=True))
    lines = cluster.audit_log.read_text().splitlines()
    event = next(e for e in map(json.loads, reversed(lines)) if "annotations" in e)
    said = {key.rpartition("/")[2]: value for key, value in event["annotations"].items()}
    assert said["verdict"] == "deny"
    assert said["deny"] == "KG3003"
    assert len(said["policy"]) == 16
    assert float(said["milliseconds"]) < 1_000


def test_what_was_there_before_does_not_stop_an_update(hook: Hook, name: str) -> None:
    breakglass = hook.user("breakglass-1")
    body = deployment(name, hostNetwork=True)
    body["metadata"]["finalizers"] = ["kubeguard.test/hold"]
    answer = hook.ask("POST", DEPLOYMENTS, body, user=breakglass)
    assert answer.status == 201
    assert answer.reviews[-1]["exempt"] == "user breakglass-1"

    path = f"{DEPLOYMENTS}/{name}"
    answer = hook.ask("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, MERGE)
    assert answer.status == 200
    assert [w for w in answer.warnings if "KG3001" in w] == [
        "kubeguard: KG3001 spec.template.spec.hostNetwork: the pod joins the node's network "
        "namespace (it was so before)"
    ]
    worse = {"spec": {"template": {"spec": {"hostPID": True}}}}
    answer = hook.ask("PATCH", path, worse, MERGE)
    assert answer.status == 403
    assert "KG3002" in answer.message
    assert "KG3001" not in answer.message

    hook.ask("DELETE", path)
    answer = hook.ask("PATCH", path, {"metadata": {"finalizers": None}}, MERGE)
    assert answer.status == 200


def test_scaling_is_no_matter(hook: Hook, name: str) -> None:
    hook.ask("POST", DEPLOYMENTS, deployment(name))
    answer = hook.ask("PATCH", f"{DEPLOYMENTS}/{name}/scale", {"spec": {"replicas": 3}}, MERGE)
    assert (answer.status, answer.warnings) == (200, [])
    assert answer.reviews[0]["object"] == f"deployments/scale of actions/{name}"


def test_a_debug_container_is_a_container(hook: Hook, name: str) -> None:
    assert hook.ask("POST", PODS, pod(name)).status == 201
    privileged = {"name": "debug", "image": "a/b:1", "securityContext": {"privileged": True}}
    body = {"spec": {"ephemeralContainers": [privileged]}}
    kind = "application/strategic-merge-patch+json"
    answer = hook.ask("PATCH", f"{PODS}/{name}/ephemeralcontainers", body, kind)
    assert answer.status == 403
    assert "KG3004 spec.ephemeralContainers[0].securityContext.privileged" in answer.message


def test_a_resize_that_makes_nothing_worse(hook: Hook, name: str) -> None:
    assert hook.ask("POST", PODS, pod(name)).status == 201
    limits = {"requests": {"cpu": "20m"}}
    body = {"spec": {"containers": [{"name": "web", "resources": limits}]}}
    kind = "application/strategic-merge-patch+json"
    answer = hook.ask("PATCH", f"{PODS}/{name}/resize", body, kind)
    assert answer.status == 200
    assert answer.reviews[0]["verdict"] == "allow"


def test_entering_a_pod_is_denied_where_the_policy_says_so(hook: Hook, name: str) -> None:
    assert hook.ask("POST", PODS, pod(name)).status == 201
    answer = hook.ask("POST", f"{PODS}/{name}/exec?command=sh&container=web&stdin=true")
    assert answer.status == 403
    assert "KG4201: somebody runs a command in container 'web' of a running pod" in answer.message


def test_both_ways_into_a_pod_are_denied(hook: Hook, name: str) -> None:
    """kubectl tries a WebSocket first (GET) and then SPDY (POST)."""
    assert hook.ask("POST", PODS, pod(name)).status == 201
    for method in ("GET", "POST"):
        answer = hook.ask(method, f"{PODS}/{name}/exec?command=sh&stdin=true")
        assert answer.status == 403
        (review,) = answer.reviews
        assert review["operation"] == "CONNECT"
        assert review["deny"] == ["KG4201"]


def test_a_port_is_forwarded_with_a_warning(hook: Hook, name: str) -> None:
    assert hook.ask("POST", PODS, pod(name)).status == 201
    answer = hook.ask("POST", f"{PODS}/{name}/portforward?ports=80")
    assert [review["warn"] for review in answer.reviews] == [["KG4202"]]


def test_deletions_are_never_judged(hook: Hook, name: str) -> None:
    assert hook.ask("POST", PODS, pod(name)).status == 201
    answer = hook.ask("DELETE", f"{PODS}/{name}?gracePeriodSeconds=0")
    assert answer.status == 200
    answer = hook.ask("DELETE", f"{PODS}?labelSelector=app={name}")
    assert answer.status == 200


def test_a_collection_is_deleted_review_by_review_without_a_name(hook: Hook, name: str) -> None:
    for n in range(2):
        body = pod(f"{name}-{n}")
        body["metadata"]["labels"]["app"] = name
        assert hook.ask("POST", PODS, body).status == 201
    answer = hook.ask("DELETE", f"{PODS}?labelSelector=app={name}")
    assert answer.status == 200
    assert len(answer.reviews) >= 2
    said = {(r["operation"], r["object"], r["verdict"]) for r in answer.reviews}
    assert said == {("DELETE", "Pod actions/", "allow")}


def test_an_eviction_is_no_matter(hook: Hook, name: str) -> None:
    assert hook.ask("POST", PODS, pod(name)).status == 201
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    answer = hook.ask("POST", f"{PODS}/{name}/eviction", body)
    assert (answer.status, answer.warnings) == (201, [])
    review = answer.reviews[0]
    assert (review["object"], review["verdict"]) == (f"pods/eviction of actions/{name}", "allow")


@pytest.mark.parametrize("kind", ["Validating", "Mutating"])
def test_nobody_asks_about_webhooks(hook: Hook, name: str, kind: str) -> None:
    path = f"/apis/admissionregistration.k8s.io/v1/{kind.lower()}webhookconfigurations"
    answer = hook.ask("POST", f"{path}?dryRun=All", {"metadata": {"name": name}})
    assert (answer.status, answer.reviews) == (201, [])


def test_names_that_are_made_up_later(hook: Hook) -> None:
    body = pod("x", hostPID=True)
    body["metadata"] = {"generateName": "web-"}
    answer = hook.ask("POST", f"{PODS}?dryRun=All", body)
    assert answer.status == 403
    assert "denies Pod actions/web-" in answer.message


def test_server_side_apply(hook: Hook, name: str) -> None:
    path = f"{DEPLOYMENTS}/{name}?fieldManager=test"
    assert hook.ask("PATCH", path, deployment(name), APPLY).status == 201
    answer = hook.ask("PATCH", path, deployment(name, hostIPC=True), APPLY)
    assert answer.status == 403
    assert "KG3003" in answer.message


def test_server_side_apply_over_client_side_apply(hook: Hook, name: str) -> None:
    """Each review on the way judges the same object, and none denies what was there before."""
    breakglass = hook.user("breakglass-1")
    path = f"{DEPLOYMENTS}/{name}"
    hook.ask("POST", DEPLOYMENTS, deployment(name, hostPID=True), user=breakglass)
    applied = f"{path}?fieldManager=test&force=true"
    answer = hook.ask("PATCH", applied, deployment(name, hostPID=True), APPLY)
    assert answer.status == 200
    assert {review["verdict"] for review in answer.reviews} == {"allow"}
    assert any("KG3002" in warning for warning in answer.warnings)


def test_a_kind_that_nobody_has_heard_of(hook: Hook, name: str) -> None:
    group = "kubeguard.test"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget"},
            "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    hook.cluster.request("POST", path, crd)
    gadgets = f"/apis/{group}/v1/namespaces/actions/gadgets"
    hook.until(lambda: hook.ask("GET", gadgets).status == 200)
    body = {
        "apiVersion": f"{group}/v1",
        "kind": "Gadget",
        "metadata": {"name": name},
        "spec": {"workers": {"template": {"spec": spec(hostNetwork=True)}}},
    }
    hook.until(lambda: "KG3001" in hook.ask("POST", f"{gadgets}?dryRun=All", body).message)


def test_a_namespace_has_the_profile_that_its_labels_give_it(hook: Hook, name: str) -> None:
    make_namespace(hook.cluster, name, {})
    platform = hook.user("ann", "platform")
    labels = {"metadata": {"labels": {LABEL: "actions", "trust": "full"}}}
    assert hook.ask("PATCH", f"/api/v1/namespaces/{name}", labels, MERGE, platform).status == 200
    body = pod("web", containers=[container(securityContext={})])
    path = f"/api/v1/namespaces/{name}/pods?dryRun=All"

    hook.until(lambda: hook.ask("POST", path, body).status == 201)
    assert hook.ask("POST", path, pod("web", hostPID=True)).status == 403


def test_nobody_gives_a_namespace_another_profile(hook: Hook, name: str) -> None:
    make_namespace(hook.cluster, name, {LABEL: "actions"})
    body = {"metadata": {"labels": {"trust": "full"}}}
    answer = hook.ask("PATCH", f"/api/v1/namespaces/{name}", body, MERGE)
    assert answer.status == 403
    assert "label 'trust' decides how kubeguard judges the namespace" in answer.message


def test_a_mode_for_namespaces_with_a_label(hook: Hook, name: str) -> None:
    make_namespace(hook.cluster, name, {LABEL: "actions"})
    own = container()
    own["securityContext"].pop("seccompProfile")
    body = pod("web", containers=[own])
    path = f"/api/v1/namespaces/{name}/pods?dryRun=All"
    assert "KG3022" in hook.ask("POST", path, body).message

    platform = hook.user("ann", "platform")
    labels = {"metadata": {"labels": {"stage": "test"}}}
    hook.ask("PATCH", f"/api/v1/namespaces/{name}", labels, MERGE, platform)
    hook.until(lambda: any("KG3022" in w for w in hook.ask("POST", path, body).warnings))


def test_secrets_stay_out_of_answers_and_logs(hook: Hook, name: str) -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3h4i"
    body = config_map(name, config=f"token: {token}\n")
    answer = hook.ask("POST", "/api/v1/namespaces/actions/configmaps", body)
    assert answer.status == 403
    assert "KG6002" in answer.message
    assert token[:8] not in answer.message + hook.log.read_text()
