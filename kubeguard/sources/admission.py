"""An object out of a request to the API server: data without a text."""

from __future__ import annotations

from kubeguard.model.finding import Outcome
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.sources.objects import Family, identified

NAME = "admission"
"""How an input is called that is no file."""
SOURCE = Source(NAME)


def read(value: dict[str, object], source: Source = SOURCE) -> Reading:
    """The object as an input of its own."""
    node = identified(Node(value, source))
    return Reading(source.name, Outcome.JUDGED, Family.KUBERNETES.value, objects=(node,))
