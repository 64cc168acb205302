"""Reports made by hand: every field is known, so every expectation can be exact."""
# ruff: noqa: E501 (one finding a line reads as a table)

from dataclasses import replace
from datetime import date
from pathlib import Path

from kubeguard.formats import Context
from kubeguard.model.finding import (
    Account,
    Check,
    Excerpt,
    Fault,
    Finding,
    Outcome,
    Report,
    Spelling,
    Suppression,
)
from kubeguard.model.fix import Fix, Grade
from kubeguard.model.location import Location, Span
from kubeguard.model.manifest import Workload
from kubeguard.model.node import Subject
from kubeguard.model.severity import Profile, Severity

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - name: app
          image: shop/web:latest
          securityContext:
            privileged: true
            runAsUser: 0
          volumeMounts:
            - {name: socket, mountPath: /run/containerd.sock}
""".splitlines()

WEB = Subject("Deployment", "shop", "web")


def make_check(
    id: str, title: str, severity: Severity, page: Path = Path("/nowhere/workload/none.md")
) -> Check:
    """A check that finds nothing."""
    return Check(
        id=id,
        name=title.lower().replace(" ", "_"),
        title=title,
        severity=severity,
        profile=Profile.BASELINE,
        on=Workload,
        find=lambda _: (),
        page=page,
        refs=("PSS baseline", "CWE-250"),
        like=("trivy:KSV-0009",),
    )


HOST_NETWORK = make_check("KG3001", "Workload shares the node's network", Severity.HIGH)
PRIVILEGED = make_check("KG3002", "Container is privileged", Severity.CRITICAL)
ROOT = make_check("KG3003", "Container runs as root", Severity.MEDIUM)
WRITABLE = make_check("KG3020", "Root file system is writable", Severity.MEDIUM)
LIMITS = make_check("KG7001", "Memory has no limit", Severity.MEDIUM)
REQUESTS = make_check("KG7002", "CPU has no request", Severity.LOW)
LATEST = make_check("KG3050", "Image tag moves", Severity.MEDIUM)
SOCKET = make_check("KG3011", "Runtime socket is mounted", Severity.HIGH)


def find(
    check: Check,
    message: str,
    place: tuple[int, int, int],
    hint: str = "",
    *,
    source: str = "web.yaml",
    lines: list[str] = DEPLOYMENT,
) -> Finding:
    """A finding on one line of the lines: (line, first column, column after the last)."""
    line, start, end = place
    first = max(1, line - 1)
    return Finding(
        check=check,
        severity=check.severity,
        message=message,
        location=Location(source, ("spec", "template", "spec"), Span(line, start, line, end)),
        subject=WEB,
        identity=f"{message} in {source}",
        excerpt=Excerpt(first, tuple(lines[first - 1 : line + 1])),
        fix=Fix(hint, Grade.SAFE) if hint else None,
    )


EIGHT = (
    find(HOST_NETWORK, "the pod joins the node's network namespace", (9, 20, 24), "remove spec.hostNetwork"),
    find(WRITABLE, "container 'app' can write to its root file system", (11, 17, 20), "set securityContext.readOnlyRootFilesystem: true"),
    find(LIMITS, "container 'app' has no memory limit", (11, 17, 20), "set resources.limits.memory to what it may use at most"),
    find(REQUESTS, "container 'app' requests no CPU", (11, 17, 20), "set resources.requests.cpu to what it needs"),
    find(LATEST, "container 'app' runs shop/web:latest, whatever that is tomorrow", (12, 18, 33), "name a release or a digest"),
    find(PRIVILEGED, "container 'app' is privileged", (14, 25, 29), "remove securityContext.privileged"),
    find(ROOT, "container 'app' runs as UID 0", (15, 24, 25), "set securityContext.runAsNonRoot: true and a UID above 0"),
    find(SOCKET, "container 'app' reaches the container runtime through /run/containerd.sock", (17, 41, 61), "remove the mount"),
)  # fmt: skip

EIGHT_FLAWS = Report(EIGHT, (), (Account("web.yaml", Outcome.JUDGED, "Kubernetes", objects=1),))

BUSYBOX = make_check("KG1001", "Base image has no digest", Severity.INFO)
DOCKERFILE = ["FROM busybox", "RUN \\", "    true"]

EVERYTHING = Report(
    findings=(
        *EIGHT[:2],
        replace(
            EIGHT[5],
            suppression=Suppression("the node agent needs it", Spelling.COMMENT, date(2027, 1, 31)),
        ),
        replace(EIGHT[6], known=True),
        replace(
            find(BUSYBOX, "the base image may change", (1, 6, 13), source="app/Dockerfile", lines=DOCKERFILE),
            subject=Subject("Stage", "", "0"),
        ),
        replace(
            find(LIMITS, "container 'app' has no memory limit", (1, 1, 2), "set resources.limits.memory", source="live"),
            location=Location("live", ("spec", "containers", 0)),
            excerpt=None,
        ),
    ),
    faults=(Fault("KG3099", "web.yaml", "ZeroDivisionError: division by zero"),),
    accounts=(
        Account("app/Dockerfile", Outcome.JUDGED, "Dockerfile", objects=1),
        Account("broken.yaml", Outcome.FAILED, "YAML", "line 3, column 1: a tab cannot indent"),
        Account("chart/templates/web.yaml", Outcome.SKIPPED, "Helm template", "a Helm template: render it first"),
        Account("LICENSE", Outcome.SKIPPED, "text", "not Kubernetes or Dockerfile"),
        Account("main.go", Outcome.SKIPPED, "text", "not Kubernetes or Dockerfile"),
        Account("web.yaml", Outcome.JUDGED, "Kubernetes", objects=3),
        Account("clean.yaml", Outcome.JUDGED, "Kubernetes", objects=2),
        Account("live", Outcome.JUDGED, "Kubernetes", objects=1),
    ),
)  # fmt: skip
"""One of everything a report can hold."""

NOTHING = Report()

CONTEXT = Context(
    kubernetes="1.33",
    checks=(HOST_NETWORK, PRIVILEGED, ROOT),
    duration=0.421,
    version="1.2.3",
)


def many(count: int) -> Report:
    """A report of many findings in files of ten."""
    findings = tuple(
        replace(
            EIGHT[index % 8],
            message=f"{EIGHT[index % 8].message} ({index})",
            location=replace(EIGHT[index % 8].location, source=f"f/{index // 10}.yaml"),
            identity=str(index),
        )
        for index in range(count)
    )
    names = dict.fromkeys(finding.location.source for finding in findings)
    accounts = tuple(Account(name, Outcome.JUDGED, "Kubernetes", objects=1) for name in names)
    return Report(findings, (), accounts)
