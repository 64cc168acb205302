"""cluster-admin in one namespace is more than its owner needs: quotas and roles without limit."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._bindings import ROLE_BINDING, cluster_admins, few


@check(
    "KG4016",
    "cluster-admin is bound in a namespace",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=(ROLE_BINDING,),
    refs=("CIS-Kubernetes 5.1.1",),
    like=("polaris:rolebindingClusterAdminClusterRole", "kubescape:C-0185"),
)
def namespace_admin_binding(binding: Manifest) -> Iterator[Problem]:
    admins = cluster_admins(binding)
    if admins:
        where = f"namespace {binding.namespace!r}" if binding.namespace else "the namespace"
        yield Problem(
            binding.node["roleRef"]["name"],
            f"{few(admins)} may do everything in {where}",
            advise(
                "bind the ClusterRole `edit` or `admin`, or a Role with the rights that are used"
            ),
        )
