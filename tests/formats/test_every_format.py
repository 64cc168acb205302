"""What holds for all formats: nothing is kept back, and no input breaks out of its field."""

import json
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from handmade import CONTEXT, EIGHT_FLAWS, EVERYTHING, NOTHING, make_check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubeguard.errors import UsageError
from kubeguard.formats import FORMATS, Context, Style, render
from kubeguard.formats._printable import HIDDEN, printable
from kubeguard.model.finding import (
    Account,
    Excerpt,
    Fault,
    Finding,
    Outcome,
    Report,
    Spelling,
    Suppression,
)
from kubeguard.model.fix import advise
from kubeguard.model.location import Location, Span
from kubeguard.model.node import Subject
from kubeguard.model.severity import Severity

MODULES = Path(__file__).parents[2] / "kubeguard" / "formats"


def test_every_module_is_a_format() -> None:
    assert set(FORMATS) == {
        file.stem for file in MODULES.glob("*.py") if not file.stem.startswith("_")
    }


def test_an_unknown_format_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="yaml"):
        render("yaml", NOTHING)


def test_what_a_format_needs_is_imported_when_it_is_used() -> None:
    heavy = "{'orjson', 'jinja2', 'xml.etree', 'click', 'textwrap'}"
    script = f"import sys, kubeguard.formats; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_was_not_judged(name: str) -> None:
    text = unescape(render(name, EVERYTHING, CONTEXT))
    for said in (
        "line 3, column 1: a tab cannot indent",
        "not Kubernetes or Dockerfile",
        "a Helm template: render it first",
        "ZeroDivisionError: division by zero",
    ):
        assert said in text
    assert "nothing was judged" in render(name, NOTHING).lower() or name == "json"
    assert json.loads(render("json", NOTHING))["complete"] is False


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_with_a_newline(name: str) -> None:
    assert render(name, EIGHT_FLAWS).endswith("\n")


NASTY = (
    "\x1b]0;pwned\x07",
    "]]>",
    "</script><script>alert(1)</script>",
    "<!--",
    '"><img src=x onerror=alert(1)>',
    "::error::x",
    "\n::set-output name=a::b",
    "%0A::warning::x",
    "##vso[task.setvariable variable=a]b",
    "| a | b |",
    "```\n# heading",
    "@everyone",
    "\u202e\u2066\u200b\ufeff",
    "\ud800",
    "\udcff",
    "\ufffe\uffff",
    "\u2028",
    "{{ 7*7 }}",
    "-->",
    "",
)
TEXT = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=40)
NUMBER = st.integers(1, 50)


@st.composite
def spans(draw: st.DrawFn) -> Span | None:
    line, column = draw(NUMBER), draw(NUMBER)
    end = draw(NUMBER)
    return draw(st.none() | st.just(Span(line, column, line + end // 20, column + end)))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    severity = draw(st.sampled_from(Severity))
    check = replace(make_check("KG3001", draw(TEXT), severity), refs=(draw(TEXT),))
    span = draw(spans())
    path = tuple(draw(st.lists(TEXT | st.integers(0, 9), max_size=3)))
    excerpt = Excerpt(span.line if span else 1, tuple(draw(st.lists(TEXT, max_size=3))))
    suppression = Suppression(draw(TEXT), draw(st.sampled_from(Spelling)))
    return Finding(
        check=check,
        severity=severity,
        message=draw(TEXT),
        location=Location(draw(TEXT), path, span),
        subject=Subject(draw(TEXT), draw(TEXT), draw(TEXT)),
        identity=draw(TEXT),
        excerpt=draw(st.none() | st.just(excerpt)),
        fix=draw(st.none() | st.builds(advise, TEXT)),
        suppression=draw(st.none() | st.just(suppression)),
        known=draw(st.booleans()),
    )


REPORTS = st.builds(
    Report,
    st.lists(findings(), max_size=3).map(tuple),
    st.lists(st.builds(Fault, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    st.lists(st.builds(Account, TEXT, st.sampled_from(Outcome), TEXT, TEXT), max_size=3).map(tuple),
)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(report=REPORTS)
def test_no_text_breaks_a_format(name: str, report: Report) -> None:
    text = render(name, report, CONTEXT)
    text.encode()
    if name in ("json", "sarif", "gitlab"):
        json.loads(text)
    if name == "junit":
        fromstring(text)
    if name == "github":
        assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines(text))
    if name == "html":
        assert text.count("<script>") == text.count("</script>") == 1
        text = text.replace("\t", "")
    assert [line for line in lines(text) if HIDDEN.search(line)] == []


@pytest.mark.parametrize("style", [Style(quiet=True), Style(verbose=True), Style(width=60)])
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(report=REPORTS)
def test_text_never_speaks_to_the_terminal_or_a_runner(style: Style, report: Report) -> None:
    for line in lines(render("text", report, Context(style=style))):
        assert printable(line) == line
        assert not line.lstrip().startswith("::")


def lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")
