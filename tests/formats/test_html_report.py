"""One page: complete, inline, and inert whatever was scanned."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from handmade import CONTEXT, EIGHT, EVERYTHING, NOTHING, find, many
from syrupy.assertion import SnapshotAssertion

from kubeguard.formats import render
from kubeguard.formats.html import frame
from kubeguard.model.finding import Excerpt, Report
from kubeguard.model.location import Span

INLINE = re.compile(r"(<(style|script)>).*?(</\2>)", re.DOTALL)


def test_everything_a_report_can_hold(snapshot: SnapshotAssertion) -> None:
    page = re.sub("sha256-[^']+", "sha256-", render("html", EVERYTHING, CONTEXT))
    assert INLINE.sub(r"\1\3", page) == snapshot


def test_nothing_is_loaded_and_only_our_script_runs() -> None:
    page = render("html", EVERYTHING, CONTEXT)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.findall(r'\b(?:src|href)="(?!#)', page)
    assert not re.findall(r"\b(?:style|on\w+)=", INLINE.sub("", page))


def test_a_scan_of_nothing_says_so() -> None:
    page = render("html", NOTHING)
    assert "<h1>No findings</h1>" in page
    assert "<li>Nothing was judged.</li>" in page


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }}"]
)
def test_scanned_text_is_never_markup(text: str) -> None:
    finding = find(EIGHT[0].check, text, (1, 1, 9), text, source=text, lines=[text])
    tags = Tags()
    tags.feed(render("html", Report((finding,)), CONTEXT))
    plain = Tags()
    plain.feed(
        render("html", Report((find(EIGHT[0].check, "m", (1, 1, 2), "h", lines=["m"]),)), CONTEXT)
    )
    assert sorted(tags.seen) == sorted(plain.seen)


class Tags(HTMLParser):
    """Every opening tag with the names of its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, *(name for name, _ in attrs)))


def rows(span: Span, *lines: str) -> list[str]:
    location = replace(EIGHT[0].location, span=span)
    text = frame(replace(EIGHT[0], location=location, excerpt=Excerpt(1, lines)))
    return re.findall(r'<span class="row" data-line="\d+">(.*)</span>', text)


def test_the_place_is_marked() -> None:
    assert rows(Span(2, 4, 2, 5), "a", "b: <c", "d") == ["a", "b: <mark>&lt;</mark>c", "d"]


def test_a_place_of_several_lines_is_marked_on_each() -> None:
    assert rows(Span(1, 5, 3, 5), "RUN a \\", "    b \\", "  c", "d") == [
        "RUN <mark>a \\</mark>",
        "    <mark>b \\</mark>",
        "  <mark>c</mark>",
        "d",
    ]


def test_an_empty_place_is_still_seen() -> None:
    assert rows(Span(1, 3, 1, 3), "a:") == ["a:<mark> </mark>"]


def test_a_long_line_is_cut_around_the_place() -> None:
    (row,) = rows(Span(1, 5001, 1, 5002), "x" * 5000 + "y" + "z" * 5000)
    assert row == f"…{'x' * 100}<mark>y</mark>{'z' * 299}…"


def test_tabs_stay_and_controls_are_spelled_out() -> None:
    assert rows(Span(1, 2, 1, 3), "\ta\x1b") == ["\t<mark>a</mark>\\x1b"]


def test_every_finding_is_on_the_page() -> None:
    assert render("html", many(3000)).count("<article ") == 3000
