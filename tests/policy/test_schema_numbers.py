"""Numbers and switches of kubeguard.yaml that are something else."""

from __future__ import annotations

import pytest

from kubeguard.errors import UsageError
from kubeguard.policy.configuration import parse
from kubeguard.sources import yaml


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("trivy: {seconds: 0}", "trivy.seconds is 0, and has to be more than 0"),
        ("trivy: {seconds: soon}", "trivy.seconds is 'soon', not a number"),
        ("trivy: {offline: 1}", "trivy.offline is 1, not true or false"),
        ("trivy: {program: []}", "trivy.program is a list, not text"),
        ("rego: {memory: 1.5}", "rego.memory is 1.5, not a whole number"),
    ],
)
def test_a_value_of_another_type(text: str, why: str) -> None:
    documents, _ = yaml.read("kubeguard.yaml", text)

    with pytest.raises(UsageError, match=why):
        parse(documents[0].node, ())
