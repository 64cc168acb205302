"""What `kubeguard deploy` takes, and what it says about the rest before it asks a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kubeguard import api
from kubeguard.deploy.intake import taken
from kubeguard.errors import UsageError

HEAD = "apiVersion: v1\nkind: ConfigMap\n"
ONE = f"{HEAD}metadata: {{name: a}}\n"
MISTAKES = {
    f"{HEAD}metadata: {{generateName: a-}}\n": "3:1: metadata.name is missing",
    HEAD: "1:1: metadata.name is missing",
    f"{HEAD}metadata:\n": "3:1: metadata.name is missing",
    f"{HEAD}metadata: [a]\n": "3:1: metadata.name is missing",
    f"{HEAD}metadata: {{name: ''}}\n": "3:18: metadata.name is missing",
    f"{HEAD}metadata: {{name: 5}}\n": "3:18: metadata.name is 5, not text",
    f"{HEAD}metadata: {{name: a, namespace: []}}\n": "3:21: metadata.namespace is a list",
    f"{HEAD}metadata: {{name: a, labels: b}}\n": "3:29: metadata.labels is 'b', not a mapping",
    "apiVersion: 1\nkind: A\nmetadata: {name: a}\n": "1:13: apiVersion is 1, not text",
    f"{ONE}---\n{ONE}": "5:1: ConfigMap 'a' is there twice\nhint: it is at {file}:1:1, too",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_sentence_with_its_place(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        taken(api.objects(file))
    told = f"{raised.value.message}\nhint: {raised.value.hint}"
    assert told.startswith(f"{file}:{MISTAKES[text].format(file=file)}")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_commands_take_nothing_else(command: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD)
    arguments = ["deploy", command, "web", "-f", str(file)]
    done = subprocess.run([sys.executable, "-m", "kubeguard", *arguments], capture_output=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"kubeguard: {file}:1:1: metadata.name is missing\n".encode())


def test_null_is_as_good_as_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"{HEAD}metadata: {{name: a, namespace: null, labels: null}}\ndata:\n")
    metadata = {"name": "a"}
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": None}
    assert taken(api.objects(file)) == [wanted]


def test_one_name_in_two_namespaces_is_two(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    other = ONE.replace("name: a", "name: a, namespace: b")
    file.write_text(f"{ONE}---\n{other}")
    assert len(taken(api.objects(file))) == 2
