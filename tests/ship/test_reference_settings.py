"""The manifests speak the application's own language: its settings, commands, ports and files.

The application is read as text, because it is a package of its own, which need not be installed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from stacks import APPLICATION, OVERLAYS, ROOT, Object, kustomized, objects, of_kind, pods
from test_reference_network import texts

SOURCE = APPLICATION / "src" / "reference_app"
PREFIX = "REFERENCE_APP_"
VARIABLE = re.compile(rf"{PREFIX}[A-Z_]+")
SECRET_FILE = re.compile(rf"^\s*({PREFIX.lower()}[a-z_]+): ", re.MULTILINE)


@pytest.fixture(scope="module", params=[*OVERLAYS, "compose"])
def text(request: pytest.FixtureRequest) -> str:
    if request.param == "compose":
        return (ROOT / "manifests" / "compose" / "compose.yaml").read_text()
    return kustomized(request.param)


@pytest.fixture(scope="module", params=OVERLAYS)
def found(request: pytest.FixtureRequest) -> list[Object]:
    return objects(kustomized(request.param))


@pytest.fixture(scope="module", autouse=True)
def application() -> None:
    if not SOURCE.exists():
        pytest.skip("reference_app is not in this repository")


def test_every_setting_is_one_of_the_application(text: str) -> None:
    used = {*VARIABLE.findall(text), *map(str.upper, SECRET_FILE.findall(text))}
    known = {*fields(), *VARIABLE.findall((SOURCE / "models" / "options.py").read_text())}
    assert used <= known


def test_every_command_is_one_of_the_application(found: list[Object]) -> None:
    commands = set(literal("COMMANDS"))
    for name, template in pods(found).items():
        spec = template["spec"]
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            if "command" not in container:  # the image's own program
                command, *arguments = container["args"]
                assert command in commands
                assert arguments in ([], [name])


def test_every_file_that_is_named_is_mounted(found: list[Object]) -> None:
    for name, template in pods(found).items():
        spec = template["spec"]
        [container] = spec["containers"]
        mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
        needed = {t for t in texts(found, spec) if t.startswith("/")} - unneeded(container)
        unmounted = {file for file in needed if not any(file.startswith(m) for m in mounts)}
        assert unmounted == set(), name


def unneeded(container: Object) -> set[str]:
    """Certificates, which whoever does not serve is told of but does not read."""
    if container["args"][0] == "serve":
        return set()
    return {f"/etc/reference-app/tls/{name}" for name in ("tls.crt", "tls.key", "ca.crt")}


def test_ports_are_those_that_the_modules_are_told(found: list[Object]) -> None:
    [settings] = [c for c in of_kind(found, "ConfigMap") if c["metadata"]["name"] == "settings"]
    ports = {int(settings["data"][f"{PREFIX}{name}"]) for name in ("PORT", "MANAGEMENT_PORT")}
    for deployment in of_kind(found, "Deployment"):
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert {port["containerPort"] for port in container["ports"]} == ports


def test_pods_live_longer_than_the_application_drains(found: list[Object]) -> None:
    server = (SOURCE / "service" / "serving.py").read_text()
    [begun] = re.findall(r"timeout_graceful_shutdown=(\d+)", server)
    drained = float(fields()[f"{PREFIX}DRAIN_SECONDS"])
    for deployment in of_kind(found, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] > int(begun) + drained


def fields() -> dict[str, str]:
    """Every setting, as a variable, with the first number of its default."""
    tree = ast.parse((SOURCE / "service" / "settings.py").read_text())
    found = {}
    for item in ast.walk(tree):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            default = ast.unparse(item.value) if item.value else ""
            number = re.search(r"default=([\d.]+)", default)
            found[f"{PREFIX}{item.target.id.upper()}"] = number[1] if number else ""
    return found


def literal(name: str, file: Path = SOURCE / "__main__.py") -> Iterator[str]:
    """The keys of a dictionary that a module holds under this name."""
    for item in ast.parse(file.read_text()).body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == name:
            yield from ast.literal_eval(item.value)
