"""A seeded corpus: the same files on every machine, all formats of input mixed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

IMAGES = ("nginx:1.27", "redis", "registry.example.com:5000/team/api:1.4.2", "busybox:latest")
PER_FILE = 5


def manifests(folder: Path, files: int, seed: int = 1) -> None:
    """Write `files` files of five objects each: YAML, flow YAML, `kind: List`, JSON."""
    rng = random.Random(seed)
    for number in range(files):
        objects = list(_application(rng, number))
        style = number % 10
        base = folder / f"team-{number % 20:02}" / f"app-{number:05}"
        base.parent.mkdir(parents=True, exist_ok=True)
        if style == 0:
            listed = {"apiVersion": "v1", "kind": "List", "items": objects}
            base.with_suffix(".json").write_text(json.dumps(listed, indent=2))
        elif style == 1:
            text = "\n".join(json.dumps(item) for item in objects)
            base.with_suffix(".json").write_text(text)
        elif style == 2:
            listed = {"apiVersion": "v1", "kind": "List", "items": objects}
            base.with_suffix(".yaml").write_text(yaml.safe_dump(listed, sort_keys=False))
        elif style == 3:
            text = yaml.safe_dump_all(objects, sort_keys=False, default_flow_style=True)
            base.with_suffix(".yml").write_text(text)
        else:
            text = yaml.safe_dump_all(objects, sort_keys=False, explicit_start=True)
            base.with_suffix(".yaml").write_text(f"# application {number}\n{text}")


def _application(rng: random.Random, number: int) -> Iterator[dict[str, Any]]:
    name, namespace = f"app-{number}", f"team-{number % 20}"
    labels = {"app": name, "tier": rng.choice(("web", "api", "batch"))}
    yield _object("v1", "ServiceAccount", name, namespace)
    yield _object("v1", "Service", name, namespace) | {
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    }
    kind = rng.choice(("Deployment", "Deployment", "StatefulSet", "DaemonSet"))
    template = {"metadata": {"labels": labels}, "spec": _pod(rng, name, 3 + number % 3)}
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    if kind == "Deployment":
        spec["replicas"] = rng.randint(1, 5)
    if kind == "StatefulSet":
        spec["serviceName"] = name
    yield _object("apps/v1", kind, name, namespace) | {"spec": spec}
    job = {"template": {"spec": {"restartPolicy": "Never", **_pod(rng, name, 4 + number % 3)}}}
    yield _object("batch/v1", "CronJob", name, namespace) | {
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": job}}
    }
    yield rng.choice((_role, _config_map))(rng, name, namespace)


def _object(version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"team": namespace}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _role(rng: random.Random, name: str, namespace: str) -> dict[str, Any]:
    verbs = rng.choice((["get", "list"], ["*"], ["get", "create"]))
    rules = [{"apiGroups": [""], "resources": [rng.choice(("pods", "secrets"))], "verbs": verbs}]
    return _object("rbac.authorization.k8s.io/v1", "Role", name, namespace) | {"rules": rules}


def _config_map(rng: random.Random, name: str, namespace: str) -> dict[str, Any]:
    text = "\n".join(f"key_{n} = {rng.randint(0, 10**6)}" for n in range(20))
    data = {"app.properties": text, "LOG_LEVEL": "info"}
    return _object("v1", "ConfigMap", name, namespace) | {"data": data}


def _pod(rng: random.Random, name: str, size: int) -> dict[str, Any]:
    """A pod with some containers; a third of them hardened, the others with the usual gaps."""
    hardened = rng.random() < 0.33
    pod: dict[str, Any] = {
        "serviceAccountName": name,
        "containers": [_container(rng, f"c{n}", hardened) for n in range(size)],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    if hardened:
        pod["automountServiceAccountToken"] = False
        pod["securityContext"] = {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    elif rng.random() < 0.1:
        pod["hostNetwork"] = True
    return pod


def _container(rng: random.Random, name: str, hardened: bool) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": name,
        "image": rng.choice(IMAGES),
        "env": [{"name": "MODE", "value": "production"}, {"name": "PORT", "value": "8080"}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    if hardened:
        container["securityContext"] = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        container["resources"] = {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "256Mi"},
        }
    elif rng.random() < 0.1:
        container["securityContext"] = {"privileged": True}
    return container


def dockerfiles(folder: Path, files: int = 200, lines: int = 40, seed: int = 1) -> None:
    """Write `files` Dockerfiles of `lines` lines in folders of their own."""
    rng = random.Random(seed)
    for number in range(files):
        path = folder / f"service-{number:03}" / "Dockerfile"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(_dockerfile(rng, lines)) + "\n")


def _dockerfile(rng: random.Random, lines: int) -> list[str]:
    text = [
        "# syntax=docker/dockerfile:1",
        "ARG VERSION=3.12",
        "FROM python:${VERSION}-slim AS build",
        "WORKDIR /src",
        "RUN apt-get update && apt-get install -y \\",
        "    build-essential \\",
        "    curl \\",
        "    && rm -rf /var/lib/apt/lists/*",
        "COPY requirements.txt .",
        "RUN pip install --no-cache-dir -r requirements.txt",
    ]
    fillers = (
        "ENV FEATURE_{n}=on",
        "RUN curl -fsSL https://example.com/tool-{n}.tar.gz | tar xz -C /opt",
        "COPY src/module_{n} /src/module_{n}",
        "LABEL org.example.part{n}=yes",
        "RUN set -e; for f in /src/*.py; do python -m py_compile $f; done",
        "RUN mkdir -p /data/{n} && chmod 755 /data/{n}",
        "# step {n}",
    )
    while len(text) < lines - 8:
        text.append(rng.choice(fillers).format(n=len(text)))
    return [
        *text,
        "FROM python:${VERSION}-slim",
        "COPY --from=build /src /app",
        "WORKDIR /app",
        "EXPOSE 8080",
        rng.choice(("USER 65532:65532", "# no user")),
        "HEALTHCHECK CMD curl -f http://localhost:8080/ || exit 1",
        'ENTRYPOINT ["python", "-m", "app"]',
        'CMD ["--serve"]',
    ]


def flawed(path: Path) -> None:
    """Write one Deployment with eight flaws."""
    path.write_text(
        """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: web
spec:
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      hostNetwork: true
      automountServiceAccountToken: false
      serviceAccountName: shop
      securityContext:
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: shop
          image: registry.example.com/shop:latest
          env:
            - name: DATABASE_PASSWORD
              value: correct-horse-battery
          ports:
            - containerPort: 8080
              hostPort: 8080
          resources:
            requests: {cpu: 100m, memory: 128Mi}
          securityContext:
            privileged: true
            capabilities: {drop: [ALL]}
"""
    )
