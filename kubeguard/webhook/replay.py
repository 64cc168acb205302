"""What the webhook would have answered, by the policy at hand or by another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from kubeguard.webhook.hook import Answered, Webhook
from kubeguard.webhook.review import Request, decode


class Replayed(NamedTuple):
    """A review, what is answered now, and what another policy would answer."""

    request: Request
    answered: Answered
    other: Answered | None = None

    @property
    def newly_denied(self) -> bool:
        """Whether the other policy denies what this one lets pass."""
        return (
            self.other is not None
            and self.answered.response.allowed
            and not self.other.response.allowed
        )


def replay(
    reviews: Iterable[dict[str, Any]], hook: Webhook, other: Webhook | None = None
) -> Iterator[Replayed]:
    """Each review with the answers to it, in the order they were asked.

    Raises BadReviewError for one that no API server would send.
    """
    for review in reviews:
        request = decode(orjson.dumps(review))
        yield Replayed(request, hook.respond(request), other.respond(request) if other else None)
