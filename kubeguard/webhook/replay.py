"""What the webhook would have answered, by the policy at hand or by another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from kubeguard.model.node import Node
from kubeguard.sources.admission import SOURCE
from kubeguard.webhook.hook import Answered, Webhook
from kubeguard.webhook.review import Request, decode, value


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

    @property
    def owner(self) -> str:
        """Whose it is: the object's controller, or the object itself: `Deployment web`.

        The ReplicaSet of a Deployment is called by that (its name ends with the pods' hash).
        """
        metadata = Node(value(self.request.object), SOURCE)["metadata"]
        for reference in metadata["ownerReferences"]:
            if reference.get("controller") is True:
                kind, name = reference["kind"].text, reference["name"].text
                of_deployment = name.removesuffix(
                    f"-{metadata['labels']['pod-template-hash'].text}"
                )
                is_one = kind == "ReplicaSet" and of_deployment != name
                return f"Deployment {of_deployment}" if is_one else f"{kind} {name}"
        return f"{self.request.kind.kind} {self.request.name}".strip()


def replay(
    reviews: Iterable[dict[str, Any]], hook: Webhook, other: Webhook | None = None
) -> Iterator[Replayed]:
    """Each review with the answers to it, in the order they were asked.

    Raises BadReviewError for one that no API server would send.
    """
    for review in reviews:
        request = decode(orjson.dumps(review))
        yield Replayed(request, hook.respond(request), other.respond(request) if other else None)
