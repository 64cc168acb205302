"""How often somebody may do something: a bucket of tokens that refills with time."""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import NamedTuple

from reference_app.service.refusals import Reason, RefusedError

MOST_BUCKETS = 10_000  # of which the one unused for longest goes first


class Bucket(NamedTuple):
    """Tokens left at a time."""

    tokens: float
    at: float


class Rate:
    """So many a minute for each name, all at once if they like; per process."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._most = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, name: str) -> None:
        """Take a token; RefusedError says when there will be one."""
        left = self._left(name)
        if left < 1:
            wait = ceil((1 - left) * 60 / self._most)
            message = f"too many requests, please wait {wait} seconds"
            raise RefusedError(Reason.TOO_MANY, message, {"retry-after": str(wait)})
        self._buckets[name] = Bucket(left - 1, self._clock())
        self._buckets.move_to_end(name)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)

    def give_back(self, name: str) -> None:
        """Put a token back that was not needed."""
        self._buckets[name] = Bucket(min(self._left(name) + 1, self._most), self._clock())

    def _left(self, name: str) -> float:
        bucket = self._buckets.get(name)
        if bucket is None:
            return float(self._most)
        earned = (self._clock() - bucket.at) * self._most / 60
        return min(bucket.tokens + earned, float(self._most))
