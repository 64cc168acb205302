"""What the webhook did, for Prometheus.

Processes count together when PROMETHEUS_MULTIPROC_DIR named a folder before this was imported
(https://prometheus.github.io/client_python/multiprocess/).
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from kubeguard.webhook.hook import Answered
from kubeguard.webhook.review import Request

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds: from what a judgement takes to what an API server waits."""
_SHARED = os.environ.get("PROMETHEUS_MULTIPROC_DIR")


class Metrics:
    """Counters and gauges of one process, and of those beside it."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4.encode()

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "kubeguard_requests",
            "Reviews answered.",
            ("operation", "verdict"),
            registry=registry,
        )
        self._findings = Counter(
            "kubeguard_findings",
            "Findings by what they meant.",
            ("check", "mode"),
            registry=registry,
        )
        self._seconds = Histogram(
            "kubeguard_request_duration_seconds",
            "From the first byte of a review to its answer.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "kubeguard_requests_in_flight",
            "Reviews being judged.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._faults = Counter(
            "kubeguard_faults",
            "Reviews that could not be judged as they should.",
            registry=registry,
        )
        self._refused = Counter(
            "kubeguard_refused_requests",
            "Requests that were no reviews, by HTTP status.",
            ("status",),
            registry=registry,
        )
        self._expiry = Gauge(
            "kubeguard_certificate_expiry_timestamp_seconds",
            "When the certificate that is served expires.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._policy = Gauge(
            "kubeguard_policy_info",
            "The policy in force; two of them while one replaces the other.",
            ("fingerprint",),
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._reload = Gauge(
            "kubeguard_reload_failed",
            "1 while a policy or certificate on the disk is broken and the last good one serves.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def answered(self, request: Request, answered: Answered, seconds: float) -> None:
        """One review more."""
        verdict = "allow" if answered.response.allowed else "deny"
        if answered.judgement.exempt:
            verdict = "exempt"
        self._requests.labels(request.operation.value, verdict).inc()
        self._seconds.observe(seconds)
        for decision in answered.judgement.decisions:
            self._findings.labels(decision.finding.check.id, decision.mode.value).inc()
        if answered.judgement.faults:
            self._faults.inc()

    def refused(self, status: int) -> None:
        """A request that was no review."""
        self._refused.labels(str(status)).inc()

    def in_flight(self, number: int) -> None:
        self._in_flight.set(number)

    def loaded(self, policy: str, expiry: float, failed: bool) -> None:
        """What serves now; `expiry` in seconds since 1970, 0 without TLS."""
        self._policy.labels(policy).set(1)
        self._expiry.set(expiry)
        self._reload.set(failed)

    def text(self) -> bytes:
        """All of it in Prometheus's format."""
        if not _SHARED:
            return generate_latest(self._registry)
        _forget_the_dead(Path(_SHARED))
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody, _SHARED)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


def _forget_the_dead(folder: Path) -> None:
    """What processes that have ended had counted stays; what they were doing does not."""
    for file in folder.glob("gauge_live*_*.db"):
        try:
            os.kill(int(file.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except PermissionError:
            continue  # somebody else's has the number now
