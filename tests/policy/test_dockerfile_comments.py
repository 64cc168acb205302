"""Comments in a Dockerfile cover a stage, an instruction, or one line of it."""

import pytest

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG VERSION=1
FROM registry.example/a:${VERSION} AS build
RUN curl one
RUN make && \\
    curl two && \\
    curl three
COPY <<EOF /etc/notes
curl none
EOF
FROM registry.example/b
RUN <<EOF
curl four
EOF
"""


def commented(line: int, comment: str = "ignore[curl_pipe] -- a", text: str = DOCKERFILE) -> str:
    lines = text.splitlines()
    lines.insert(line - 1, f"  #kubeguard:{comment}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("line", "closed"),
    [
        pytest.param(2, [], id="global ARG"),
        pytest.param(3, [5, 7, 8], id="stage"),
        pytest.param(4, [5], id="instruction"),
        pytest.param(5, [7, 8], id="continued instruction"),
        pytest.param(6, [7], id="line of it"),
        pytest.param(7, [8], id="last line of it"),
        pytest.param(8, [], id="COPY"),
        pytest.param(11, [14], id="final stage"),
        pytest.param(12, [14], id="here-document"),
    ],
)
def test_covers_what_begins_below_it(judge, line, closed):
    judged = judge(commented(line), "curl_pipe", name="Dockerfile")
    assert len(judged.findings) == 4
    assert judged.closed == [f"{each} curl_pipe" for each in closed]
    assert bool(judged.said) is not bool(closed)


@pytest.mark.parametrize("line", [9, 10, 13, 14])
def test_in_a_here_document_it_is_content(judge, line):
    judged = judge(commented(line), "curl_pipe", name="Dockerfile")
    assert (judged.closed, judged.said) == ([], [])


def test_comments_and_blank_lines_are_passed_over(judge):
    text = commented(4).replace("RUN curl one", "\n# prose\n\nRUN curl one")
    assert judge(text, "curl_pipe", name="Dockerfile").closed == ["8 curl_pipe"]


def test_at_the_end_it_stands_at_nothing(judge):
    text = DOCKERFILE + "# kubeguard: ignore[curl_pipe] -- a\n"
    assert judge(text, "curl_pipe", name="Dockerfile").said == [
        "15:1 malformed: no instruction follows this comment, so nothing is suppressed"
    ]


@pytest.mark.parametrize("line", ["EXPOSE 22", "RUN curl five"])
def test_behind_an_instruction_it_is_an_argument(judge, line):
    text = f"FROM a\n{line} # kubeguard: ignore[curl_pipe] -- a\n"
    judged = judge(text, "curl_pipe", name="Dockerfile")
    assert judged.closed == []
    assert judged.said == [
        f"2:{len(line) + 2} malformed: a Dockerfile has no comment at the end of a line, "
        "so nothing is suppressed"
    ]


@pytest.mark.parametrize(
    ("scope", "closed"),
    [
        ("stage: build", [4, 6, 7]),
        ("stage: bui*", [4, 6, 7]),
        ("stage: '0'", [4, 6, 7]),
        ("stage: '1'", [13]),
        ("stage: other", []),
        ("kind: Dockerfile", [4, 6, 7, 13]),
        ("kind: Pod", []),
        ("container: build", []),
        ("file: '*.Dockerfile'", []),
        ("file: Dockerfile", [4, 6, 7, 13]),
    ],
)
def test_scopes_of_the_configuration(judge, configure, scope, closed):
    policy = configure(f"suppressions:\n- checks: [curl_pipe]\n  reason: a\n  {scope}\n")
    judged = judge(DOCKERFILE, "curl_pipe", policy=policy, name="Dockerfile")
    assert judged.closed == [f"{each} curl_pipe" for each in closed]
