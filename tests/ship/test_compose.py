"""The stack of Docker Compose is as hard as the one of the cluster."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
import yaml
from stacks import ROOT

FILE = ROOT / "manifests" / "compose" / "compose.yaml"
STACK: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
URL = re.compile(r"[a-z]+://(?:[^/\s]*@)?([a-z]+):\d+")

every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert {"pids_limit", "mem_limit", "cpus"} <= service.keys()
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & service.keys()
    assert all(not str(volume).startswith((".", "/")) for volume in service.get("volumes", []))


@every_service
def test_image_is_chosen_by_digest(name: str) -> None:
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?.* by digest\}", SERVICES[name]["image"])


@every_service
def test_whatever_is_used_is_declared(name: str) -> None:
    service = SERVICES[name]
    secrets = {s["source"] if isinstance(s, dict) else s for s in service["secrets"]}
    assert secrets <= STACK["secrets"].keys()
    assert {*service["networks"]} <= STACK["networks"].keys()
    assert {*service.get("depends_on", {})} <= SERVICES.keys()


@every_service
def test_every_file_that_is_named_is_mounted(name: str) -> None:
    service = SERVICES[name]
    mounted = {s["target"] if isinstance(s, dict) else s for s in service["secrets"]}
    told = [*service.get("environment", {}).values(), *service.get("command", [])]
    named = {file for text in told for file in re.findall(r"/run/secrets/(\S+)", str(text))}
    assert named <= mounted


def test_nobody_has_a_secret_that_nobody_is_told_of() -> None:
    used = {
        secret["source"] if isinstance(secret, dict) else secret
        for service in SERVICES.values()
        for secret in service["secrets"]
    }
    assert used == STACK["secrets"].keys()


def test_only_those_who_speak_share_a_network() -> None:
    """Who calls whom stands in the URLs: in variables, or in the files that the head describes."""
    heading = FILE.read_text().split("name: reference-app")[0]
    urls = {secret: URL.findall(heading.partition(secret)[2])[:1] for secret in STACK["secrets"]}
    speak = set()
    for name, service in SERVICES.items():
        files = [s["source"] for s in service["secrets"] if isinstance(s, dict)]
        called = [host for file in files if file.endswith("-url") for host in urls[file]]
        called += [h for v in service.get("environment", {}).values() for h in URL.findall(str(v))]
        speak |= {frozenset((name, host)) for host in called}
    joined = {
        frozenset((one, other))
        for one, other in combinations(SERVICES, 2)
        if {*SERVICES[one]["networks"]} & {*SERVICES[other]["networks"]}
    }
    same = frozenset(("database", "migration", "resealing"))  # one at a time, of the same program
    assert {pair for pair in joined if not pair <= same} == speak


def test_one_network_leads_in_and_none_out() -> None:
    networks = STACK["networks"]
    (outside,) = (network for network in networks.values() if not network.get("internal"))
    assert outside == networks["outside"]
    masquerade = "com.docker.network.bridge.enable_ip_masquerade"
    assert outside["driver_opts"] == {masquerade: "false"}


def test_only_this_machine_reaches_it() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8443:8443"]
