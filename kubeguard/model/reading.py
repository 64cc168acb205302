"""What a reader made of one input, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.facts import ImageFacts
from kubeguard.model.finding import Check, Fault, Outcome, Problem
from kubeguard.model.image import Image
from kubeguard.model.node import Node
from kubeguard.model.package import Inventory
from kubeguard.model.trouble import Trouble


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One input: its Kubernetes objects, Dockerfile or images, and what was wrong with it.

    `what` is the kind of input as a reader would call it, `reason` why it was skipped or failed,
    `facts` and `inventories` stand for images that were let go, or that another process has;
    `problems` and `faults` are what came of asking about them, each problem with the node where a
    reader looks.
    """

    name: str
    outcome: Outcome
    what: str
    reason: str = ""
    objects: tuple[Node, ...] = ()
    dockerfile: Dockerfile | None = None
    troubles: tuple[Trouble, ...] = ()
    images: tuple[Image, ...] = ()
    facts: tuple[ImageFacts, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    problems: tuple[tuple[Check, Problem, Node], ...] = ()
    faults: tuple[Fault, ...] = ()
