"""The rendered manifests, unchanged, in a real cluster: installed, locked out, freed, gone.

Nodes are fake, and the webhook is a process at the address of its Service: the API server reaches
it as it would in production, by HTTP/1.1 and the Service's name.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from control_plane import ControlPlane, Options, control_plane
from fake_kubelet import FakeKubelet, running, waiting

from kubeguard.cli import kubeguard

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(sys.platform != "linux", reason="127.96.0.1 is an address on Linux only"),
    pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="port 443 is root's"
    ),
]
REGISTRATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kubeguard"
IMAGE = "registry.example.com/kubeguard@sha256:" + 64 * "a"
HOME = "kubeguard"


@pytest.fixture(scope="module")
def plane(assets_with_controllers: Path) -> Iterator[ControlPlane]:
    options = Options(controllers=True, apiserver=["--service-cluster-ip-range=127.96.0.0/16"])
    with control_plane(options, assets_with_controllers) as found:
        yield found


@pytest.fixture(scope="module")
def nodes(plane: ControlPlane) -> Iterator[FakeKubelet]:
    with FakeKubelet(plane, nodes=3) as found:
        yield found


class Process:
    """A kubeguard that runs with the rights of an account of the installation."""

    def __init__(self, plane: ControlPlane, account: str, folder: Path, *arguments: str) -> None:
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{HOME}"]
        kubeconfig = plane.kubeconfig_for(f"system:serviceaccount:{HOME}:{account}", groups)
        self.log = folder / f"{account}.log"
        command = [sys.executable, "-m", "kubeguard", "webhook", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--kubeconfig", str(kubeconfig)], stdout=log, stderr=log
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Cluster:
    """What tests do in it."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane = plane
        self.folder = folder
        self.processes: list[Process] = []

    def run(self, *arguments: str) -> str:
        """A command of kubeguard, as an administrator."""
        status, output = self.tried(*arguments)
        assert status == 0, f"{output}\n{self.logs()}"
        return output

    def tried(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of such a command."""
        options = ["--kubeconfig", str(self.plane.kubeconfig)]
        done = subprocess.run(
            [sys.executable, "-m", "kubeguard", "webhook", *arguments, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def serve(self) -> Process:
        """The webhook where its Service is, with the arguments that its Deployment has."""
        _, service = self.plane.request(
            "GET", f"/api/v1/namespaces/{HOME}/services/kubeguard-webhook"
        )
        path = f"/apis/apps/v1/namespaces/{HOME}/deployments/kubeguard-webhook"
        _, deployment = self.plane.request("GET", path)
        _, config = self.plane.request("GET", f"/api/v1/namespaces/{HOME}/configmaps/kubeguard")
        (self.folder / "kubeguard.yaml").write_text(config["data"]["kubeguard.yaml"])
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        arguments = [
            argument.replace("/etc/kubeguard/", f"{self.folder}/")
            for argument in container["args"][1:]
        ]
        address = f"{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}"
        found = Process(
            self.plane, "kubeguard-webhook", self.folder, *arguments, "--address", address
        )
        self.processes.append(found)
        return found

    def guard(self) -> Process:
        """The guard, in more of a hurry than its Deployment has it."""
        found = Process(
            self.plane,
            "kubeguard-guard",
            self.folder,
            "guard",
            "--namespace",
            HOME,
            "--after",
            "6s",
        )
        self.processes.append(found)
        return found

    def install(self) -> None:
        """What an administrator does while the pods, which are fake here, begin to serve."""
        command = ["install", "--image", IMAGE, "--wait", "60"]
        options = ["--kubeconfig", str(self.plane.kubeconfig)]
        with subprocess.Popen(
            [sys.executable, "-m", "kubeguard", "webhook", *command, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as installing:
            path = f"/api/v1/namespaces/{HOME}/services/kubeguard-webhook"
            self.until(lambda: self.plane.request("GET", path)[0] == 200)
            self.serve()
            output, _ = installing.communicate(timeout=90)
        assert installing.returncode == 0, output.decode() + self.logs()

    def create(self, namespace: str = "default", **spec: Any) -> tuple[int, str]:
        """Status and message for a pod, as a dry run."""
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"generateName": "try-"},
            "spec": {"containers": [{"name": "main", "image": "main:1.0"}], **spec},
        }
        path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
        status, answer = self.plane.request("POST", path, pod)
        return status, answer.get("message", "")

    def registration(self) -> dict[str, Any]:
        status, found = self.plane.request("GET", REGISTRATION)
        return found if status == 200 else {}

    def failure_policy(self) -> str:
        hooks = self.registration().get("webhooks", [{}])
        return str(hooks[0].get("failurePolicy", ""))

    def until(self, holds: Callable[[], bool], seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.2)

    def logs(self) -> str:
        return "\n".join(process.log.read_text() for process in self.processes)


@pytest.fixture
def cluster(plane: ControlPlane, nodes: FakeKubelet, tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(plane, tmp_path)
    yield found
    plane.request("DELETE", REGISTRATION)
    for process in found.processes:
        process.kill()
    found.run("uninstall")


def test_installed_it_judges_as_a_scan_does(cluster: Cluster) -> None:
    cluster.install()
    status, message = cluster.create(hostNetwork=True)
    assert status == 403
    assert "KG3001 spec.hostNetwork: the pod joins the node's network namespace" in message
    assert cluster.create()[0] == 201
    said = cluster.run("status").splitlines()
    assert said == [
        "ok  registered",
        "ok  failurePolicy Fail",
        "ok  deployment.apps/kubeguard-webhook in kubeguard: ready",
        "ok  deployment.apps/kubeguard-guard in kubeguard: ready",
        "ok  a privileged pod (dry run in default) was found out",
    ]
    cluster.run("uninstall")
    assert cluster.registration() == {}
    assert cluster.create(hostNetwork=True)[0] == 201
    for path in (
        f"/api/v1/namespaces/{HOME}",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeguard-webhook",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeguard-guard",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/kubeguard-guard",
    ):
        assert cluster.plane.request("GET", path)[0] == 404, path


def test_without_an_answer_nobody_is_locked_out_for_long(cluster: Cluster) -> None:
    cluster.install()
    cluster.guard()
    cluster.processes[0].kill()
    status, message = cluster.create()
    assert status == 500
    assert "failed calling webhook" in message
    cluster.until(lambda: cluster.failure_policy() == "Ignore")
    assert cluster.create(hostNetwork=True)[0] == 201

    _, events = cluster.plane.request("GET", "/api/v1/namespaces/default/events")
    told = [e for e in events["items"] if e["source"].get("component") == "kubeguard-guard"]
    assert [e["reason"] for e in told] == ["WebhookUnanswered"]
    assert told[0]["involvedObject"]["name"] == "kubeguard"
    assert "requests are admitted unjudged" in told[0]["message"]

    cluster.serve()
    cluster.until(lambda: cluster.failure_policy() == "Fail")
    assert cluster.create(hostNetwork=True)[0] == 403


def test_a_namespace_that_is_deleted_takes_the_registration_with_it(cluster: Cluster) -> None:
    cluster.install()
    for process in cluster.processes:
        process.kill()
    assert cluster.create()[0] == 500
    cluster.plane.request("DELETE", f"/api/v1/namespaces/{HOME}")
    cluster.until(lambda: cluster.registration() == {})
    assert cluster.create()[0] == 201


def test_the_guard_opens_at_once_when_its_namespace_goes(cluster: Cluster) -> None:
    cluster.install()
    guard = cluster.guard()
    cluster.until(lambda: "watching" in guard.log.read_text())
    # Something in it keeps the namespace, and so the registration, for longer.
    keep = {"metadata": {"name": "keep", "finalizers": ["kubeguard.test/keep"]}}
    path = f"/api/v1/namespaces/{HOME}/configmaps"
    assert cluster.plane.request("POST", path, keep)[0] == 201
    cluster.processes[0].kill()
    cluster.plane.request("DELETE", f"/api/v1/namespaces/{HOME}")
    guard.process.terminate()
    guard.process.wait(20)
    assert cluster.failure_policy() == "Ignore", guard.log.read_text()
    nothing = {"metadata": {"finalizers": None}}
    kind = "application/merge-patch+json"
    assert cluster.plane.request("PATCH", f"{path}/keep", nothing, kind)[0] == 200
    cluster.until(lambda: cluster.registration() == {})


def test_what_a_cluster_lives_by_is_not_asked_about(cluster: Cluster) -> None:
    cluster.install()
    cluster.processes[0].kill()  # whatever is asked about now is refused
    plane = cluster.plane
    lease = {"metadata": {"generateName": "l-"}, "spec": {"holderIdentity": "me"}}
    leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    assert plane.request("POST", leases, lease)[0] == 201
    assert plane.request("POST", "/api/v1/nodes", {"metadata": {"generateName": "n-"}})[0] == 201
    review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert plane.request("POST", path, review)[0] == 201
    own = {"metadata": {"generateName": "c-"}}
    assert plane.request("POST", f"/api/v1/namespaces/{HOME}/configmaps", own)[0] == 201
    assert plane.request("POST", "/api/v1/namespaces/default/configmaps", own)[0] == 500
    # kube-system: not for everybody, but for its controllers and whoever breaks the glass
    path = "/api/v1/namespaces/kube-system/configmaps"
    assert plane.request("POST", path, own)[0] == 500
    for group in ("system:serviceaccounts:kube-system", "kubeguard:break-glass"):
        kubeconfig = plane.kubeconfig_for(f"one-of-{len(group)}", ["system:masters", group])
        made = subprocess.run(
            ["kubectl", "--kubeconfig", kubeconfig, "-n", "kube-system", "create", "-f", "-"],
            input=json.dumps({"apiVersion": "v1", "kind": "ConfigMap", **own}),
            text=True,
            capture_output=True,
        )
        assert made.returncode == 0, made.stderr


def test_kubectl_brings_the_same(cluster: Cluster) -> None:
    text = CliRunner().invoke(kubeguard, ["webhook", "manifests", "--image", IMAGE]).stdout
    kubectl = ["kubectl", "--kubeconfig", str(cluster.plane.kubeconfig)]
    applied = subprocess.run(
        [*kubectl, "apply", "-f", "-"], input=text, text=True, capture_output=True
    )
    assert applied.returncode == 0, applied.stderr
    assert "Warning" not in applied.stderr
    cluster.serve()
    cluster.guard()
    cluster.until(lambda: cluster.create()[0] == 201)
    assert cluster.create(hostNetwork=True)[0] == 403
    assert cluster.create(namespace="kube-system", hostNetwork=True)[0] == 201  # warned of
    cluster.until(lambda: "ownerReferences" in cluster.registration()["metadata"])
    again = subprocess.run(
        [*kubectl, "apply", "-f", "-"], input=text, text=True, capture_output=True
    )
    assert again.returncode == 0, again.stderr
    assert cluster.create(hostNetwork=True)[0] == 403


def test_installing_twice_changes_nothing(cluster: Cluster) -> None:
    cluster.install()
    before = cluster.registration()
    cluster.run("install", "--image", IMAGE, "--wait", "60")
    after = cluster.registration()
    assert after["webhooks"] == before["webhooks"]
    assert base64.b64decode(after["webhooks"][0]["clientConfig"]["caBundle"])


def test_what_does_not_start_is_not_asked(cluster: Cluster, nodes: FakeKubelet) -> None:
    nodes.fate = waiting("ImagePullBackOff", "no such image")
    try:
        status, output = cluster.tried("install", "--image", IMAGE, "--wait", "2")
    finally:
        nodes.fate = running
    assert status == 3
    assert output.endswith(
        "kubeguard: deployment.apps/kubeguard-webhook in kubeguard is not ready after 2 s: "
        "kubeguard-webhook: ImagePullBackOff no such image\n"
        "hint: nothing new is enforced; the same command goes on from here\n"
    )
    assert cluster.registration() == {}


def test_what_cannot_be_reached_is_not_left_registered(cluster: Cluster) -> None:
    authority = str(cluster.plane.authority.certificate_file)
    options = ["--image", IMAGE, "--wait", "3", "--certificates", "files", "--ca-file", authority]
    status, output = cluster.tried("install", *options)
    assert status == 3
    assert "kubeguard: the API server does not reach the webhook: " in output
    assert "connection refused" in output
    assert cluster.registration() == {}
    assert cluster.create()[0] == 201


def test_a_namespace_of_somebody_else_is_left_alone(cluster: Cluster) -> None:
    cluster.plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    status, output = cluster.tried("install", "--image", IMAGE, "-n", "shop")
    assert status == 3
    assert "namespace/shop is there already, for something else" in output
    cluster.run("uninstall", "-n", "shop")
    assert cluster.plane.request("GET", "/api/v1/namespaces/shop")[0] == 200
