"""The powers that make a role dangerous, in one place because the wildcard checks yield to them."""

from __future__ import annotations

from kubeguard.checks.kit import Node
from kubeguard.checks.rbac._rules import RBAC, Power, grant

READ_SECRETS = Power("", frozenset({"secrets"}), frozenset({"get", "list", "watch"}))
CREATE_PODS = (
    Power("", frozenset({"pods", "replicationcontrollers"}), frozenset({"create"})),
    Power(
        "apps",
        frozenset({"daemonsets", "deployments", "replicasets", "statefulsets"}),
        frozenset({"create"}),
    ),
    Power("batch", frozenset({"cronjobs", "jobs"}), frozenset({"create"})),
)
ENTER_PODS = (
    Power("", frozenset({"pods/attach", "pods/exec"}), frozenset({"create", "get"})),
    Power("", frozenset({"pods/ephemeralcontainers"}), frozenset({"patch", "update"})),
)
IMPERSONATE = Power(
    "",
    frozenset({"groups", "serviceaccounts", "users"}),
    frozenset({"impersonate"}),
    special=True,
)
_ROLES = frozenset({"clusterroles", "roles"})
BIND = Power(RBAC, _ROLES, frozenset({"bind"}), special=True)
ESCALATE = Power(RBAC, _ROLES, frozenset({"escalate"}), special=True)
EDIT_BINDINGS = Power(
    RBAC,
    frozenset({"clusterrolebindings", "rolebindings"}),
    frozenset({"create", "patch", "update"}),
)
REACH_KUBELET = Power(
    "",
    frozenset({"nodes/proxy"}),
    frozenset({"create", "delete", "get", "patch", "update"}),
)

_ALL = (
    READ_SECRETS,
    *CREATE_PODS,
    *ENTER_PODS,
    IMPERSONATE,
    BIND,
    ESCALATE,
    EDIT_BINDINGS,
    REACH_KUBELET,
)


def dangerous(rule: Node) -> bool:
    """Whether another check already says something worse about the rule than that it is wide."""
    return any(grant(rule, power) for power in _ALL)
