"""Why a request is refused: a closed set, so that each reason has its status and is counted."""

from collections.abc import Mapping
from enum import StrEnum

from prometheus_client import Counter

REFUSED = Counter("reference_app_refused", "Requests refused.", ["module", "reason"])


class Reason(StrEnum):
    """A reason to refuse; its value labels the metric and stands in the reply."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    WRONG_METHOD = "wrong_method"
    REPLAYED = "replayed"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TIMED_OUT = "timed_out"
    UNAVAILABLE = "unavailable"
    WRONG_PEER = "wrong_peer"  # a connection, not a request: it gets no reply at all
    FAILED = "failed"

    @property
    def status(self) -> int:
        """The HTTP status of a reply with this reason."""
        return STATUS[self]


STATUS = {
    Reason.MALFORMED: 400,
    Reason.UNAUTHENTICATED: 401,
    Reason.FORBIDDEN: 403,
    Reason.NOT_FOUND: 404,
    Reason.WRONG_METHOD: 405,
    Reason.REPLAYED: 409,
    Reason.TOO_LARGE: 413,
    Reason.TOO_MANY: 429,
    Reason.TIMED_OUT: 503,
    Reason.UNAVAILABLE: 503,
    Reason.WRONG_PEER: 403,
    Reason.FAILED: 500,
}
REASON = {status: reason for reason, status in reversed(STATUS.items())}


class RefusedError(Exception):
    """A request is refused; the message is meant for the caller's eyes."""

    def __init__(
        self, reason: Reason, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.headers = dict(headers or {})


def count_refusal(module: str, reason: Reason) -> None:
    """Add one to the refusals of a module."""
    REFUSED.labels(module, reason.value).inc()
