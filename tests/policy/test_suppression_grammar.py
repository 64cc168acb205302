"""What is written is what is read, however it is spaced."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.policy.grammar import (
    COMMENT,
    MalformedError,
    Written,
    parse_annotation,
    parse_comment,
)

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True).filter(
    lambda name: name != "ignore"
)
REASONS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: any(char.isalnum() for char in text))
)
SPACES = st.sampled_from(["", " ", "   ", "\t"])
WRITTEN = st.builds(
    Written,
    st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple),
    REASONS,
    st.none() | st.dates(date(1000, 1, 1)),
)


@given(WRITTEN, st.tuples(*[SPACES] * 6))
def test_a_comment_is_read_as_it_was_written(written: Written, spaces: tuple[str, ...]) -> None:
    a, b, c, d, e, f = spaces
    checks = f"{c},{d}".join(written.checks)
    until = f" until{e}={f}{written.until}" if written.until else ""
    text = f"#{a}kubeguard{b}:{c}ignore{d}[{e}{checks}{f}]{a}{until} -- {b}{written.reason}{c}"
    found = COMMENT.fullmatch(text)
    assert found
    assert parse_comment(found["body"]) == written


@given(WRITTEN, st.none() | NAMES, st.sampled_from([", ", ",", " "]), st.booleans())
def test_an_annotation_is_read_as_it_was_written(
    written: Written, container: str | None, comma: str, brackets: bool
) -> None:
    checks = comma.join(written.checks)
    options = f" until={written.until}" if written.until else ""
    options += f" container={container}" if container else ""
    head = f"[{checks}]{options}" if brackets else f"{checks}{options}"
    read = parse_annotation(f"{head} -- {written.reason}")
    assert read == Written(written.checks, written.reason, written.until, container or "")


@pytest.mark.parametrize("parse", [parse_comment, parse_annotation])
@given(text=st.text() | st.text("ignore[]KG31,=- until\u2014"))
def test_anything_else_is_malformed_and_says_why(parse, text: str) -> None:
    try:
        written = parse(text)
        read = [*written.checks, written.reason]
    except MalformedError as error:
        read = [error.message, error.hint]
    assert len(read) >= 2
    assert all(read)


@pytest.mark.parametrize("dash", ["--", "\u2013", "\u2014"])
def test_the_reason_stands_behind_the_first_dash(dash: str) -> None:
    written = parse_comment(f"ignore[KG1]{dash} a -- b")
    assert written.reason == "a -- b"
