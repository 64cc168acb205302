"""Every object of an installation, by the file that it is written to.

The first line of a function's docstring stands above its objects in that file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kubeguard.webhook.manifests.registration import registration
from kubeguard.webhook.manifests.settings import Certificates, Settings
from kubeguard.webhook.names import Names

Object = dict[str, Any]

_WEBHOOK = "kubeguard-webhook"
_GUARD = "kubeguard-guard"
_SECRET = Names().secret
_LEASE = Names().lease
_USER = 65532
_PORT = 8443
_METRICS_PORT = 8081


def namespace(settings: Settings) -> list[Object]:
    """A namespace of its own, at the strictest level of Pod Security; it is never judged here."""
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    labels = {**levels, "app.kubernetes.io/part-of": "kubeguard"}
    metadata = {"name": settings.namespace, "labels": labels}
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}]


def permissions(settings: Settings) -> list[Object]:
    """Nothing but labels of namespaces, the own certificate, and whom the API server trusts."""
    webhook = [
        _rule("", "namespaces", "list", "watch"),
        _rule(_ADMISSION, _CONFIGURATIONS, "get", "patch", name=Names().configuration),
    ]
    secrets = [
        _rule("", "secrets", "create"),
        _rule("", "secrets", "get", "update", name=_SECRET),
        _rule("coordination.k8s.io", "leases", "create"),
        _rule("coordination.k8s.io", "leases", "get", "update", name=_LEASE),
    ]
    if settings.certificates is not Certificates.MANAGED:
        webhook, secrets = webhook[:1], []
    guard = [
        _rule("", "namespaces", "get", name=settings.namespace),
        _rule(_ADMISSION, _CONFIGURATIONS, "get", "patch", name=Names().configuration),
    ]
    home = settings.namespace
    return [
        *_account(_WEBHOOK, home),
        *_account(_GUARD, home),
        *_cluster_role(_WEBHOOK, home, webhook),
        *_cluster_role(_GUARD, home, guard),
        *(_role(_WEBHOOK, home, home, secrets) if secrets else []),
        *_role(_GUARD, home, home, [_rule("", "services", "get", name=_WEBHOOK)]),
        # An event about an object without a namespace is kept in the namespace default.
        *_role(_GUARD, home, "default", [_rule("", "events", "create")]),
    ]


_ADMISSION = "admissionregistration.k8s.io"
_CONFIGURATIONS = "validatingwebhookconfigurations"


def configuration(settings: Settings) -> list[Object]:
    """What is enforced. A change is in force a minute later at most, without a restart."""
    data = {"kubeguard.yaml": settings.configuration}
    return [_object("v1", "ConfigMap", "kubeguard", settings.namespace, data=data)]


def webhook(settings: Settings) -> list[Object]:
    """What the API server asks: on several nodes, of which one may be lost or emptied at a time."""
    home, selector = settings.namespace, {"matchLabels": _labels(_WEBHOOK)}
    return [
        _object(
            "apps/v1",
            "Deployment",
            _WEBHOOK,
            home,
            spec={
                "replicas": settings.replicas,
                "selector": selector,
                "strategy": {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
                "template": _pod(_WEBHOOK, _server(settings), _volumes(settings)),
            },
        ),
        _object(
            "v1",
            "Service",
            _WEBHOOK,
            home,
            spec={
                "selector": _labels(_WEBHOOK),
                "ports": [{"name": "https", "port": 443, "targetPort": "https"}],
            },
        ),
        _object(
            "policy/v1",
            "PodDisruptionBudget",
            _WEBHOOK,
            home,
            spec={
                "maxUnavailable": 1,
                "selector": selector,
                # A pod that does not answer anyway must not keep a node from being drained.
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
            },
        ),
        _object(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            _WEBHOOK,
            home,
            spec={
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": _WEBHOOK},
                "minReplicas": settings.replicas,
                "maxReplicas": 10,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": 200},
                        },
                    }
                ],
            },
        ),
    ]


def guard(settings: Settings) -> list[Object]:
    """The dead-man's switch: requests go on unjudged, and that is told, when no webhook answers."""
    arguments = ["webhook", "guard", "--namespace", settings.namespace]
    arguments += ["--after", f"{settings.guard_seconds}s", "--metrics", f"0.0.0.0:{_METRICS_PORT}"]
    probe = {"httpGet": {"path": "/livez", "port": "metrics"}}
    container = _container(settings, arguments, "10m", "96Mi") | {
        "ports": [{"name": "metrics", "containerPort": _METRICS_PORT}],
        "livenessProbe": probe | {"periodSeconds": 20},
        "readinessProbe": probe | {"periodSeconds": 20},
    }
    return [
        _object(
            "apps/v1",
            "Deployment",
            _GUARD,
            settings.namespace,
            spec={
                "replicas": 2,
                "selector": {"matchLabels": _labels(_GUARD)},
                "template": _pod(_GUARD, container, []),
            },
        ),
        _object(
            "policy/v1",
            "PodDisruptionBudget",
            _GUARD,
            settings.namespace,
            spec={"maxUnavailable": 1, "selector": {"matchLabels": _labels(_GUARD)}},
        ),
    ]


def network(settings: Settings) -> list[Object]:
    """In: the API server, which no selector can name, and metrics. Out: the API server, and DNS."""
    home = settings.namespace
    dns = {
        "to": [
            {
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": "kube-system"}
                },
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    }
    api = {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]}
    answers: Object = {
        "to": [{"podSelector": {"matchLabels": _labels(_WEBHOOK)}}],
        "ports": [{"protocol": "TCP", "port": _PORT}],
    }
    policies = {
        "default-deny": ({}, [], []),
        _WEBHOOK: (_labels(_WEBHOOK), [_PORT], [dns, api]),
        _GUARD: (_labels(_GUARD), [_METRICS_PORT], [dns, api, answers]),
    }
    return [
        _object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            name,
            home,
            spec={
                "podSelector": {"matchLabels": labels} if labels else {},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"ports": [{"protocol": "TCP", "port": port}]} for port in ports],
                "egress": egress,
            },
        )
        for name, (labels, ports, egress) in policies.items()
    ]


def certificate(settings: Settings) -> list[Object]:
    """An authority of its own and a certificate of it, kept up to date by cert-manager.io."""
    if settings.certificates is not Certificates.CERT_MANAGER:
        return []
    home, api = settings.namespace, "cert-manager.io/v1"
    service = f"{_WEBHOOK}.{home}.svc"
    return [
        _object(api, "Issuer", _WEBHOOK, home, spec={"selfSigned": {}}),
        _object(
            api,
            "Certificate",
            _WEBHOOK,
            home,
            spec={
                "secretName": _SECRET,
                "dnsNames": [service, f"{service}.cluster.local"],
                "issuerRef": {"name": _WEBHOOK, "kind": "Issuer"},
                "privateKey": {"algorithm": "ECDSA", "rotationPolicy": "Always"},
            },
        ),
    ]


def service_monitor(settings: Settings) -> list[Object]:
    """Metrics for the Prometheus operator, fetched as the API server would ask."""
    if not settings.service_monitor:
        return []
    home = settings.namespace
    authority = {"secret": {"name": _SECRET, "key": "ca.crt"}}
    endpoint = {
        "port": "https",
        "scheme": "https",
        "tlsConfig": {"ca": authority, "serverName": f"{_WEBHOOK}.{home}.svc"},
    }
    spec = {"selector": {"matchLabels": _labels(_WEBHOOK)}, "endpoints": [endpoint]}
    return [_object("monitoring.coreos.com/v1", "ServiceMonitor", _WEBHOOK, home, spec=spec)]


FILES: Mapping[str, Callable[[Settings], list[Object]]] = {
    "namespace.yaml": namespace,
    "permissions.yaml": permissions,
    "configuration.yaml": configuration,
    "network.yaml": network,
    "certificate.yaml": certificate,
    "webhook.yaml": webhook,
    "guard.yaml": guard,
    "service-monitor.yaml": service_monitor,
    "registration.yaml": registration,
}
"""In the order in which they are applied; what can lock out comes last, and goes first."""


def objects(settings: Settings) -> list[Object]:
    """All of an installation, in the order in which they are applied."""
    return [each for build in FILES.values() for each in build(settings)]


def _object(api_version: str, kind: str, name: str, home: str, **content: Any) -> Object:
    where = {"namespace": home} if home else {}
    metadata = {"name": name, **where, "labels": _labels(_GUARD if name == _GUARD else _WEBHOOK)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "kubeguard"}


def _rule(group: str, resource: str, *verbs: str, name: str = "") -> Object:
    rule: Object = {"apiGroups": [group], "resources": [resource]}
    return rule | ({"resourceNames": [name]} if name else {}) | {"verbs": list(verbs)}


_RBAC = "rbac.authorization.k8s.io"


def _account(name: str, home: str) -> list[Object]:
    return [_object("v1", "ServiceAccount", name, home, automountServiceAccountToken=False)]


def _cluster_role(name: str, home: str, rules: list[Object]) -> list[Object]:
    binding = _bound("ClusterRole", name, home)
    return [
        _object(f"{_RBAC}/v1", "ClusterRole", name, "", rules=rules),
        _object(f"{_RBAC}/v1", "ClusterRoleBinding", name, "", **binding),
    ]


def _role(name: str, home: str, where: str, rules: list[Object]) -> list[Object]:
    binding = _bound("Role", name, home)
    return [
        _object(f"{_RBAC}/v1", "Role", name, where, rules=rules),
        _object(f"{_RBAC}/v1", "RoleBinding", name, where, **binding),
    ]


def _bound(kind: str, name: str, home: str) -> Object:
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": home}],
    }


_IDENTITY: list[Object] = [
    {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]
"""What the automatic token would bring, in a volume that only this container has."""


def _pod(name: str, container: Object, volumes: list[Object]) -> Object:
    spread = {
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": _labels(name)},
    }
    return {
        "metadata": {"labels": _labels(name)},
        "spec": {
            "serviceAccountName": name,
            "automountServiceAccountToken": False,
            "priorityClassName": "system-cluster-critical",
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 45,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _USER,
                "runAsGroup": _USER,
                "fsGroup": _USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": [
                spread | {"topologyKey": "kubernetes.io/hostname"},
                spread | {"topologyKey": "topology.kubernetes.io/zone"},
            ],
            "containers": [{"name": name} | container],
            "volumes": [
                *volumes,
                {"name": "token", "projected": {"sources": _IDENTITY}},
                {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
            ],
        },
    }


def _container(
    settings: Settings, arguments: list[str], cpu: str, memory: str, at_most: str = "1"
) -> Object:
    return {
        "image": settings.image,
        "args": arguments,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {
            "requests": {"cpu": cpu, "memory": memory},
            "limits": {"cpu": at_most, "memory": "256Mi"},
        },
        "volumeMounts": [
            {
                "name": "token",
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                "readOnly": True,
            },
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - one of its own, in memory
        ],
    }


def _server(settings: Settings) -> Object:
    arguments = ["webhook", "serve", "--config", "/etc/kubeguard/kubeguard.yaml"]
    if settings.certificates is Certificates.MANAGED:
        arguments += ["--manage-certificate", settings.namespace]
    else:
        arguments += ["--cert", "/etc/kubeguard-tls/tls.crt", "--key", "/etc/kubeguard-tls/tls.key"]
    container = _container(settings, arguments, "100m", "128Mi", "2")  # as many as it has workers
    names = [volume["name"] for volume in _volumes(settings)]
    container["volumeMounts"] += [
        {"name": name, "mountPath": f"/etc/{name}", "readOnly": True} for name in names
    ]
    live = {"httpGet": {"path": "/livez", "port": "https", "scheme": "HTTPS"}}
    ready = {"httpGet": {"path": "/readyz", "port": "https", "scheme": "HTTPS"}}
    return container | {
        "ports": [{"name": "https", "containerPort": _PORT}],
        "startupProbe": live | {"periodSeconds": 1, "failureThreshold": 90},
        "livenessProbe": live | {"periodSeconds": 10, "timeoutSeconds": 5},
        "readinessProbe": ready | {"periodSeconds": 5, "timeoutSeconds": 5},
        # A Service still sends requests for a moment to a pod that is to end.
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
    }


def _volumes(settings: Settings) -> list[Object]:
    policy = {"name": "kubeguard", "configMap": {"name": "kubeguard"}}
    if settings.certificates is Certificates.MANAGED:
        return [policy]
    return [policy, {"name": "kubeguard-tls", "secret": {"secretName": _SECRET}}]
