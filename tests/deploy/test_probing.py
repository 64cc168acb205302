"""`kubeguard deploy verify` asks the containers: by a real API server, in real processes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from control_plane import ControlPlane, Options, control_plane
from exec_kubelet import ExecKubelet
from fake_kubelet import FakeKubelet
from sandbox import Sandbox, sandboxed, why_not
from test_deploy import SHOP, WEB, Release

from kubeguard import load_checks
from kubeguard.cluster import access
from kubeguard.cluster.objects import Objects
from kubeguard.deploy import probing
from kubeguard.deploy.probing import Probing, probe
from kubeguard.model.finding import Report
from kubeguard.model.location import dotted
from kubeguard.policy.policy import Policy

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "there are sandboxes"),
]
STANDARD = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture(scope="module")
def plane(assets_with_controllers: Path) -> Iterator[ControlPlane]:
    with control_plane(Options(controllers=True), assets_with_controllers) as found:
        yield found


class Containers:
    """What runs when somebody runs a command in one: a sandbox, or whatever a test says."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.instead: Sequence[str] | None = None
        self.missing = False
        self.asked: list[tuple[str, str]] = []

    def __call__(self, pod: str, container: str, command: Sequence[str]) -> Sequence[str] | None:
        self.asked.append((container, command[0]))
        return None if self.missing else self.instead or sandboxed(self.sandbox, command)


@pytest.fixture
def containers(kubelet: ExecKubelet) -> Containers:
    kubelet.run = found = Containers()
    return found


@pytest.fixture(scope="module")
def kubelet(plane: ControlPlane) -> Iterator[ExecKubelet]:
    with (
        ExecKubelet(plane.authority.server("kubelet"), Containers()) as found,
        FakeKubelet(plane, nodes=2, port=found.port),
    ):
        yield found


@pytest.fixture(scope="module")
def applied(
    plane: ControlPlane, kubelet: ExecKubelet, tmp_path_factory: pytest.TempPathFactory
) -> Release:
    release = Release(plane, tmp_path_factory.mktemp("release"))
    status, told = release.apply()
    assert status == 0, told
    assert told.splitlines()[-1] == "5 objects on the cluster: clean, 1 container probed"
    return release


def test_containers_as_they_should_be(applied: Release, containers: Containers) -> None:
    assert applied.run("verify") == (0, "5 objects on the cluster: clean, 1 container probed\n")
    assert containers.asked == [("web", "python3")]


PLANTED = {
    "KG3030": (Sandbox(read_only=False), "can write to its root file system: it did in '/opt'"),
    "KG4101": (
        Sandbox(tokens=(STANDARD,)),
        f"can read the token of a service account: '{STANDARD}",
    ),
    "KG5003": (Sandbox(metadata="open"), "reaches the metadata service at 169.254.169.254"),
}


@pytest.mark.parametrize("check", PLANTED)
@pytest.mark.parametrize("programs", [None, ("sh", "rm", "timeout", "bash")])
def test_what_a_container_can_do_and_should_not(
    applied: Release, containers: Containers, check: str, programs: tuple[str, ...] | None
) -> None:
    if programs and not shutil.which("bash"):
        pytest.skip("there is no bash")
    planted, text = PLANTED[check]
    containers.sandbox = replace(planted, programs=programs)
    status, told = applied.run("verify")
    assert status == 1, told
    assert check in told
    assert "container 'web' of pod 'web-" in told
    assert text in " ".join(told.split())
    assert "clean" not in told
    containers.asked.clear()
    assert applied.run("verify", "--no-probes") == (0, "5 objects on the cluster: clean\n")
    assert containers.asked == []


def test_what_is_suppressed_stays_so(applied: Release, containers: Containers) -> None:
    containers.sandbox = Sandbox(metadata="open", tokens=(STANDARD,))
    config = applied.file.with_name("kubeguard.yaml")
    config.write_text(
        "ignore: [open_egress]\n"
        "suppressions: [{checks: [automounted_token], kind: Deployment, reason: it needs it}]\n"
    )
    try:
        status, told = applied.run("verify")
    finally:
        config.unlink()
    assert status == 0, told


def test_severities_are_the_users(applied: Release, containers: Containers) -> None:
    containers.sandbox = Sandbox(metadata="open")
    config = applied.file.with_name("kubeguard.yaml")
    config.write_text("severities: {open_egress: low}\n")
    try:
        status, told = applied.run("verify")
    finally:
        config.unlink()
    assert status == 0, told
    assert "KG5003" in told
    assert "clean" not in told


def test_nothing_to_ask_is_told_and_no_finding(applied: Release, containers: Containers) -> None:
    for containers.missing in (False, True):  # exit code 127, and as containerd says it
        containers.sandbox = Sandbox(programs=())
        status, told = applied.run("verify")
        assert status == 0
        note, clean = told.splitlines()
        assert note.startswith("not probed: container 'web' of pod 'web-")
        assert note.endswith(": it has neither python3 nor sh")
        assert clean == "5 objects on the cluster: clean, 0 containers probed"


LIES = {
    "huge": ["head", "-c", "20000000", "/dev/zero"],
    "endless": ["yes"],
    "binary": ["head", "-c", "9999", "/dev/urandom"],
    "escapes": ["printf", r"\033[2J\033]0;owned\007::error::no\n"],
    "JSON": ["echo", '{"kubeguard-probe": 1, "root": "ro"}'],
    "nothing": ["true"],
    "an error": ["false"],
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_hostile_container_says_is_never_printed(
    applied: Release, containers: Containers, lie: str
) -> None:
    containers.instead = LIES[lie]
    status, told = applied.run("verify")
    assert status == 0
    note, clean = told.splitlines()
    assert note.endswith(": its python3 and its sh gave no answer that can be read")
    assert clean == "5 objects on the cluster: clean, 0 containers probed"
    assert told.replace("\n", "").isprintable()


def test_a_container_that_says_nothing_is_not_waited_for(
    applied: Release, containers: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    containers.instead = ["sleep", "60"]
    monkeypatch.setattr(probing, "SECONDS", 0.5)
    [note] = _probe(applied).notes
    assert note.endswith(": its python3 and its sh gave no answer that can be read")


RIGHTS = {
    "": 'User "anna" cannot get resource "pods/exec" in API group "" in the namespace "shop"',
    "pods/exec": "it takes the right to get and to create pods/exec",
}


@pytest.mark.parametrize("right", RIGHTS)
def test_without_the_right_to_exec(
    applied: Release, containers: Containers, monkeypatch: pytest.MonkeyPatch, right: str
) -> None:
    user = f"anna-{bool(right)}"
    resources = ["secrets", "pods", "namespaces", "configmaps", "serviceaccounts", right]
    rules = [
        {"apiGroups": [group], "resources": kinds, "verbs": ["get", "list"]}
        for group, kinds in {
            "": resources,
            "apps": ["deployments", "replicasets"],
            "networking.k8s.io": ["networkpolicies"],
        }.items()
    ]
    group = "rbac.authorization.k8s.io"
    role = {"metadata": {"name": user}, "rules": rules}
    subject = {"kind": "User", "name": user, "apiGroup": group}
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": user}
    binding = {"metadata": {"name": user}, "roleRef": reference, "subjects": [subject]}
    for resource, value in (("clusterroles", role), ("clusterrolebindings", binding)):
        assert applied.plane.request("POST", f"/apis/{group}/v1/{resource}", value)[0] == 201
    monkeypatch.setattr(applied, "kubeconfig", applied.plane.kubeconfig_for(user))
    status, told = applied.run("verify")
    assert status == 0, told
    note, clean = told.splitlines()
    why = RIGHTS[right].replace("anna", user)
    assert note.startswith("not probed: container 'web' of pod 'web-")
    assert note.endswith(f"': the cluster does not allow it: {why}")
    assert clean == "5 objects on the cluster: clean, 0 containers probed"
    assert containers.asked == []


def test_where_a_policy_of_the_cluster_forbids_exec(
    applied: Release, containers: Containers
) -> None:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/exec"]}
    spec = {
        "matchConstraints": {"resourceRules": [{**rule, "operations": ["CONNECT"]}]},
        "validations": [{"expression": "false", "message": "nobody looks into pods here"}],
    }
    binding = {"policyName": "no-exec", "validationActions": ["Deny"]}
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpol"
    for path, content in ((f"{policies}icies", spec), (f"{policies}icybindings", binding)):
        value = {"metadata": {"name": "no-exec"}, "spec": content}
        assert applied.plane.request("POST", path, value)[0] == 201
    notes = _notes_until(applied, lambda notes: bool(notes))
    applied.plane.request("DELETE", f"{policies}icybindings/no-exec")
    _notes_until(applied, lambda notes: not notes)
    [note] = notes
    assert "': the cluster does not allow it: ValidatingAdmissionPolicy 'no-exec'" in note
    assert note.endswith(" denied request: nobody looks into pods here")


def _notes_until(release: Release, holds: Callable[[Sequence[str]], bool]) -> Sequence[str]:
    """A policy takes a moment until it is in force, or is no longer."""
    deadline = time.monotonic() + 30
    while not holds(notes := _probe(release).notes) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert holds(notes), notes
    return notes


def test_a_pod_that_goes_meanwhile(applied: Release, containers: Containers) -> None:
    class Vanishing(Objects):
        """A cluster in which the first pod is gone as soon as one has heard of it."""

        def listed(self, *arguments: Any) -> list[dict[str, Any]]:
            found = super().listed(*arguments)
            name = found[0]["metadata"]["name"]
            path = f"{SHOP}/pods/{name}"
            applied.plane.request("DELETE", path, {"gracePeriodSeconds": 0})
            while applied.get(path):
                pass
            return sorted(found, key=lambda pod: str(pod["metadata"]["name"] != name))

    probing = _probe(applied, Vanishing)
    assert probing.answered == 1
    assert probing.notes == ()


def test_a_workload_without_pods(applied: Release, containers: Containers) -> None:
    live = _live(applied)
    live["deployment.apps/web in shop"]["metadata"]["uid"] = "another"
    notes = probe(live, _objects(applied)).notes
    assert notes == ("not probed: deployment.apps/web in shop: no pod of it runs",)


def test_a_token_that_the_manifest_asks_for_is_meant(
    applied: Release, containers: Containers
) -> None:
    live = _live(applied)
    pod = live["deployment.apps/web in shop"]["spec"]["template"]["spec"]
    token = {"serviceAccountToken": {"path": "token", "audience": "vault"}}
    pod["volumes"] = [{"name": "token", "projected": {"sources": [token]}}]
    pod["containers"][0]["volumeMounts"] = [{"name": "token", "mountPath": "/vault"}]
    containers.sandbox = Sandbox(tokens=("/vault",))
    assert not _problems(probe(live, _objects(applied)))
    containers.sandbox = Sandbox(tokens=("/vault", "/vault2"))
    [(question, problem)] = _problems(probe(live, _objects(applied)))
    assert question is probing.Question.TOKEN
    assert problem.message.endswith(": '/vault2/token'")


def test_a_container_that_somebody_put_into_the_pod(
    applied: Release, containers: Containers
) -> None:
    image = {"image": "web:1"}
    both = [{"name": "own", **image}, {"name": "theirs", **image}]
    pod = _made(
        applied, f"{SHOP}/pods", {"metadata": {"name": "two"}, "spec": {"containers": both}}
    )
    _wait_for_pods(applied, "")
    pod["spec"]["containers"].pop()  # as the manifest has it
    live = {"pod/two in shop": pod}
    containers.sandbox = Sandbox(read_only=False, metadata="open")
    probed = probe(live, _objects(applied))
    assert probed.answered == 2
    found = probing.problems(probed, Report(), load_checks(), Policy())["pod/two in shop"]
    assert [(check.id, dotted(problem.where.path)) for check, problem in found] == [
        ("KG3030", "spec.containers[0].securityContext.readOnlyRootFilesystem"),
        ("KG5003", "metadata.labels"),
        ("KG3030", "spec.containers"),
    ]


def test_the_pods_of_a_cron_job_are_those_of_its_jobs(
    applied: Release, containers: Containers
) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "night", "image": "night:1"}]}
    template = {"metadata": {"labels": {"app": "night"}}, "spec": pod}
    spec = {"schedule": "0 4 1 1 *", "jobTemplate": {"spec": {"template": template}}}
    batch = "/apis/batch/v1/namespaces/shop"
    owner = _made(applied, f"{batch}/cronjobs", {"metadata": {"name": "night"}, "spec": spec})
    owner |= {"apiVersion": "batch/v1", "kind": "CronJob"}
    assert probe({"night": owner}, _objects(applied)).notes == (
        "not probed: night: no pod of it runs",
    )
    reference = {key: owner[key] for key in ("apiVersion", "kind")}
    reference |= {key: owner["metadata"][key] for key in ("name", "uid")} | {"controller": True}
    metadata = {"name": "night-1", "ownerReferences": [reference]}
    _made(applied, f"{batch}/jobs", {"metadata": metadata, "spec": {"template": template}})
    _wait_for_pods(applied, "?labelSelector=app%3Dnight")
    probed = probe({"night": owner}, _objects(applied))
    assert (probed.answered, probed.notes) == (1, ())


def _made(release: Release, path: str, value: Mapping[str, object]) -> dict[str, Any]:
    status, answer = release.plane.request("POST", path, value)
    assert status == 201, answer
    return answer | {"apiVersion": "v1", "kind": "Pod"}


def _wait_for_pods(release: Release, query: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = release.get(f"{SHOP}/pods{query}")["items"]
        if found and all(pod["status"]["phase"] == "Running" for pod in found):
            return
    raise AssertionError("no pod runs")


def _problems(found: Probing) -> list[tuple[probing.Question, probing.Problem]]:
    return [each for asked in found.asked for each in probing._problems(asked)]


def _probe(release: Release, kind: Callable[[Any], Objects] = Objects) -> Probing:
    return probe(_live(release), _objects(release, kind))


def _objects(release: Release, kind: Callable[[Any], Objects] = Objects) -> Objects:
    return kind(access.client(str(release.plane.kubeconfig)))


def _live(release: Release) -> dict[str, dict[str, Any]]:
    return {
        "deployment.apps/web in shop": release.get(WEB)
        | {"apiVersion": "apps/v1", "kind": "Deployment"}
    }
