"""Terraform and Ansible put the same objects on a cluster: validated, and run where they can be."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from api_server import Server
from control_plane import Options, control_plane
from stacks import OVERLAYS, ROOT, in_any_order, kustomized, objects

TERRAFORM = ROOT / "automation" / "terraform"
PLAYBOOK = ROOT / "automation" / "ansible" / "reference_app.yaml"
DONE = re.compile(r"ok=(\d+) +changed=(\d+) +unreachable=0 +failed=0")


def run(
    *command: str | Path, folder: Path = ROOT, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A program of this environment or of the machine; its test is skipped when it is neither."""
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    program = shutil.which(command[0], path=programs)
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    environment = {**os.environ, "PATH": programs, "TF_CLI_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={**environment, **(more or {})},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_terraform_is_formatted() -> None:
    done = run("terraform", "fmt", "-check", "-recursive", "-diff", TERRAFORM)
    assert done.returncode == 0, done.stdout


def test_terraform_is_valid(tmp_path: Path) -> None:
    module = shutil.copytree(TERRAFORM, tmp_path / "module")
    if run("terraform", "init", "-input=false", "-backend=false", folder=module).returncode:
        pytest.skip("terraform cannot fetch its Kubernetes provider here")
    done = run("terraform", "validate", folder=module)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_terraform_reads_every_object(overlay: str, tmp_path: Path) -> None:
    """The part of the module that needs no provider is applied."""
    module = shutil.copytree(TERRAFORM / "objects", tmp_path / "module")
    stack = tmp_path / "stack.yaml"
    stack.write_text(kustomized(overlay))
    assert run("terraform", "init", "-input=false", folder=module).returncode == 0
    apply = ("apply", "-auto-approve", "-input=false", "-var", f"manifests={stack}")
    done = run("terraform", *apply, folder=module)
    assert done.returncode == 0, done.stderr
    found = json.loads(run("terraform", "output", "-json", folder=module).stdout)
    first, rest = (list(found[part]["value"].values()) for part in ("first", "rest"))
    assert {each["kind"] for each in first} == {"Namespace", "PriorityClass"}
    wanted = objects(kustomized(overlay))
    assert in_any_order([*first, *rest]) == in_any_order(wanted)


def test_terraform_names_a_missing_file(tmp_path: Path) -> None:
    module = shutil.copytree(TERRAFORM / "objects", tmp_path / "module")
    run("terraform", "init", "-input=false", folder=module)
    done = run("terraform", "plan", "-input=false", "-var", "manifests=nowhere.yaml", folder=module)
    assert done.returncode == 1
    assert "There is no such file" in done.stderr


def test_ansible_takes_the_playbook() -> None:
    done = run("ansible-playbook", "--syntax-check", PLAYBOOK)
    assert done.returncode == 0, done.stderr


@pytest.mark.cluster
def test_ansible_applies_it_once(assets: Path) -> None:
    """To a real API server; nobody runs pods there, so that nothing is waited for."""
    found = objects(kustomized("single-node"))
    with control_plane(Options(), assets) as cluster:
        server = Server(cluster)
        for each in found:
            server.define(each)
        settings = {"KUBECONFIG": str(cluster.kubeconfig), "ANSIBLE_HOME": str(cluster.workdir)}
        command = ("ansible-playbook", "--skip-tags", "wait", PLAYBOOK)
        once, again = (run(*command, more=settings) for _ in range(2))
        for done, changed in ((once, "1"), (again, "0")):
            told = DONE.search(done.stdout)
            assert told, done.stdout + done.stderr
            assert told[2] == changed
        for each in found:
            assert server.get(each)["metadata"]["managedFields"][0]["manager"] == "ansible"
