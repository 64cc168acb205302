"""Which checks run, and how they are bound."""

from functools import partial

import pytest
from small_catalogue import CATALOGUE

from kubeguard.model.severity import Profile, Severity
from kubeguard.policy.policy import Policy
from kubeguard.policy.selection import select


def names(policy: Policy) -> str:
    return " ".join(check.name for check in select(CATALOGUE, policy) if check.id < "KG9")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), "curl_pipe host_network privileged writable_root foreign_image"),
        (Policy(Profile.BASELINE), "curl_pipe host_network privileged foreign_image"),
        (Policy(ignore=frozenset({"workload"})), "curl_pipe foreign_image"),
        (
            Policy(ignore=frozenset({"KG3001"}), select=frozenset({"workload"})),
            "privileged writable_root",
        ),
        (Policy(select=frozenset({"KG7002"})), "missing_owner"),
        (Policy(select=frozenset({"hygiene"})), ""),
        (Policy(Profile.PEDANTIC, select=frozenset({"hygiene"})), "missing_owner"),
        (Policy(select=frozenset({"KG9002"})), ""),
    ],
)
def test_profile_select_and_ignore(policy: Policy, expected: str) -> None:
    assert names(policy) == expected


@pytest.mark.parametrize("policy", [Policy(select=frozenset({"KG3001"})), Policy(Profile.BASELINE)])
def test_what_is_about_the_scan_always_runs(policy: Policy) -> None:
    assert select(CATALOGUE, policy)[-1].name == "broken_document"


def test_severities_and_parameters_are_bound(scan) -> None:
    policy = Policy(
        severities={"KG7001": Severity.INFO, "KG9002": Severity.LOW},
        parameters={"KG7001": {"registries": ("docker.example",)}},
    )
    bound = {check.id: check for check in select(CATALOGUE, policy)}
    assert bound["KG7001"].severity is Severity.INFO
    assert bound["KG9002"].severity is Severity.LOW
    assert bound["KG7001"].parameters["registries"] == ("docker.example",)
    assert bound["KG7001"].parameters["depth"] == 1
    assert isinstance(bound["KG7001"].find, partial)
    assert bound["KG3001"] in CATALOGUE
