"""Role bindings: what they refer to, and to whom they give it."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Node
from kubeguard.checks.rbac._rules import RBAC
from kubeguard.checks.rbac._shipped import shipped

CLUSTER_ROLE_BINDING = f"ClusterRoleBinding.{RBAC}"
ROLE_BINDING = f"RoleBinding.{RBAC}"
BINDINGS = (CLUSTER_ROLE_BINDING, ROLE_BINDING)

ANONYMOUS = frozenset({"system:anonymous", "system:unauthenticated"})
EVERYBODY = "system:authenticated"
MASTERS = "system:masters"
_OPEN = ANONYMOUS | {EVERYBODY, MASTERS}
_PUBLIC_ROLES = frozenset(
    {
        "system:basic-user",
        "system:discovery",
        "system:public-info-viewer",
        "kubeadm:bootstrap-signer-clusterinfo",
    }
)
"""What Kubernetes and kubeadm grant to everybody: discovery, health, one's own rights."""


def subjects(binding: Manifest) -> Iterator[Node]:
    """The subjects of a binding somebody wrote; without any a binding grants nothing."""
    if not shipped(binding):
        yield from (subject for subject in binding.node["subjects"] if subject.mapping)


def named(binding: Manifest, kinds: frozenset[str], names: frozenset[str]) -> Iterator[Node]:
    """The names of the subjects that are one of these."""
    for subject in subjects(binding):
        if subject["kind"].text in kinds and subject["name"].text in names:
            yield subject["name"]


def cluster_admins(binding: Manifest) -> list[str]:
    """Whom a binding makes cluster-admin, but for the groups that other checks name."""
    role = binding.node["roleRef"]
    if role.get("kind") != "ClusterRole" or role.get("name") != "cluster-admin":
        return []
    return [
        f"{subject['kind'].text} {subject['name'].text!r}"
        for subject in subjects(binding)
        if subject["name"].text not in _OPEN
    ]


def public(binding: Manifest) -> bool:
    """Whether the role is one that Kubernetes grants to everybody anyway."""
    return binding.node["roleRef"]["name"].text in _PUBLIC_ROLES


def role_of(binding: Manifest) -> str:
    """The role bound, for a message."""
    role = binding.node["roleRef"]
    return f"{role['kind'].text or 'role'} {role['name'].text!r}"


def few(names: list[str]) -> str:
    """The first two, and how many more."""
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
