"""A Dockerfile can say anything: no check may fall over it, and each has its number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.engine import audit
from kubeguard.registry import load_checks
from kubeguard.sources.text import read

CHECKS = tuple(check for check in load_checks() if check.family == "dockerfile")
KEYWORDS = (
    *("FROM", "RUN", "CMD", "LABEL", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME"),
    *("USER", "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL", "MAINTAINER"),
)
WORDS = st.sampled_from(
    [
        *("a", "0", "AS", "A=b", "=", "$X", "${X:-y}", "'", '"', "[]", '["a", "b"]', "[1]", "<<E"),
        *("--from=0", "--from=", "--chmod=777", "--mount=from=,", "--network=host", "--x", "--"),
        *("apt-get", "install", "update", "-y", "-o", "apk", "add", "curl", "-k", "|", "sh", "&&"),
        *("chmod", "-m", "a+w", "sudo", "cd", "rm", "pip", "--trusted-host", "git", "-c", ";"),
        *("rpm", "-U", "useradd", "-p", "sed", "s/a", "echo", "https://x", "x.git", "root:", ":"),
        *(
            "NONE",
            "22",
            "9-1",
            "scratch",
            "x:latest",
            "a:b@c",
            "ONBUILD",
            "eval",
            "$(curl x)",
            "\\",
        ),
    ]
)
LINE = st.builds(
    lambda keyword, words: " ".join([keyword, *words]), st.sampled_from(KEYWORDS), st.lists(WORDS)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINE, max_size=8).map("\n".join))
def test_no_check_falls_over(text: str) -> None:
    _holds(text)


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("rest", ["", " ", "\t\\", " []", ' [""]', ' ""', " <<E", " --from=", " ="])
def test_no_check_falls_over_an_instruction_without_words(keyword: str, rest: str) -> None:
    _holds(keyword + rest)
    _holds(f"ONBUILD {keyword}{rest}")


def _holds(text: str) -> None:
    report = audit([read("Dockerfile", f"FROM a\n{text}\n".encode())], CHECKS)

    assert report.faults == ()
    for finding in report.findings:
        assert finding.location.span
        assert finding.fix
        assert finding.fix.hint


def test_ids_have_no_gaps() -> None:
    assert [check.id for check in CHECKS] == [f"KG{1001 + n}" for n in range(len(CHECKS))]
