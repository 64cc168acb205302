"""A comment that says everything and lets nobody write in it."""

from dataclasses import replace

import pytest
from handmade import CONTEXT, EIGHT, EVERYTHING, NOTHING, many
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from kubeguard.formats import render
from kubeguard.formats.markdown import LONGEST, code, escape
from kubeguard.model.finding import Account, Outcome, Report

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def test_everything_a_report_can_hold(snapshot: SnapshotAssertion) -> None:
    assert render("markdown", EVERYTHING, CONTEXT) == snapshot


def test_a_scan_of_nothing_says_so() -> None:
    text = render("markdown", NOTHING)
    assert text.startswith("### kubeguard: No findings\n")
    assert "- nothing was judged\n" in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("container 'app' runs as UID 0", "container 'app' runs as UID 0"),
        ("a|b", "a&#124;b"),
        ("`x` *y* _z_", "&#96;x&#96; &#42;y&#42; &#95;z&#95;"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("@team", "&#64;&#8203;team"),
        ("fixes #12", "fixes &#35;&#8203;12"),
        ("https://evil.example www.evil.example", "https&#58;//evil.example www&#46;evil.example"),
        ("[a](b) ![c](d)", "&#91;a&#93;(b) &#33;&#91;c&#93;(d)"),
        ("a\nb\u202e", "a&#92;nb&#92;u202e"),
    ],
)
def test_text_is_text(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert code(text) == f"<code>{escaped}</code>"


@given(st.text(st.characters(exclude_categories=())))
def test_a_cell_stays_a_cell(text: str) -> None:
    html = MARKDOWN.render(f"| a | b |\n| - | - |\n| {escape(text)} | end |\n")
    assert html.count("<td>") == 2
    assert "<td>end</td>" in html
    for tag in ("<a ", "<img", "<em>", "<strong>", "<code>", "<s>"):
        assert tag not in html


def test_a_comment_is_never_too_long() -> None:
    text = render("markdown", many(2000))
    assert len(text) < LONGEST + 100
    assert text.endswith("more sections: too long for a comment.\n")
    assert text.count("<details>") == text.count("</details>") > 10


def test_a_file_with_a_thousand_findings_is_cut_inside() -> None:
    findings = tuple(replace(EIGHT[0], identity=str(index)) for index in range(1000))
    text = render("markdown", Report(findings))
    assert text.startswith("### kubeguard: 1,000 findings: 1,000 high")
    assert "<code>web.yaml</code>: 101 to 200 of 1,000 findings" in text
    assert text.endswith("more sections: too long for a comment.\n")


def test_a_long_list_is_counted() -> None:
    accounts = tuple(Account(f"{n}.txt", Outcome.SKIPPED, "text", "other") for n in range(150))
    text = render("markdown", Report(accounts=accounts))
    assert "<code>99.txt</code>\n- and 50 more\n" in text
