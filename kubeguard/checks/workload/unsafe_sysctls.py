"""A sysctl that is not namespaced changes the kernel for every pod of the node."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check, drop

_SAFE_SINCE = {
    "kernel.shm_rmid_forced": (1, 0),
    "net.ipv4.ip_local_port_range": (1, 0),
    "net.ipv4.ip_unprivileged_port_start": (1, 0),
    "net.ipv4.ping_group_range": (1, 0),
    "net.ipv4.tcp_syncookies": (1, 0),
    "net.ipv4.ip_local_reserved_ports": (1, 27),
    "net.ipv4.tcp_fin_timeout": (1, 29),
    "net.ipv4.tcp_keepalive_intvl": (1, 29),
    "net.ipv4.tcp_keepalive_probes": (1, 29),
    "net.ipv4.tcp_keepalive_time": (1, 29),
    "net.ipv4.tcp_rmem": (1, 32),
    "net.ipv4.tcp_wmem": (1, 32),
    "net.ipv4.tcp_notsent_lowat": (1, 37),
    "net.ipv4.tcp_slow_start_after_idle": (1, 37),
}
_NEVER = (99, 0)


@check(
    "KG3015",
    "Workload sets a sysctl that is not safe",
    on=Workload,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "NSA-CISA pod security"),
    like=("trivy:KSV-0026", "kube-linter:unsafe-sysctls"),
)
def unsafe_sysctls(workload: Workload) -> Iterator[Problem]:
    if workload.get("securityContext", "sysctls") is None:
        return
    for entry in workload.node["securityContext"]["sysctls"]:
        name, version = entry["name"].text, workload.cluster.version
        since = _SAFE_SINCE.get(name.replace("/", "."), _NEVER)
        if "/" in name or version < since:
            what = f"the pod sets the sysctl {name[:60]!r}"
            later = f", which is safe since Kubernetes {since[0]}.{since[1]}"
            message = what if since == _NEVER or "/" in name else what + later
            yield Problem(entry["name"], message, drop(entry, hint="remove this sysctl"))
