"""A read-only cursor over parsed data that never loses its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from kubeguard.model.location import Location, Path
from kubeguard.model.places import NOWHERE, Places
from kubeguard.model.translation import Translation


class Subject(NamedTuple):
    """What a finding is about, in coordinates that survive edits and moves."""

    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {name}".strip()


_NOTHING = Subject()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One object in one document of one input: shared by all nodes below it.

    `name` is the path as the user would type it, `text` the whole decoded input, `document` the
    zero-based number of the YAML document, `root` the path of the object inside that document
    (not empty for an item of a `kind: List`), `value` the object, `secret` whether every value in
    it is confidential. With a `translation` the object is not what the text says, but stands for
    it: `root` and `value` are those of the text.
    """

    name: str
    text: str = ""
    places: Places = NOWHERE
    document: int = 0
    subject: Subject = _NOTHING
    root: Path = ()
    value: object = None
    secret: bool = False
    translation: Translation | None = None


class Node:
    """A value and where it sits. A missing child is still a place; there is no truthiness."""

    __slots__ = ("path", "source", "value")

    def __init__(self, value: object, source: Source, path: Path = ()) -> None:
        self.value: Final = value  # a frozen dataclass takes three times as long to make
        self.source: Final = source
        self.path: Final = path

    def __getitem__(self, key: str | int) -> Node:
        value = self.value
        child: object = None
        if isinstance(value, dict):
            child = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
            child = value[key]
        return Node(child, self.source, (*self.path, key))

    def __bool__(self) -> bool:
        raise TypeError("a Node is neither true nor false: ask .exists or .value")

    def __iter__(self) -> Iterator[Node]:
        """The items of a list; nothing for anything else."""
        if isinstance(self.value, list):
            for index, child in enumerate(self.value):
                yield Node(child, self.source, (*self.path, index))

    def items(self) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping; nothing for anything else."""
        if isinstance(self.value, dict):
            for key, child in self.value.items():
                yield key, Node(child, self.source, (*self.path, key))

    def at(self, *path: str | int) -> Node:
        """The descendant at `path`, missing or not."""
        return Node(self.get(*path), self.source, (*self.path, *path))

    def get(self, *path: str | int) -> object:
        """The bare value at `path`, None when missing: the cheap way to hear that all is well."""
        value = self.value
        for key in path:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
                value = value[key]
            else:
                return None
        return value

    def over(self, base: Node) -> Node:
        """This mapping with its gaps filled from `base`, whose entries keep their own place."""
        if not (isinstance(self.value, dict) and isinstance(base.value, dict)):
            return self
        filled = _filled(self.value, base.value)
        return _Layered(filled, self, base)

    @property
    def exists(self) -> bool:
        """Present and not null."""
        return self.value is not None

    @property
    def text(self) -> str:
        """The value when it is a string, else ''."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def mapping(self) -> dict[str, object]:
        """The value when it is a mapping, else {}."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def sequence(self) -> list[object]:
        """The value when it is a list, else []."""
        return self.value if isinstance(self.value, list) else []

    @property
    def location(self) -> Location:
        source = self.source
        return Location(source.name, self.path, source.places.span(self.path), source.document)


class _Layered(Node):
    """A mapping over another one that fills its gaps."""

    __slots__ = ("base", "own")

    def __init__(self, value: object, own: Node, base: Node) -> None:
        super().__init__(value, own.source, own.path)
        self.own: Final = own
        self.base: Final = base

    def __getitem__(self, key: str | int) -> Node:
        own, base = self.own[key], self.base[key]
        return own.over(base) if own.exists or not base.exists else base

    def at(self, *path: str | int) -> Node:
        node: Node = self
        for key in path:
            node = node[key]
        return node


def _filled(own: object, base: object) -> object:
    if not (isinstance(own, dict) and isinstance(base, dict)):
        return base if own is None else own
    return {**base, **{key: _filled(value, base.get(key)) for key, value in own.items()}}
