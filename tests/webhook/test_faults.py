"""Nothing that happens to the webhook lets anything through, or keeps anybody waiting."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from arena import TIMEOUT
from control_plane import ControlPlane, control_plane
from faults import FAULTS, Fault, suffer

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(sys.platform != "linux", reason="the server is for Linux"),
]
SLOW = 6.0
"""Seconds more than the time-out that a machine with fifty clients may take."""


@pytest.fixture(scope="module")
def own_cluster(assets: Path) -> Iterator[ControlPlane]:
    """One whose etcd may be killed."""
    with control_plane(assets=assets) as running:
        yield running


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.do.__name__)
def test_no_fault_lets_anything_through(
    own_cluster: ControlPlane, tmp_path: Path, fault: Fault
) -> None:
    outcome = suffer(own_cluster, tmp_path, fault)
    tally = outcome.tally
    assert tally.wrong == []
    assert outcome.admitted == []
    assert len(tally.refused) <= tally.requests * fault.refused, tally.refused[:3]
    if not fault.stalls:
        assert tally.longest < TIMEOUT + SLOW
        strange = [
            said
            for said in tally.refused
            if "failed calling webhook" not in said and "not judged" not in said
        ]
        assert strange == []
