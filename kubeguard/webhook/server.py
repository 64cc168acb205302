"""Serves the webhook by granian: processes that judge, and above them one that replaces them.

The upper process reads policy and certificate, and starts lower ones with them by fork. When they
change on the disk it reads them again: what is whole is served by new lower processes, while the
old ones answer what they have begun; what is broken changes nothing but what `/readyz?verbose`
says.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from mmap import mmap
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NamedTuple

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server import Server

from kubeguard import api
from kubeguard.cluster import access
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.finding import Check
from kubeguard.policy.configuration import Options
from kubeguard.policy.policy import Policy
from kubeguard.webhook.app import App, Limits
from kubeguard.webhook.certificate import Kept, Pair
from kubeguard.webhook.health import Health
from kubeguard.webhook.hook import Webhook
from kubeguard.webhook.journal import Journal, to_standard_output
from kubeguard.webhook.judge import Labels
from kubeguard.webhook.names import Names
from kubeguard.webhook.records import Recorder
from kubeguard.webhook.rotation import Rotation
from kubeguard.webhook.silent import end_silent_connections

_LOOK = 1.0
"""Seconds between looks at the files."""
_OVERLAP = 2.0
"""Seconds that a new process has to begin, and clients to leave the old one, before it ends."""
_PATIENCE = 60.0
"""Seconds to wait for a first certificate."""
_ROTATE = 10.0
"""Seconds between looks at the certificate in the cluster: a clock may jump past its end."""
_CONNECTIONS = 16_384
"""At a time; beyond it nobody is let in, so it has to be more than a stranger opens for fun."""
_HEADERS = 5_000
"""Milliseconds to read the headers of a request."""
_ERROR_BYTES = 4096
_GARBAGE = 2_000
"""Objects between looks for cycles. A manifest and its pods are one, and keep what was reviewed:
too many of them are memory, too few are time."""


class Serving(NamedTuple):
    """What to serve, and where. `managed` says where the certificate is kept that is made here;
    without that and `pair` it is plain HTTP."""

    config: str | None
    options: Options
    host: str = "127.0.0.1"
    port: int = 8443
    pair: Pair | None = None
    managed: Names | None = None
    client_ca: Path | None = None
    kubeconfig: str | None = None
    record: Path | None = None
    limits: Limits = Limits()
    workers: int = 2
    """Processes that judge: while one is busy with something large, the other answers."""


class Loaded(NamedTuple):
    """A policy that can be served, with the whole catalogue."""

    policy: Policy
    checks: tuple[Check, ...]


def load(config: str | None, options: Options) -> Loaded:
    """The policy as it lies on the disk. Raises KubeguardError for one that cannot be served."""
    policy = api.load_policy(config, options)
    checks = api.catalogue(policy)
    for trouble in policy.rules.troubles if policy.rules else ():
        raise UsageError(f"{trouble.node.location}: {trouble.message}")
    return Loaded(policy, checks)


def serve(serving: Serving) -> None:
    """Serve until SIGTERM. Raises KubeguardError when there is nothing that could be served."""
    with TemporaryDirectory(prefix="kubeguard-") as folder:
        _Supervisor(serving, Path(folder)).run()


class _Supervisor:
    """The upper process."""

    def __init__(self, serving: Serving, folder: Path) -> None:
        self.serving = serving
        self.journal = Journal(to_standard_output)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        from kubeguard.webhook.metrics import Metrics  # the variable decides how it counts

        self.metrics = Metrics
        self.kept = Kept(folder)
        self.error = _Shared()
        self.round = _Shared()
        self.pair = self._managed(folder) if serving.managed else serving.pair
        self.expires = self.kept.take(self.pair) if self.pair else 0.0
        self.loaded = load(serving.config, serving.options)
        if serving.record:
            Recorder(serving.record)  # a folder that cannot be written to is told at the start
        self.seen = self._look()

    def run(self) -> None:
        limits = self.serving.limits
        if "fork" in multiprocessing.get_all_start_methods():
            multiprocessing.set_start_method("fork", force=True)
        server = Server(
            "kubeguard",
            self.serving.host,
            self.serving.port,
            interface=Interfaces.ASGI,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADERS),
            http2_settings=HTTP2Settings(max_headers_size=64 * 1024),
            log_level=LogLevels.warning,
            ssl_cert=self.kept.pair.certificate if self.pair else None,
            ssl_key=self.kept.pair.key if self.pair else None,
            ssl_protocol_min=SSLProtocols.tls12,
            ssl_ca=self.serving.client_ca,
            ssl_client_verify=self.serving.client_ca is not None,
            workers=self.serving.workers,
            backpressure=_CONNECTIONS,
            respawn_failed_workers=True,
            respawn_interval=_OVERLAP,
            workers_kill_timeout=ceil(limits.body_seconds + limits.seconds),
        )
        server.on_reload(self.reload)
        Thread(target=self._watch, name="files", daemon=True).start()
        gc.enable()  # a scan lives too short for it, and switches it off
        gc.freeze()
        gc.set_threshold(_GARBAGE)
        self._tell("serving", address=f"{self.serving.host}:{self.serving.port}")
        server.serve(target_loader=self.app, wrap_loader=False)

    def _managed(self, folder: Path) -> Pair:
        """Files with the certificate that is made here, kept up to date from now on.

        Raises UsageError when there is none within a minute.
        """
        assert self.serving.managed
        rotation = Rotation(self.serving.managed, access.client(self.serving.kubeconfig))
        pair = Pair.within(folder, "managed")
        deadline = time.monotonic() + _PATIENCE
        while not self._rotated(rotation, pair):
            if time.monotonic() > deadline:
                raise UsageError("no certificate could be made or found", "the log says why")
            time.sleep(1)

        def rotate() -> None:
            while True:
                time.sleep(_ROTATE)
                self._rotated(rotation, pair)

        Thread(target=rotate, name="rotation", daemon=True).start()
        return pair

    def _rotated(self, rotation: Rotation, pair: Pair) -> bool:
        """Whether there is a certificate; a new one is written where files are watched."""
        try:
            leaf = rotation.tick()
        except Exception as error:  # the API server may be back the next time
            self._tell("fault", why=f"the certificate: {type(error).__name__}: {error}"[:500])
            return pair.key.exists()
        if leaf and (not pair.key.exists() or pair.key.read_bytes() != leaf.key):
            for file, content in zip(pair, leaf, strict=True):
                file.touch(mode=0o600)
                file.write_bytes(content)
        return leaf is not None

    def app(self) -> App:
        """What the lower process serves; this runs in it."""
        _end_with_parent()
        _keep_little()
        end_silent_connections(self.serving.port)
        policy, checks = self.loaded
        hook = Webhook(policy, checks, self._labels())
        health = Health(hook.policy, self.expires, self.error.get)
        recorder = Recorder(self.serving.record) if self.serving.record else None
        begun = self.round.get()
        return App(
            *(hook, self.metrics(), self.journal, health, self.serving.limits, recorder),
            leaving=lambda: self.round.get() != begun,
        )

    def _labels(self) -> Labels:
        if not self.loaded.policy.admission.labels:
            return lambda _: {}
        from kubeguard.webhook.namespaces import Namespaces

        namespaces = Namespaces(self.serving.kubeconfig, lambda why: self._tell("fault", why=why))
        namespaces.wait(5.0)
        return namespaces.labels

    def reload(self) -> None:
        """Take what lies on the disk, as far as it is whole."""
        self.seen = self._look()
        self.round.set(str(time.monotonic_ns()))
        try:
            loaded = load(self.serving.config, self.serving.options)
            if self.pair:
                self.expires = self.kept.take(self.pair)
            self.loaded = loaded
        except KubeguardError as error:
            self.error.set(error.message)
            self._tell("kept", error=error.message)
        else:
            self.error.set("")
            self._tell("reloaded")

    def _watch(self) -> None:
        """Reload when files have changed."""
        while True:
            time.sleep(_LOOK)
            if self._look() != self.seen:
                os.kill(os.getpid(), signal.SIGHUP)
                time.sleep(_LOOK)

    def _look(self) -> tuple[object, ...]:
        """Something that differs when a file does; in a mounted ConfigMap files are links."""
        return tuple(map(_state, self._files()))

    def _files(self) -> Iterator[Path]:
        if self.serving.config:
            yield Path(self.serving.config)
        yield from self.pair or ()
        facts = self.loaded.policy.facts
        yield from map(Path, (*facts.files, *filter(None, [facts.key])))
        for source in self.loaded.policy.policies:
            path = Path(source.path)
            yield path
            yield from sorted(path.rglob("*")) if path.is_dir() else ()

    def _tell(self, event: str, **said: Any) -> None:
        self.journal.event(event, **said)


def _state(file: Path) -> object:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Nobody would replace or stop a process whose parent was killed (prctl(2))."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


_M_ARENA_MAX = -8


def _keep_little() -> None:
    """Threads that judge large objects share one heap: of its own, each would keep its largest."""
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError):  # only glibc has several (mallopt(3))
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


class _Shared:
    """A text that the upper process writes, and lower ones read before each answer."""

    def __init__(self) -> None:
        self._memory = mmap(-1, _ERROR_BYTES)

    def set(self, text: str) -> None:
        self._memory[:] = text.encode()[: _ERROR_BYTES - 1].ljust(_ERROR_BYTES, b"\0")

    def get(self) -> str:
        return self._memory[: self._memory.find(b"\0")].decode(errors="ignore")
