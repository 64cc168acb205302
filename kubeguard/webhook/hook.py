"""A request in, a response out: the whole of the webhook but its server."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from kubeguard.model.finding import Check
from kubeguard.policy.admission import Mode
from kubeguard.policy.policy import Policy
from kubeguard.version import VERSION
from kubeguard.webhook import answer
from kubeguard.webhook.judge import Judge, Judgement, Labels
from kubeguard.webhook.review import BadReviewError, Request, Response


class Answered(NamedTuple):
    """The response to a request, and the judgement behind it."""

    response: Response
    judgement: Judgement


class Webhook:
    """A policy in force; `policy` is its fingerprint. May be asked by several threads at once."""

    def __init__(self, policy: Policy, checks: Iterable[Check], labels: Labels) -> None:
        self.checks = tuple(checks)
        self.on_fault = policy.admission.on_fault
        self.quick = policy.rules is None
        """Whether small objects are judged in a moment: no policy in Rego takes its time."""
        self.policy = fingerprint(policy, self.checks)
        self._judge = Judge(policy, self.checks, labels)

    def respond(self, request: Request) -> Answered:
        """The answer to a request, whatever happens while it is judged."""
        try:
            judgement = self._judge.judge(request)
        except BadReviewError as error:
            judgement = Judgement(faults=(error.message,))
        except Exception as error:  # an answer is due; the log names what is to be repaired
            judgement = Judgement(faults=(f"internal error: {type(error).__name__}: {error}",))
        return self.concluded(request, judgement)

    def unjudged(self, request: Request, why: str, code: int = 403) -> Answered:
        """The answer to a request for which there is no judgement."""
        answered = self.concluded(request, Judgement(faults=(why,)))
        return answered._replace(response=answered.response._replace(code=code))

    def concluded(self, request: Request, judgement: Judgement) -> Answered:
        response = answer.respond(request, judgement, self.on_fault, self.policy)
        return Answered(response, judgement)


def fingerprint(policy: Policy, checks: Iterable[Check]) -> str:
    """What two replicas have in common that give the same answers to everything."""
    key = blake2b(VERSION.encode(), digest_size=8)
    for check in checks:
        key.update(f"{check.id} {check.severity} {check.profile} {check.parameters}\n".encode())
        if check.style:
            key.update(check.page.read_bytes() if check.page.is_file() else b"")
    said = (
        *(policy.profile, policy.fail_on, policy.kubernetes_version, policy.admission),
        *(sorted(each) for each in (policy.select, policy.ignore, policy.non_waivable)),
        *(sorted(policy.severities.items()), sorted(policy.parameters.items())),
        [(e.checks, e.suppression, *e[3:]) for e in policy.suppressions],
        *policy.images,
    )
    key.update(repr(said).encode())
    return key.hexdigest()


__all__ = ["Answered", "Mode", "Webhook", "fingerprint"]
