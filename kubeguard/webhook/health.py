"""Whether the webhook is ready, and what it would say for itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Gauges(Protocol):
    """Where measurements go."""

    def loaded(self, policy: str, expiry: float, failed: bool, /) -> None: ...


class Health:
    """What `/readyz` says of a policy and a certificate."""

    def __init__(
        self, policy: str, expires: float = 0.0, error: Callable[[], str] = lambda: ""
    ) -> None:
        """`expires` in seconds since 1970, 0 without TLS; `error` is asked why what lies on the
        disk is not in force, '' when it is."""
        self.policy = policy
        self.expires = expires
        self.error = error

    def said(self, verbose: bool) -> tuple[bool, str]:
        """Whether requests may come, and why."""
        now = datetime.now(UTC).timestamp()
        expired = 0 < self.expires <= now
        if not verbose:
            return not expired, "the certificate has expired\n" if expired else "ok\n"
        lines = [f"policy {self.policy}: in force"]
        if self.expires:
            until = datetime.fromtimestamp(self.expires, UTC).isoformat(timespec="seconds")
            lines.append(f"certificate: {'expired' if expired else 'valid until'} {until}")
        if error := self.error():
            lines.append(f"not in force: {error}")
        return not expired, "".join(f"{line}\n" for line in lines)

    def measure(self, gauges: Gauges) -> None:
        gauges.loaded(self.policy, self.expires, bool(self.error()))
