"""Capability lists as Pod Security reads them: exact names, and only in the container."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Node

BASELINE = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
"""What the baseline level lets a container add: the usual default set without NET_RAW."""

_RULERS = ("ALL", "SYS_ADMIN")


def dropped(container: Container) -> list[object]:
    """The entries of `capabilities.drop`."""
    return _entries(container, "drop")


def added(container: Container) -> Iterator[tuple[str, Node]]:
    """The names in `capabilities.add`, with their places."""
    for index, name in enumerate(_entries(container, "add")):
        if isinstance(name, str):
            yield name, container.node["securityContext"]["capabilities"]["add"][index]


def canonical(name: str) -> str:
    """The name as the kernel's documentation has it, without `CAP_`: runtimes ignore case."""
    return name.upper().removeprefix("CAP_")


def rules_the_node(name: str) -> bool:
    """SYS_ADMIN, alone or as a part of ALL."""
    return canonical(name) in _RULERS


def _entries(container: Container, key: str) -> list[object]:
    capabilities = container.own.get("capabilities")
    entries = capabilities.get(key) if isinstance(capabilities, dict) else None
    return entries if isinstance(entries, list) else []
