"""Reads a folder of Markdown as passages: a heading, and the prose below it."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

LARGEST_FILE = 1_000_000  # bytes
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*(?:\{#(?P<id>[\w-]+)\})?\s*#*\s*$")
REMOTE = re.compile(r"\]\(\s*<?[a-zA-Z][\w+.-]*:|\b(?:src|href)\s*=", re.IGNORECASE)
FENCE = re.compile(r"^\s*(```|~~~)")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9`\"'(])")
MARKUP = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),  # a picture is never fetched
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),  # nor is a link: its words stay
    (re.compile(r"</?[a-zA-Z][^>]*>"), ""),
    (re.compile(r"(\*\*|__|`)"), ""),
    (re.compile(r"(?m)^\s*(?:[-*+]|\d+\.)\s+"), ""),
    (re.compile(r"\s+"), " "),
)


class Passage(NamedTuple):
    """One piece of the knowledge base, which answers one question."""

    id: str
    file: str
    title: str
    text: str

    @property
    def windows(self) -> list[str]:
        """Every two neighbouring sentences: the answers this passage can give."""
        sentences = SENTENCE_END.split(self.text)
        pairs = pairwise(sentences)
        return [" ".join(pair) for pair in pairs] or sentences


class Documents(NamedTuple):
    """A folder as it was read, and how many references in it were left alone."""

    passages: list[Passage]
    outside: int  # links on disk that leave the folder, which are not followed
    remote: int  # pictures, embedded and linked pages, which are not fetched


def read_folder(folder: Path) -> Documents:
    """All passages below a folder; ValueError when two share an id or a file is too large."""
    root = folder.resolve()
    passages: dict[str, Passage] = {}
    outside = remote = 0
    for path in sorted(folder.rglob("*.md")):
        if not path.resolve().is_relative_to(root):
            outside += 1
        elif path.is_file():
            name = path.relative_to(folder).as_posix()
            content = _read_file(path, name)
            remote += len(REMOTE.findall(content))
            for passage in parse(content, name):
                if passage.id in passages:
                    raise ValueError(f"{passage.file}: the id {passage.id!r} is taken already")
                passages[passage.id] = passage
    return Documents(list(passages.values()), outside, remote)


def _read_file(path: Path, name: str) -> str:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{name} is larger than {LARGEST_FILE} bytes")
    return path.read_text("utf-8", errors="replace")


def parse(markdown: str, file: str) -> Iterator[Passage]:
    """The passages of one Markdown text; code blocks are left out, they are no sentences."""
    title, anchor, body, fenced = Path(file).stem, "", list[str](), False
    for line in [*markdown.splitlines(), "# end"]:
        fenced ^= FENCE.match(line) is not None
        heading = None if fenced else HEADING.match(line)
        if heading:
            if text := plain("\n".join(body)):
                yield Passage(anchor or f"{Path(file).stem}-{slug(title)}", file, title, text)
            title, anchor, body = plain(heading[2]), heading["id"] or "", []
        elif not fenced and not FENCE.match(line):
            body.append(line)


def plain(markdown: str) -> str:
    """The words of Markdown, without its marks."""
    for pattern, replacement in MARKUP:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


def slug(title: str) -> str:
    """A title as an anchor: lower-case words joined by hyphens."""
    return "-".join(re.findall(r"\w+", title.lower()))
