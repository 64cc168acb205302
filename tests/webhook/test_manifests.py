"""What `kubeguard webhook manifests` writes: found clean, and the same by every tool."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import write_pair
from click.testing import CliRunner, Result
from control_plane import Options, control_plane, free_port

from kubeguard.cli import kubeguard
from kubeguard.webhook.manifests.helm import chart
from kubeguard.webhook.manifests.objects import objects
from kubeguard.webhook.manifests.rendering import kustomization, stream
from kubeguard.webhook.manifests.settings import Certificates, FailurePolicy, Settings

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(kubeguard, ["webhook", "manifests", *map(str, arguments)])


EVERY_SETTING = [
    Settings(
        certificates=mode,
        ca_bundle="QUJD" if mode is Certificates.FILES else "",
        service_monitor=monitor,
    )
    for mode, monitor in itertools.product(Certificates, (False, True))
]
every_setting = pytest.mark.parametrize(
    "settings", EVERY_SETTING, ids=lambda s: f"{s.certificates}-{s.service_monitor}"
)


def unordered(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in found)


@every_setting
def test_kubeguard_finds_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "webhook.yaml"
    file.write_text(stream(settings))
    result = CliRunner().invoke(kubeguard, ["scan", "--profile", "pedantic", str(file)])
    assert result.exit_code == 0, result.output
    assert "No findings" in result.output


def test_what_is_in_the_repository_is_what_is_written() -> None:
    for folder, written in (
        ("manifests/webhook", kustomization(Settings())),
        ("charts/kubeguard", chart(Settings())),
    ):
        base = ROOT / folder
        kept = {
            p.relative_to(base).as_posix(): p.read_text() for p in base.rglob("*") if p.is_file()
        }
        assert kept == written, "run `make manifests`"


def test_kustomize_makes_the_same(tmp_path: Path) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    assert run("-o", tmp_path).exit_code == 0
    built = subprocess.run(
        ["kubectl", "kustomize", tmp_path], capture_output=True, text=True, check=True
    )
    assert unordered([*yaml.safe_load_all(built.stdout)]) == unordered(objects(Settings()))


@every_setting
def test_helm_makes_the_same(settings: Settings, tmp_path: Path) -> None:
    if not shutil.which("helm"):
        pytest.skip("helm is not installed")
    assert run("--helm", "-o", tmp_path).exit_code == 0
    other = replace(
        settings,
        namespace="elsewhere",
        image="registry.example.com/kubeguard@sha256:" + 64 * "b",
        replicas=5,
        configuration="profile: restricted\n# 'quoted' \"twice\"\n",
        failure_policy=FailurePolicy.IGNORE,
        timeout_seconds=7,
        guard_seconds=90,
    )
    values = tmp_path / "values.json"
    values.write_text(
        json.dumps(
            {
                "image": other.image,
                "replicas": other.replicas,
                "configuration": other.configuration,
                "failurePolicy": other.failure_policy.value,
                "timeoutSeconds": other.timeout_seconds,
                "guardSeconds": other.guard_seconds,
                "certificates": other.certificates.value,
                "caBundle": other.ca_bundle,
                "serviceMonitor": other.service_monitor,
            }
        )
    )
    command = ["helm", "template", "any", tmp_path, "-n", "elsewhere", "--kube-version", "1.36.0"]
    built = subprocess.run(
        [*command, "--values", values], capture_output=True, text=True, check=True
    )
    wanted = [each for each in objects(other) if each["kind"] != "Namespace"]
    assert unordered([each for each in yaml.safe_load_all(built.stdout) if each]) == unordered(
        wanted
    )


@every_setting
def test_the_webhook_can_never_be_asked_about_its_own_namespace(settings: Settings) -> None:
    [hook] = objects(replace(settings, namespace="here"))[-1]["webhooks"]
    selector = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["here"]}
    assert hook["namespaceSelector"] == {"matchExpressions": [selector]}
    assert {"name": "not-itself", "expression": 'request.?namespace.orValue("") != "here"'} in hook[
        "matchConditions"
    ]


MISTAKES = {
    "--namespace kube-system": "the webhook never judges its own namespace",
    "--namespace Upper": "'Upper' is no name of a namespace",
    "--image ;rm": "';rm' is no image",
    "--certificates files": "--certificates files and --ca-file belong together",
    "--ca-file {root}/README.md": "--certificates files and --ca-file belong together",
    "--certificates files --ca-file {root}/README.md": "README.md holds no certificate (PEM)",
    "--static": "--static and --url belong together",
    "--static --url http://127.0.0.1/validate": "is no https://",
    "--static --url https://127.0.0.1/validate": "--static needs --ca-file",
    "--helm": "--helm writes several files",
    "--replicas 0": "0 is not in the range",
}


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_one_sentence(options: str) -> None:
    command = [sys.executable, "-m", "kubeguard", "webhook", "manifests"]
    arguments = options.format(root=ROOT).split()
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert MISTAKES[options] in done.stderr
    assert "Traceback" not in done.stderr


def test_a_configuration_that_a_pod_could_not_load_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.rego").write_text("package main\n")
    (tmp_path / "kubeguard.yaml").write_text("policies: [rules.rego]\n")
    command = [sys.executable, "-m", "kubeguard", "webhook", "manifests", "--config"]
    done = subprocess.run([*command, tmp_path / "kubeguard.yaml"], capture_output=True, text=True)
    assert done.returncode == 2
    assert re.search("names a file that a pod does not have: .*rules.rego", done.stderr)


@pytest.mark.cluster
def test_from_files_the_api_server_asks_from_its_first_request(
    assets: Path, tmp_path: Path
) -> None:
    """KEP-5793: no request can take such a webhook away."""
    certificate, key = write_pair(tmp_path)
    port = free_port()
    (tmp_path / "kubeguard.yaml").write_text("profile: baseline\n")
    serve = [
        *(sys.executable, "-m", "kubeguard", "webhook", "serve"),
        *("--address", f"127.0.0.1:{port}", "--cert", certificate, "--key", key),
        *("--config", tmp_path / "kubeguard.yaml"),
    ]
    host = tmp_path / "host"
    url = f"https://127.0.0.1:{port}/validate"
    written = run("--static", "--url", url, "--ca-file", certificate, "-o", host)
    assert written.exit_code == 0, written.output
    admission = host / "admission.yaml"
    admission.write_text(admission.read_text().replace("/etc/kubernetes/kubeguard", str(host)))
    options = Options(
        feature_gates={"ManifestBasedAdmissionControlConfig": True},
        apiserver=[f"--admission-control-config-file={admission}"],
    )
    with subprocess.Popen(serve, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert b'"event":"serving"' in process.stdout.readline()
        with control_plane(options, assets) as cluster:
            pod = {
                "metadata": {"name": "web"},
                "spec": {"hostNetwork": True, "containers": [{"name": "web", "image": "web:1"}]},
            }
            path = "/api/v1/namespaces/default/pods?dryRun=All"
            status, answer = cluster.request("POST", path, pod)
            assert status == 403
            assert "KG3001 spec.hostNetwork" in answer["message"]
            hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
            assert cluster.request("GET", hooks)[1]["items"] == []
        process.terminate()


def test_writing_manifests_needs_no_extra() -> None:
    """Whoever renders them in a pipeline has installed kubeguard alone."""
    absent = "cryptography", "granian", "kubernetes", "msgspec", "prometheus_client"
    code = f"import sys; sys.modules.update(dict.fromkeys({absent}))\n"
    code += "from kubeguard.__main__ import main; main()"
    command = [sys.executable, "-c", code, "webhook", "manifests"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "kind: ValidatingWebhookConfiguration" in done.stdout
    with_key = [*command, "--certificates", "files", "--ca-file", str(ROOT / "README.md")]
    done = subprocess.run(with_key, capture_output=True, text=True)
    assert done.returncode == 2
    assert "this needs another package: " in done.stderr
