"""What LimitRanges and ServiceAccounts of a run mean for other objects."""

import pytest

from kubeguard.model.cluster import Cluster
from kubeguard.model.node import Node, Source

SOURCE = Source("run")


def limit_range(namespace: str | None, **item: object) -> Node:
    metadata = {"name": "defaults", **({"namespace": namespace} if namespace else {})}
    spec = {"limits": [{"type": "Container", **item}]}
    value = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": spec}
    return Node(value, SOURCE)


@pytest.mark.parametrize(
    ("item", "limit", "request_"),
    [
        ({"default": {"memory": "1Gi"}}, "1Gi", "1Gi"),
        ({"default": {"memory": "1Gi"}, "defaultRequest": {"memory": "1Mi"}}, "1Gi", "1Mi"),
        ({"max": {"memory": "2Gi"}}, "2Gi", "2Gi"),
        ({"min": {"memory": "3Mi"}}, None, "3Mi"),
        ({"max": {"memory": "2Gi"}, "min": {"memory": "3Mi"}}, "2Gi", "2Gi"),
        ({"default": {"cpu": "1"}}, None, None),
        ({"default": None, "max": ["memory"]}, None, None),
    ],
)
def test_defaults_fall_back_as_the_api_does(
    item: dict[str, object], limit: str | None, request_: str | None
) -> None:
    cluster = Cluster.of([limit_range("shop", **item)])

    found = [
        cluster.container_default("shop", key, "memory") for key in ("default", "defaultRequest")
    ]

    assert [None if node is None else node.value for node in found] == [limit, request_]


@pytest.mark.parametrize(
    ("stored", "asked", "applies"),
    [("shop", "shop", True), (None, None, True), (None, "shop", True), ("shop", None, False)],
)
def test_a_limit_range_rules_its_namespace(
    stored: str | None, asked: str | None, applies: bool
) -> None:
    cluster = Cluster.of([limit_range(stored, default={"cpu": "1"})])

    assert bool(cluster.ranges(asked or "")) is applies


def test_only_objects_of_the_core_api_count() -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}
    foreign = {**account, "apiVersion": "example.com/v1", "metadata": {"name": "b"}}
    broken = [None, [], "text", {"kind": ["ServiceAccount"]}, {**account, "metadata": None}]

    cluster = Cluster.of([Node(value, SOURCE) for value in (account, foreign, *broken)], (1, 30))

    assert cluster.version == (1, 30)
    assert set(cluster.service_accounts) == {("", "a"), ("", "")}
