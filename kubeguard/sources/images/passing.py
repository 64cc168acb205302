"""An archive that passes by once, as a daemon sends it: nothing of it is kept but documents."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from kubeguard.errors import SourceError
from kubeguard.sources.images.budget import ImageBudget, TooLargeError
from kubeguard.sources.images.layers import ReadLayer, Spent, read_layer
from kubeguard.sources.images.store import Piece, cut, link_target, normal
from kubeguard.sources.images.streams import Cursor, Readable, Refilled
from kubeguard.sources.images.tar import Member, TarType, members

_JSON = (b"{", b"[")


class Passing:
    """A store of documents, and of layers that were read when they passed.

    Which members are layers is known only at the end, so that whatever is no JSON is read as one;
    an error in it counts when somebody asks for it.
    """

    def __init__(self, source: Readable, spent: Spent, budget: ImageBudget) -> None:
        self.budget = budget
        self.spent = spent
        self.documents: dict[str, bytes] = {}
        self.layers: dict[str, ReadLayer | SourceError] = {}
        self.links: dict[str, str] = {}
        self.kept = 0
        stream = Cursor(source)
        for number, member in enumerate(members(stream, budget)):
            if number >= budget.entries:
                raise TooLargeError(f"more than {budget.entries:,} members")
            self._keep(member, stream)

    def has(self, name: str) -> bool:
        return self._resolve(name) in self.documents

    def order(self, _: str) -> int:
        return 0

    @contextmanager
    def open(self, name: str) -> Iterator[Readable]:
        found = self.documents.get(self._resolve(name))
        if found is None:
            raise SourceError(f"{cut(name)} is missing")
        yield io.BytesIO(found)

    def layer(self, name: str) -> ReadLayer:
        """What a layer turned out to be. Raises SourceError."""
        found = self.layers.get(self._resolve(name))
        if found is None:
            raise SourceError(f"{cut(name)} is missing")
        if isinstance(found, SourceError):
            raise found
        return found

    def _keep(self, member: Member, stream: Cursor) -> None:
        name = normal(member.name)
        if member.type in (TarType.SYMBOLIC, TarType.HARD):
            self.links[name] = link_target(name, member)
        elif member.type is TarType.FILE:
            head = stream.take(min(1, member.stored))
            content = Refilled(head, Piece(stream, member.stored - len(head)))
            if head in _JSON:
                self._document(name, content)
            else:
                self.layers[name] = self._layer(content)

    def _document(self, name: str, content: Readable) -> None:
        data = b""
        while more := content.read(self.budget.document):
            data += more
            self.kept += len(more)
            if self.kept > self.budget.document:
                raise TooLargeError(f"more than {self.budget.document:,} bytes of documents")
        self.documents[name] = data

    def _layer(self, content: Readable) -> ReadLayer | SourceError:
        try:
            return read_layer(content, self.spent, self.budget)
        except TooLargeError:
            raise
        except SourceError as error:
            return error

    def _resolve(self, name: str) -> str:
        for _ in range(self.budget.nesting):
            if name not in self.links:
                return name
            name = self.links[name]
        raise SourceError(f"{cut(name)} is a link that leads nowhere")
