"""`kubeguard webhook guard`: the dead-man's switch, as a program of its own."""

from __future__ import annotations

import gc
import re
import signal
import sys
from pathlib import Path

import click

from kubeguard.cli.connecting import cluster, connection_options
from kubeguard.cli.webhook._options import NAMESPACE, listening
from kubeguard.errors import UsageError


@click.command()
@connection_options
@NAMESPACE
@click.option(
    "--after",
    default="60s",
    show_default=True,
    metavar="DURATION",
    help="How long no webhook may answer.",
)
@click.option("--metrics", metavar="HOST:PORT", help="Serve metrics for Prometheus there.")
def guard(
    kubeconfig: Path | None, context: str | None, namespace: str, after: str, metrics: str | None
) -> None:
    """Set failurePolicy to Ignore while no webhook answers, and back when one does.

    It asks the webhook as the API server does, so it has to run where Services can be reached.
    """
    patience = _seconds(after)
    there = cluster(kubeconfig, context)
    from kubeguard.webhook.guard import Guard, serve_metrics
    from kubeguard.webhook.journal import Journal, to_standard_output
    from kubeguard.webhook.names import Names

    gc.enable()  # a scan lives too short for it, and switches it off
    switch = Guard(Names(namespace), there, Journal(to_standard_output), patience)
    if metrics:
        serve_metrics(switch, *listening(metrics))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    switch.watch()


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d{1,6})(s|m|h)", text)
    if not found or int(found[1]) == 0:
        raise UsageError(f"{text[:40]!r} is no duration", "like 60s or 5m")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]
