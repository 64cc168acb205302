"""What a place is, told without line numbers, positions in lists or file order."""

from __future__ import annotations

from kubeguard.model.node import Node

_NAMES = ("name", "containerPort", "mountPath", "host", "key", "ip")
"""The fields by which Kubernetes itself merges lists (patchMergeKey), most telling first."""
_MAX_VALUE = 200


class Identity:
    """The identity of a place as a string, worked out when asked for: text output never asks.

    Object coordinates, the path with list items called by name, and the value if a scalar. An item
    without a name is told by its content, so that inserting another one beside it changes nothing;
    a place outside any object (a Dockerfile, a broken document) carries its input's name.
    """

    __slots__ = ("where",)

    def __init__(self, where: Node) -> None:
        self.where = where

    def __str__(self) -> str:
        where = self.where
        source = where.source
        subject = source.subject
        steps = [subject.kind, subject.namespace, subject.name]
        if not subject.kind:
            steps.append(source.name)
        here = source.value
        for step in where.path[len(source.root) :]:
            if isinstance(step, int):
                here = here[step] if isinstance(here, list) and step < len(here) else None
                steps.append(_item(here))
            else:
                here = here.get(step) if isinstance(here, dict) else None
                steps.append(step)
        if not isinstance(where.value, dict | list):
            steps.append(f"={_cut(where.value)}")
        return "\0".join(steps)


def _item(value: object) -> str:
    if isinstance(value, dict):
        for key in _NAMES:
            if key in value:
                return f"[{key}={_cut(value[key])}]"
    return f"[{_cut(value)}]"


def _cut(value: object) -> str:
    return str(value)[:_MAX_VALUE]
