"""The page of a check, for formats that carry it to where nobody has kubeguard at hand."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path as File

from kubeguard.model.finding import Check


@dataclass(frozen=True, slots=True)
class Page:
    """The page as Markdown, and its first paragraph: why the check exists."""

    markdown: str
    why: str


def page(check: Check) -> Page:
    """The page beside a check; what its record says where there is none."""
    return _read(check.page, check.title, check.description)


@cache
def _read(file: File, title: str, description: str) -> Page:
    try:
        markdown = file.read_text(encoding="utf-8") if file.suffix == ".md" else ""
    except OSError:
        markdown = ""
    if not markdown:
        return Page(f"# {title}\n\n{description or title}\n", description or title)
    paragraphs = [p for p in markdown.split("\n\n") if p.strip() and not p.startswith(("#", "```"))]
    return Page(markdown, " ".join(paragraphs[0].split()) if paragraphs else title)
