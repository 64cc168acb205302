"""The labels of all namespaces, kept up to date beside the requests and never during one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

from kubeguard.cluster import access

_RETRY = 2.0
"""Seconds before the API server is asked again after it failed."""
_WATCH = 300
"""Seconds that one watch lasts."""


class Namespaces:
    """Lists and watches namespaces in a thread of its own (core/v1, `list` and `watch`)."""

    def __init__(
        self, kubeconfig: str | None = None, tell: Callable[[str], object] = lambda _: None
    ) -> None:
        """`kubeconfig` None: the account of the pod this runs in. `tell` hears what fails."""
        self._kubeconfig = kubeconfig
        self._tell = tell
        self._labels: dict[str, Mapping[str, object]] = {}
        self._known = Event()
        Thread(target=self._follow, name="namespaces", daemon=True).start()

    def labels(self, namespace: str) -> Mapping[str, object]:
        """The labels of a namespace; none of one that is not known (yet)."""
        return self._labels.get(namespace, {})

    def wait(self, seconds: float) -> bool:
        """Whether they have been listed, within this time."""
        return self._known.wait(seconds)

    def _follow(self) -> None:
        while True:
            try:
                self._watch(access.client(self._kubeconfig))
            except Exception as error:  # whatever it is, the next try may do better
                self._tell(f"namespaces cannot be watched: {type(error).__name__}: {error}"[:500])
                time.sleep(_RETRY)

    def _watch(self, connection: Any) -> None:
        from kubernetes.client import CoreV1Api
        from kubernetes.watch import Watch

        api = CoreV1Api(connection)
        listed = api.list_namespace()
        self._labels = {each.metadata.name: each.metadata.labels or {} for each in listed.items}
        self._known.set()
        version = listed.metadata.resource_version
        while True:
            events = Watch().stream(
                api.list_namespace, resource_version=version, timeout_seconds=_WATCH
            )
            for event in events:
                metadata = event["object"].metadata
                version = metadata.resource_version
                if event["type"] == "DELETED":
                    self._labels.pop(metadata.name, None)
                else:
                    self._labels[metadata.name] = metadata.labels or {}
