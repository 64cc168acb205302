"""Suppressions in `metadata.annotations`, of an object or of the pods that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubeguard.model.finding import Spelling
from kubeguard.model.location import Path
from kubeguard.model.manifest import Container, Manifest
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble
from kubeguard.policy.grammar import MalformedError, parse_annotation
from kubeguard.policy.names import Names, suggest
from kubeguard.policy.schema import shown
from kubeguard.policy.waiver import Scope, Waiver, complain, waiver

PREFIX = "kubeguard.io/"
ANNOTATION = f"{PREFIX}ignore"


def in_annotations(reading: Reading, names: Names) -> Iterator[Waiver | Trouble]:
    """What the annotations of every object and of every pod template suppress."""
    for node in reading.objects:
        manifest = Manifest(node)
        pods = {workload.metadata.path: workload for workload in manifest.workloads}
        containers = [c for workload in manifest.workloads for c in workload.containers]
        yield from _below(node["metadata"], containers, names)
        for path, workload in pods.items():
            if path != (*node.path, "metadata"):
                yield from _below(workload.metadata, workload.containers, names)


def _below(
    metadata: Node, containers: Sequence[Container], names: Names
) -> Iterator[Waiver | Trouble]:
    """The suppressions in one `metadata`; they cover what the metadata is about."""
    for key, node in metadata["annotations"].items():
        if not key.startswith(PREFIX):
            continue
        if key != ANNOTATION:
            message = f"the annotation is called {ANNOTATION}, not {key[:60]}"
            yield complain(node, MalformedError(message))
        elif not node.text.strip():
            yield complain(node, MalformedError(f"{ANNOTATION} is {shown(node.value)}"))
        else:
            for line in filter(str.strip, node.text.splitlines()):
                yield _line(line, node, metadata.path[:-1], containers, names)


def _line(
    line: str, node: Node, owner: Path, containers: Sequence[Container], names: Names
) -> Waiver | Trouble:
    try:
        written = parse_annotation(line)
        paths: tuple[Path, ...] = (owner,)
        if written.container:
            paths = tuple(c.node.path for c in containers if c.name == written.container)
        if not paths:
            known = suggest(written.container, [c.name for c in containers])
            message = f"no container is called {written.container[:60]!r} here"
            raise MalformedError(message, known or "name a container of this object")
        scope = Scope(node.source.document, paths)
        return waiver(written, Spelling.ANNOTATION, node, scope, names)
    except MalformedError as error:
        return complain(node, error)
