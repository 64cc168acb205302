"""A mapping laid over another one reads as both, and every entry says where it stands."""

from kubeguard.model.node import Node, Source

SOURCE = Source("a.yaml")
OWN = Node({"context": {"user": 5, "group": None}, "name": "own"}, SOURCE, ("steps", 0))
BASE = Node({"context": {"group": 7, "root": False}, "name": "base"}, SOURCE, ("template",))
BOTH = OWN.over(BASE)


def test_gaps_are_filled_at_every_depth_and_null_is_a_gap() -> None:
    assert BOTH.value == {"context": {"user": 5, "group": 7, "root": False}, "name": "own"}
    assert BOTH.get("context", "root") is False


def test_every_entry_keeps_its_own_place() -> None:
    assert BOTH.path == ("steps", 0)
    assert BOTH["name"].path == ("steps", 0, "name")
    assert BOTH["context"]["user"].path == ("steps", 0, "context", "user")
    assert BOTH["context"]["group"].path == ("template", "context", "group")
    assert BOTH["missing"].path == ("steps", 0, "missing")


def test_what_is_no_mapping_fills_nothing() -> None:
    assert OWN.over(Node("text", SOURCE)) is OWN
    assert Node(None, SOURCE).over(BASE).value is None
