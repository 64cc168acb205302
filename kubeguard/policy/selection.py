"""Which checks a run asks, with the severities and parameters that the user gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from kubeguard.model.finding import Check
from kubeguard.policy.policy import Policy


def about_the_scan(id: str) -> bool:
    """KG9xxx says what the scan itself ran into: it always runs."""
    return id.startswith("KG9")


def select(checks: Sequence[Check], policy: Policy) -> tuple[Check, ...]:
    """The checks to run, in catalogue order, bound to the user's severities and parameters."""
    return tuple(_bind(check, policy) for check in checks if _chosen(check, policy))


def _chosen(check: Check, policy: Policy) -> bool:
    if about_the_scan(check.id):
        return True
    if check.id in policy.ignore or check.family in policy.ignore:
        return False
    if check.id in policy.select:
        return True
    if policy.select and check.family not in policy.select:
        return False
    return check.profile <= policy.profile


def _bind(check: Check, policy: Policy) -> Check:
    severity = policy.severities.get(check.id, check.severity)
    parameters = policy.parameters.get(check.id)
    if parameters:
        merged = {**check.parameters, **parameters}
        find = partial(check.find, **parameters)
        return replace(check, severity=severity, find=find, parameters=merged)
    return check if severity is check.severity else replace(check, severity=severity)
