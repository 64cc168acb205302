"""Random pods: the checks of a level find something exactly when the standard refuses the pod.

The second opinion below is written from the tables of the Pod Security Standards, field by field,
and shares nothing with the checks but the fields' names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.model.cluster import Cluster
from kubeguard.model.finding import Check
from kubeguard.model.manifest import Container, Manifest, Workload
from kubeguard.model.node import Node, Source
from kubeguard.registry import load_checks

Pod = dict[str, Any]
Release = tuple[int, int]

POD_CHECKS = [check for check in load_checks() if check.on in (Workload, Container)]
BASELINE = [check for check in POD_CHECKS if "PSS baseline" in check.refs]
RESTRICTED = [check for check in POD_CHECKS if "PSS restricted" in check.refs]
HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these keys, null values included."""
    optional = {key: st.none() | value for key, value in fields.items()}
    return st.fixed_dictionaries({}, optional=optional)


def few(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with at most two of these keys: most pods are nearly right."""
    return st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True).flatmap(
        lambda keys: st.fixed_dictionaries({key: st.none() | fields[key] for key in keys})
    )


BOOL = st.booleans()
PROFILE = maybe(type=st.sampled_from(["", "RuntimeDefault", "Localhost", "Unconfined"]))
SELINUX = maybe(
    type=st.sampled_from(["", "container_t", "container_engine_t", "spc_t"]),
    user=st.sampled_from(["", "system_u"]),
    role=st.sampled_from(["", "system_r"]),
    level=st.just("s0"),
)
CAPABILITY = st.sampled_from(
    ["ALL", "all", "CHOWN", "NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN", "CAP_CHOWN"]
)
SHARED = {
    "seccompProfile": PROFILE,
    "appArmorProfile": PROFILE,
    "seLinuxOptions": SELINUX,
    "windowsOptions": maybe(hostProcess=BOOL),
    "runAsUser": st.sampled_from([0, 1000]),
    "runAsNonRoot": BOOL,
}
HANDLER = maybe(
    httpGet=maybe(host=st.sampled_from(["", "127.0.0.1", "other"])),
    tcpSocket=maybe(host=st.sampled_from(["", "other"])),
)
OWN = {
    **SHARED,
    "privileged": BOOL,
    "allowPrivilegeEscalation": BOOL,
    "procMount": st.sampled_from(["Default", "Unmasked"]),
    "capabilities": maybe(
        add=st.lists(CAPABILITY, max_size=2), drop=st.lists(CAPABILITY, max_size=2)
    ),
}
CONTAINER = few(
    {
        "securityContext": few(OWN) | few(OWN).map(lambda fields: {**HARDENED, **fields}),
        "ports": st.lists(maybe(hostPort=st.sampled_from([0, 80])), max_size=2),
        "livenessProbe": HANDLER,
        "startupProbe": HANDLER,
        "lifecycle": maybe(preStop=HANDLER),
    }
).map(lambda fields: {"name": "c", "image": "i", "securityContext": HARDENED, **fields})
SYSCTLS = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_notsent_lowat",
    "kernel.msgmax",
]
VOLUME = st.sampled_from(["emptyDir", "secret", "csi", "image", "nfs", "gitRepo", "hostPath", ""])
SYSCTL = st.sampled_from(SYSCTLS).map(lambda name: {"name": name})
SPEC = few(
    {
        "hostNetwork": BOOL,
        "hostPID": BOOL,
        "hostIPC": BOOL,
        "hostUsers": BOOL,
        "os": maybe(name=st.sampled_from(["linux", "windows"])),
        "securityContext": few({**SHARED, "sysctls": st.lists(SYSCTL, max_size=2)}),
        "volumes": st.lists(
            VOLUME.map(lambda kind: {"name": "v", kind: {}} if kind else {"name": "v"}), max_size=2
        ),
        "initContainers": st.lists(CONTAINER, max_size=1),
        "ephemeralContainers": st.lists(CONTAINER, max_size=1),
    }
)
PODS = st.tuples(SPEC, st.lists(CONTAINER, min_size=1, max_size=2)).map(
    lambda pair: {**pair[0], "containers": pair[1]}
)
RELEASES = st.integers(27, 37).map(lambda minor: (1, minor))


@settings(max_examples=400, deadline=None)
@given(PODS, RELEASES)
def test_levels(pod: Pod, release: Release) -> None:
    baseline, restricted = found(pod, release)

    assert baseline is refused_by_baseline(pod, release)
    assert (baseline or restricted) is (baseline or refused_by_restricted(pod, release))


def found(pod: Pod, release: Release) -> tuple[bool, bool]:
    manifest = Manifest(
        Node({"apiVersion": "v1", "kind": "Pod", "spec": pod}, Source("pod.yaml")), Cluster(release)
    )
    views = [view for w in manifest.workloads for view in (w, *w.containers)]

    def any_finds(checks: list[Check]) -> bool:
        return any(list(c.find(v)) for c in checks for v in views if c.on is type(v))

    return any_finds(BASELINE), any_finds(RESTRICTED)


def containers(pod: Pod) -> Iterator[Pod]:
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(key) or ()


def contexts(pod: Pod) -> list[Pod]:
    """The containers' security contexts, then the pod's."""
    return [view.get("securityContext") or {} for view in (*containers(pod), pod)]


def refused_by_baseline(pod: Pod, release: Release) -> bool:
    *own, whole = contexts(pod)
    types = {"", None, "container_t", "container_init_t", "container_kvm_t"}
    if release >= (1, 31):
        types.add("container_engine_t")
    relaxed = pod.get("hostUsers") is False and release >= (1, 35)
    allowed = 1
    for minor in (27, 29, 32, 37):
        allowed += release >= (1, minor)
    default = {"CHOWN", "NET_BIND_SERVICE"}
    return (
        any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
        or any(context.get("privileged") for context in own)
        or any(not default.issuperset((c.get("capabilities") or {}).get("add") or ()) for c in own)
        or any(v.get("hostPath") is not None for v in pod.get("volumes") or ())
        or any(port.get("hostPort") for c in containers(pod) for port in c.get("ports") or ())
        or any(
            profile is not None and profile.get("type") not in ("RuntimeDefault", "Localhost")
            for context in (*own, whole)
            for profile in (context.get("seccompProfile"), context.get("appArmorProfile"))
        )
        or any(
            options.get("type") not in types or options.get("user") or options.get("role")
            for options in (context.get("seLinuxOptions") or {} for context in (*own, whole))
        )
        or (not relaxed and any(c.get("procMount") == "Unmasked" for c in own))
        or any(s["name"] not in SYSCTLS[:allowed] for s in whole.get("sysctls") or ())
        or any((c.get("windowsOptions") or {}).get("hostProcess") for c in (*own, whole))
        or (release >= (1, 34) and any(map(calls_elsewhere, containers(pod))))
    )


def calls_elsewhere(container: Pod) -> bool:
    handlers = [container.get("livenessProbe"), container.get("startupProbe")]
    handlers.append((container.get("lifecycle") or {}).get("preStop"))
    actions = [(h or {}).get(key) or {} for h in handlers for key in ("httpGet", "tcpSocket")]
    return any(action.get("host") for action in actions)


def refused_by_restricted(pod: Pod, release: Release) -> bool:
    """What the restricted level adds to the baseline."""
    *own, whole = contexts(pod)
    windows = (pod.get("os") or {}).get("name") == "windows"
    relaxed = pod.get("hostUsers") is False and release >= (1, 35)
    kinds = {"name", "emptyDir", "secret", "csi"} | ({"image"} if release >= (1, 33) else set())

    def inherited(context: Pod, key: str) -> Any:
        return whole.get(key) if context.get(key) is None else context[key]

    return (
        any(set(volume) - kinds for volume in pod.get("volumes") or ())
        or (
            not windows
            and any(
                context.get("allowPrivilegeEscalation") is not False
                or "ALL" not in ((context.get("capabilities") or {}).get("drop") or ())
                or set((context.get("capabilities") or {}).get("add") or ()) - {"NET_BIND_SERVICE"}
                or inherited(context, "seccompProfile") is None
                for context in own
            )
        )
        or (
            not relaxed
            and (
                whole.get("runAsNonRoot") is False
                or any(inherited(context, "runAsNonRoot") is not True for context in own)
                or any(context.get("runAsUser") == 0 for context in (*own, whole))
            )
        )
        or (release >= (1, 35) and any(c.get("procMount") == "Unmasked" for c in own))
    )
