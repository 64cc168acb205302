"""Fixes carried out in the text, so that nothing but the fix changes.

Comments, quotes, indentation, the order of keys, line ends, anchors: everything outside the edited
characters stays as it is. What was written is read again before it counts: the edited places must
have the wanted values and everything else the value it had; otherwise the edits are refused with
an EditError. That is also the answer for a value that others share through an alias, unless all
who share it ask for the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubeguard.model.fix import Edit, Fix
from kubeguard.model.trouble import Trouble
from kubeguard.sources.edit import dockerfile, yaml
from kubeguard.sources.edit.splice import EditError, Replacement, ordered, splice
from kubeguard.sources.edit.wants import Wants, same
from kubeguard.sources.places import TextPlaces
from kubeguard.sources.text import parse
from kubeguard.sources.yaml import Document

__all__ = ["EditError", "Replacement", "apply", "replacements", "settle"]

_PROBES = 100
"""Attempts, each of which reads the text again, to tell the fixes that cannot be written."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all the edits carried out. Raises EditError, and then none of them is."""
    chosen = tuple(edits)
    if any(edit.where.source.text != text for edit in chosen):
        raise EditError("the text is not the one that the findings are about")
    return splice(text, replacements(chosen))


def replacements(edits: Iterable[Edit]) -> tuple[Replacement, ...]:
    """What the edits of one text replace in it, in the order of the text. Raises EditError."""
    chosen = tuple(edits)
    if not chosen:
        return ()
    if len({(edit.where.source.name, edit.where.source.text) for edit in chosen}) > 1:
        raise EditError("the edits are about more than one text")
    text = chosen[0].where.source.text
    if _in_dockerfile(chosen):
        return dockerfile.replacements(text, chosen)
    return _in_documents(chosen[0].where.source.name, text, chosen)


def settle(text: str, fixes: Iterable[Fix]) -> tuple[str, list[Fix]]:
    """The text after as many of the fixes as go together, earlier ones first, and the others."""
    taken: list[Fix] = []
    waiting, refused = _compatible(fix for fix in fixes if fix.edits)
    untried, probes = [waiting], _PROBES
    while untried:
        some, probes = untried.pop(), probes - 1
        try:
            if probes < 0:
                raise EditError("too many of the edits cannot be written")
            apply(text, _edits(taken + some))
            taken += some
        except EditError:
            half = len(some) // 2 if probes >= 0 else 0
            if half:
                untried += (some[half:], some[:half])
            else:
                refused += some
    return apply(text, _edits(taken)), refused


def _compatible(fixes: Iterable[Fix]) -> tuple[list[Fix], list[Fix]]:
    """The fixes that do not contradict an earlier one, and those that do."""
    together: list[Fix] = []
    refused: list[Fix] = []
    wants = Wants()
    for fix in fixes:
        try:
            if not _in_dockerfile(fix.edits):
                wants.add(fix.edits)
            together.append(fix)
        except EditError:
            refused.append(fix)
    return together, refused


def _edits(fixes: Iterable[Fix]) -> Iterable[Edit]:
    return (edit for fix in fixes for edit in fix.edits)


def _in_dockerfile(edits: Iterable[Edit]) -> bool:
    """A path in a Dockerfile begins with the number of an instruction; an object is no list."""
    return any(isinstance(step, int) for edit in edits for step in edit.where.path[:1])


def _in_documents(name: str, text: str, edits: Sequence[Edit]) -> tuple[Replacement, ...]:
    documents, broken = parse(name, text)
    wants = Wants(edits).documents
    found: list[Replacement] = []
    expected: list[object] = []
    for document in documents:
        node = document.node
        expected.append(node.value)
        places, want = node.source.places, wants.pop(node.source.document, None)
        if want and isinstance(places, TextPlaces):
            found += yaml.plan(text, places.root, node.value, want)
            expected[-1] = want.built(node.value)
    if wants:
        raise EditError("a document that is not in the text")
    result = ordered(found)
    read_again, now_broken = parse(name, splice(text, result))
    if not same(expected, [document.node.value for document in read_again]) or (
        _troubles(read_again, now_broken) > _troubles(documents, broken)
    ):
        raise EditError("something else would change as well")
    return result


def _troubles(documents: Iterable[Document], broken: Sequence[Trouble]) -> int:
    return len(broken) + sum(len(document.troubles) for document in documents)
