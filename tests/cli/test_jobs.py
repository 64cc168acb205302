"""However many processes do the work, the report is the same to the byte."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from terminal import BROKEN, CLEAN, PRIVILEGED, Cli, Put, command, environment

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""
WIDGET = (
    "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: big, colour: 1}\n"
)
LIMITS = """\
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 1Gi}}]}
"""
LIST = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
    "- " + PRIVILEGED.replace("name: web", f"name: web{n}").replace("\n", "\n  ").rstrip(" ")
    for n in range(3)
)
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: nowhere}, ports: [{port: 80, targetPort: http}]}
"""
ANNOTATED = PRIVILEGED.replace(
    "namespace: shop}",
    'namespace: shop, annotations: {kubeguard.io/ignore: "privileged -- a test"}}',
)
COMMENTED = PRIVILEGED.replace(
    "      privileged",
    "      # kubeguard: ignore[privileged, host_network] -- a test\n      privileged",
)
CONFIGURATION = """\
suppressions:
- {checks: [privileged], file: "list.yaml", name: web1, reason: a test}
- {checks: [privileged], name: nobody, reason: never met}
"""
KUSTOMIZATION = "resources: [../a/pod.yaml]\npatches: [{path: patch.yaml}]\n"
PATCH = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostNetwork: true}\n"


@pytest.fixture
def _mixed(put: Put) -> None:
    files = {
        "kubeguard.yaml": CONFIGURATION,
        "a/pod.yaml": PRIVILEGED,
        "a/annotated.yaml": ANNOTATED,
        "a/limits.yaml": LIMITS,
        "b/broken.yaml": BROKEN,
        "b/commented.yaml": COMMENTED,
        "b/crd.yaml": CRD,
        "c/kustomization.yaml": KUSTOMIZATION,
        "c/patch.yaml": PATCH,
        "c/Dockerfile": CLEAN + "RUN sudo true\n",
        "d/list.yaml": LIST,
        "d/service.yaml": SERVICE,
        "d/widget.yaml": WIDGET,
        "e/chart.yaml": "kind: {{ .Kind }}\n",
        "e/readme.txt": "hello",
    }
    for name, content in files.items():
        put(name, content)


@LINUX
@pytest.mark.usefixtures("_mixed")
@pytest.mark.parametrize("more", [[], ["--no-suppressions"], ["--select", "network,schema"]])
def test_the_report_is_the_same(program: Cli, more: list[str]) -> None:
    reports = []
    for jobs in ("1", "2", "5", "0"):
        ran = program("scan", "--jobs", jobs, *more, "-f", "json", "-f", "sarif=out.sarif")
        assert (ran.code, ran.err) == (3, "")
        text = re.sub(r'"duration":[^,]+', "", ran.out)
        reports.append((text, Path("out.sarif").read_text()))
        Path("out.sarif").unlink()
    assert all(report == reports[0] for report in reports)
    if not more:
        assert reports[0][0].count('"by":"comment"') == 1
        assert reports[0][0].count('"by":"annotation"') == 1
        assert reports[0][0].count('"by":"configuration"') == 1


@contextmanager
def busy(jobs: str) -> Iterator[subprocess.Popen[bytes]]:
    """A scan that waits for a pipe; the last of its workers does."""
    os.mkfifo("pipe")
    writer = os.open("pipe", os.O_RDWR)
    for number in range(2):
        Path(f"pod{number}.yaml").write_text(PRIVILEGED)
    process = subprocess.Popen(
        command("scan", "pod0.yaml", "pod1.yaml", "pipe", "-j", jobs, "-f", "json=out.json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    with process:
        yield process
    os.close(writer)


def workers(process: subprocess.Popen[bytes], many: int) -> list[int]:
    """The ids of its children, once there are so many and it has begun to wait."""
    found: list[int] = []
    deadline = time.monotonic() + 20
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while len(found) < many and time.monotonic() < deadline:
        time.sleep(0.05)
        found = [int(pid) for pid in children.read_text().split()]
    time.sleep(0.5)
    return found


@LINUX
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_is_130_and_leaves_nothing(jobs: str) -> None:
    with busy(jobs) as process:
        children = workers(process, 2 if jobs != "1" else 0)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert (out, err.strip()) == (b"", b"")
    assert not [file for file in Path().iterdir() if "out" in file.name]
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@LINUX
def test_a_dead_worker_is_one_sentence() -> None:
    with busy("2") as process:
        os.kill(workers(process, 2)[1], signal.SIGKILL)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (3, b"")
    assert err.decode() == (
        "kubeguard: a worker process died\nhint: it may have run out of memory: try --jobs 1\n"
    )


@LINUX
def test_workers_do_not_outlive_their_parent() -> None:
    with busy("2") as process:
        children = workers(process, 2)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while alive(children[0]) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(children[0])
        os.kill(children[1], signal.SIGKILL)  # waits for the pipe, not for its parent


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
