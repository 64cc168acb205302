"""A catalogue of its own, so that these tests are about choices and not about checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kubeguard.model.dockerfile import Instruction
from kubeguard.model.finding import Check, Problem
from kubeguard.model.manifest import Container, Manifest, Workload
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.trouble import Trouble, TroubleKind


def host_network(workload: Workload) -> Iterator[Problem]:
    if workload.get("hostNetwork") is True:
        yield Problem(workload.node["hostNetwork"], "is on the node's network")


def privileged(container: Container) -> Iterator[Problem]:
    if container.own.get("privileged") is True:
        yield Problem(container.node["securityContext"]["privileged"], f"{container} is privileged")


def writable_root(container: Container) -> Iterator[Problem]:
    if container.own.get("readOnlyRootFilesystem") is not True:
        yield Problem(
            container.node["securityContext"]["readOnlyRootFilesystem"], f"{container} can write"
        )


def foreign_image(
    container: Container,
    *,
    registries: tuple[str, ...] = ("registry.example",),
    strict: bool = False,
    depth: int = 1,
    word: str = "a",
) -> Iterator[Problem]:
    if not container.node["image"].text.startswith(registries):
        yield Problem(container.node["image"], f"{container} is foreign")


def missing_owner(manifest: Manifest) -> Iterator[Problem]:
    if "owner" not in manifest.labels:
        yield Problem(manifest.node["metadata"]["labels"]["owner"], "nobody owns it")


def curl_pipe(instruction: Instruction) -> Iterator[Problem]:
    for command in instruction.commands:
        if command.program == "curl":
            yield Problem(command.node, "curl is run")


def broken_document(trouble: Trouble) -> Iterator[Problem]:
    if trouble.kind is TroubleKind.BROKEN:
        yield Problem(trouble.node, trouble.message)


def _check(id: str, find: Callable[..., Iterator[Problem]], on: type, **more: object) -> Check:
    family = str(more.pop("family", "workload"))
    return Check(
        id=id,
        name=find.__name__,
        title=find.__name__,
        severity=Severity.HIGH,
        profile=more.pop("profile", Profile.BASELINE),  # type: ignore[arg-type]
        on=on,
        find=find,
        page=Path(family) / f"{find.__name__}.md",
        parameters=find.__kwdefaults__ or {},
        **more,  # type: ignore[arg-type]
    )


CATALOGUE = (
    _check("KG1001", curl_pipe, Instruction, family="dockerfile"),
    _check("KG3001", host_network, Workload, like=("trivy:KSV-0009",)),
    _check("KG3002", privileged, Container),
    _check("KG3003", writable_root, Container, profile=Profile.RESTRICTED),
    _check("KG7001", foreign_image, Container, family="supply_chain"),
    _check("KG7002", missing_owner, Manifest, family="hygiene", profile=Profile.PEDANTIC),
    _check("KG9002", broken_document, Trouble, family="scan"),
)
