"""`kubeguard deploy render`: the reference service with other people's values."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from kubeguard.cli import kubeguard
from kubeguard.deploy.reference import SCHEMA

ROOT = Path(__file__).parents[2]
DIGEST = "@sha256:" + 64 * "a"
IMAGES = [f"--set=image=registry.example.com/app{DIGEST}"]
IMAGES += [f"--set=training_image=registry.example.com/training{DIGEST}"]


def render(*arguments: str | Path) -> Result:
    return CliRunner().invoke(kubeguard, ["deploy", "render", *map(str, arguments)])


@pytest.mark.parametrize("overlay", ["single-node", "production"])
@pytest.mark.parametrize("namespace", ["reference-app", "elsewhere"])
def test_what_is_rendered_is_clean(overlay: str, namespace: str, tmp_path: Path) -> None:
    chosen = [f"--set=overlay={overlay}", f"--set=namespace={namespace}", *IMAGES]
    assert render(*chosen, "-o", tmp_path).exit_code == 0
    result = CliRunner().invoke(kubeguard, ["scan", "--profile", "pedantic", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "No findings" in result.output


@pytest.mark.parametrize("overlay", ["single-node", "production"])
def test_it_is_what_kustomize_renders(overlay: str) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    folder = ROOT / "manifests/reference/overlays" / overlay
    built = subprocess.run(
        ["kubectl", "kustomize", folder], capture_output=True, text=True, check=True
    )
    found = [*yaml.safe_load_all(render(f"--set=overlay={overlay}").stdout)]
    assert found == [*yaml.safe_load_all(built.stdout)], "run `make manifests`"


def test_values_are_where_they_belong() -> None:
    chosen = ["--set=namespace=elsewhere", "--set=host=ask.example.net", *IMAGES]
    found = [*yaml.safe_load_all(render(*chosen).stdout)]
    named = {each["metadata"].get("namespace", "elsewhere") for each in found}
    assert named == {"elsewhere"}
    [space] = [each for each in found if each["kind"] == "Namespace"]
    assert space["metadata"]["name"] == "elsewhere"
    [ingress] = [each for each in found if each["kind"] == "Ingress"]
    assert ingress["spec"]["rules"][0]["host"] == "ask.example.net"
    assert ingress["spec"]["tls"][0]["hosts"] == ["ask.example.net"]
    text = render(*chosen).stdout
    assert "registry.invalid" not in text
    assert "questions.example.com" not in text


def test_later_values_win(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("namespace: first\nhost: first.example.com\n")
    second.write_text("namespace: second\n")
    text = render("--values", first, "--values", second, "--set", "host=third.example.com").stdout
    assert "namespace: second" in text
    assert "host: third.example.com" in text


MISTAKES = {
    "--set imag=x": "--set imag: unknown key 'imag'",
    "--set overlay=large": "overlay is 'large', not one of single-node, production",
    "--set namespace=Upper": "namespace is 'Upper', not a name that a namespace can have",
    "--set image=;": "image is ';', not an image such as",
    "--set host=two.example.com:80": "host is 'two.example.com:80', not a DNS name",
    "--set host": "--set host: no value",
    "--values {folder}/list.yaml": "list.yaml:1:1: the configuration is a list, not a mapping",
    "--values {folder}/typed.yaml": "typed.yaml:2:1: host is a list, not text",
    "--values {folder}/broken.yaml": "broken.yaml:1:",
    "--values {folder}/two.yaml": "two.yaml: 2 documents, not one",
    "--values {folder}/binary.yaml": "binary.yaml: not UTF-8 text",
}


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_one_sentence_with_its_place(options: str, tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- a\n")
    (tmp_path / "typed.yaml").write_text("# a host\nhost: [a]\n")
    (tmp_path / "broken.yaml").write_text("a: {\n")
    (tmp_path / "two.yaml").write_text("host: a\n---\nhost: b\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xfd\0\1")
    command = [sys.executable, "-m", "kubeguard", "deploy", "render"]
    arguments = options.format(folder=tmp_path).split()
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert MISTAKES[options] in done.stderr
    assert "Traceback" not in done.stderr


def test_every_value_is_described() -> None:
    text = render("--help").output

    names = json.loads(SCHEMA.read_text())["properties"]
    assert f"Values: {', '.join(['overlay (single-node, production)', *list(names)[1:]])}." in text
