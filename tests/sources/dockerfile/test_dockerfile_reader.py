"""Stages, instructions, flags, words and here-documents, with their places, and what is refused."""

from __future__ import annotations

import pytest

from kubeguard.model.dockerfile import Dockerfile, Instruction
from kubeguard.model.node import Node
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.dockerfile import limits, read


def dockerfile(text: str) -> Dockerfile:
    """The Dockerfile in a text that nothing is wrong with."""
    found, troubles = read("Dockerfile", text)
    assert found is not None
    assert [trouble.message for trouble in troubles] == []
    return found


def last(text: str) -> Instruction:
    """The last instruction of a text, behind a FROM."""
    return list(dockerfile(f"FROM a\n{text}").instructions)[-1]


def values(instruction: Instruction) -> list[str | None]:
    return [word.value for word in instruction.words]


def place(node: Node) -> str:
    span = node.location.span
    assert span
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"


@pytest.mark.parametrize(
    ("text", "keyword", "words"),
    [
        ("RUN a  b", "RUN", ["a  b"]),
        ("run a", "RUN", ["a"]),
        ('RUN ["a", "b\\u0021"]', "RUN", ["a", "b!"]),
        ('RUN ["a", "\\ud800"]', "RUN", ["a", "\ufffd"]),
        ("RUN ['a']", "RUN", ["['a']"]),
        ("RUN [ -f x ] && y", "RUN", ["[ -f x ] && y"]),
        ("RUN", "RUN", []),
        ("CMD []", "CMD", []),
        ("COPY a b /c", "COPY", ["a", "b", "/c"]),
        ('COPY ["a b", "/c"]', "COPY", ["a b", "/c"]),
        ("USER a:b", "USER", ["a:b"]),
        ("WORKDIR /a b", "WORKDIR", ["/a b"]),
        ("EXPOSE 80 443/tcp", "EXPOSE", ["80", "443/tcp"]),
        ("ENV a=1 b='x y' c=\"$$\" d=", "ENV", ["a", "1", "b", "x y", "c", None, "d", ""]),
        ("ENV a b  c=d", "ENV", ["a", "b  c=d"]),
        ("LABEL a.b=c \"d e\"='f'", "LABEL", ["a.b", "c", "d e", "f"]),
        ("ARG a b=c", "ARG", ["a", None, "b", "c"]),
        ("HEALTHCHECK NONE", "HEALTHCHECK", ["NONE"]),
        ("HEALTHCHECK CMD curl -f x", "HEALTHCHECK", ["CMD", "curl -f x"]),
        ('HEALTHCHECK CMD ["a", "b"]', "HEALTHCHECK", ["CMD", "a", "b"]),
        ("ONBUILD RUN x", "ONBUILD", []),
    ],
)
def test_words(text: str, keyword: str, words: list[str | None]) -> None:
    instruction = last(text)
    assert instruction.keyword == keyword
    assert values(instruction) == words


def test_pairs_of_env_and_of_an_argument_without_default() -> None:
    (key, value), (other, missing) = last("ARG a=b c").pairs
    assert (key.value, value.value, other.value, missing.value) == ("a", "b", "c", None)
    assert value.node.exists
    assert not missing.node.exists


def test_flags() -> None:
    copy = last('COPY --from=x --link --chown="a b" --exclude=*.md --exclude=*.txt a b')
    assert {name: [word.value for word in words] for name, words in copy.flags.items()} == {
        "from": ["x"],
        "link": ["true"],
        "chown": ["a b"],
        "exclude": ["*.md", "*.txt"],
    }
    exclude = copy.flag("exclude")
    assert exclude
    assert (exclude.node.text, place(exclude.node)) == ("*.txt", "2:61-2:66")
    extent = exclude.node.source.places.extent(exclude.node.path)
    assert extent
    assert (extent.column, extent.end_column) == (51, 66)


HARD = """FROM --platform=linux/amd64 a AS b
RUN --mount=type=cache,x \\
  # c

  y \\\r
 && z
USER u"""


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ((0,), "1:1-1:35"),
        ((0, "flags", "platform", 0), "1:17-1:28"),
        ((0, "arguments", 0), "1:29-1:30"),
        ((0, "arguments", 2), "1:34-1:35"),
        ((0, "flags", "from", 0), "1:1-1:35"),
        ((1,), "2:1-2:27"),
        ((1, "keyword"), "2:1-2:4"),
        ((1, "arguments", 0), "5:3-6:6"),
        ((2, "arguments", 0), "7:6-7:7"),
        ((2, "arguments", 7), "7:1-7:7"),
    ],
)
def test_places(path: tuple[str | int, ...], where: str) -> None:
    assert place(dockerfile(HARD).node.at(*path)) == where


def test_extent_of_an_instruction_reaches_over_its_heredocs() -> None:
    found = dockerfile("FROM a\nCOPY <<A <<-B /x\n1\nA\n\t2\n\tB\nUSER u")
    extent = found.node.source.places.extent((1,))
    assert extent
    assert (extent.line, extent.end_line) == (2, 6)
    copy = list(found.instructions)[1]
    assert [(d.name, d.body.value, d.quoted) for d in copy.heredocs] == [
        ("A", "1\n", False),
        ("B", "2\n", False),
    ]
    assert place(copy.heredocs[1].body) == "5:1-6:1"


@pytest.mark.parametrize(
    "text",
    [
        "RUN <<EOF\nFROM evil\nEOF\nUSER u",
        "RUN <<'EOF'\nFROM evil\nEOF\nUSER u",
        "RUN cat <<EOF > x && y\nFROM evil\nEOF\n# c\nUSER u",
        "RUN 3<<-EOF\nFROM evil\n\t\tEOF\nUSER u",
        "ONBUILD RUN <<EOF\nFROM evil\nEOF\nUSER u",
        'RUN ["a", "<<EOF"]\nUSER u',
        "RUN echo '<<EOF'\nUSER u",
        "RUN echo $((1<<EOF))\nUSER u",
        "RUN cat <<EOF it's\nUSER u",
        "ENV a=<<EOF\nUSER u",
        "RUN a \\\n# FROM evil\nb\nUSER u",
        "RUN <<EOF\r\nFROM evil\r\nEOF\r\nUSER u\r\n",
    ],
)
def test_heredocs_and_comments_are_no_instructions(text: str) -> None:
    found = dockerfile(f"FROM a\n{text}")
    assert [instruction.keyword for instruction in found.instructions][::2] == ["FROM", "USER"]
    assert len(found.stages) == 1


@pytest.mark.parametrize(
    ("top", "goes_on"),
    [
        ("# escape=`\n", True),
        ("#ESCAPE = ` \n", True),
        ("# syntax=docker/dockerfile:1\n# check=skip=all;error=true\n# escape=`\n", True),
        ("\ufeff# escape=`\n", True),
        ("# other=x\n# escape=`\n", False),
        ("# a comment\n# escape=`\n", False),
        ("\n# escape=`\n", False),
        ("", False),
    ],
)
def test_directives_count_only_at_the_top(top: str, goes_on: bool) -> None:
    found, troubles = read("Dockerfile", f"{top}FROM a\nRUN b `\nUSER c")
    assert found
    assert [each.keyword for each in found.instructions] == (
        ["FROM", "RUN"] if goes_on else ["FROM", "RUN", "USER"]
    )
    assert troubles == ()


def test_stages_know_their_parent_whatever_the_case_of_its_name() -> None:
    first, second, third = dockerfile("FROM a AS Base\nFROM bASE AS x\nFROM y").stages
    assert [stage.parent for stage in (first, second, third)] == [None, first, None]
    assert [stage.final for stage in (first, second, third)] == [False, False, True]
    assert [stage.name for stage in (first, second, third)] == ["base", "x", ""]
    assert second.image is None
    assert third.image
    assert third.image.repository == "library/y"


def test_node_is_a_list_of_plain_mappings() -> None:
    assert dockerfile("ARG x\nFROM a\nONBUILD COPY --link <<A /x\n1\nA").node.value == [
        {
            "keyword": "ARG",
            "flags": {},
            "arguments": ["x", None],
            "json": False,
            "heredocs": [],
            "stage": None,
        },
        {
            "keyword": "FROM",
            "flags": {},
            "arguments": ["a"],
            "json": False,
            "heredocs": [],
            "stage": 0,
        },
        {
            "keyword": "ONBUILD",
            "flags": {},
            "arguments": [],
            "json": False,
            "heredocs": [],
            "stage": 0,
            "trigger": {
                "keyword": "COPY",
                "flags": {"link": ["true"]},
                "arguments": ["<<A", "/x"],
                "json": False,
                "heredocs": [{"name": "A", "body": "1\n", "quoted": False}],
            },
        },
    ]


def test_trigger_is_part_of_its_onbuild() -> None:
    onbuild = last("ONBUILD  COPY a /b")
    assert onbuild.trigger
    assert list(onbuild.parts()) == [onbuild.trigger]
    assert onbuild.trigger.stage is onbuild.stage
    assert values(onbuild.trigger) == ["a", "/b"]
    assert place(onbuild.trigger.node) == "2:10-2:19"
    assert place(onbuild.trigger.words[1].node) == "2:17-2:19"


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ("", "the file has no instructions", "1:1-1:1"),
        ("# only a comment\n", "the file has no instructions", "1:1-1:1"),
        ("ARG a\n", "there is no FROM", "1:1-1:1"),
        ("FROM a\nRNU b", "unknown instruction 'RNU', did you mean RUN?", "2:1-2:4"),
        ("FROM a\nJUNK", "unknown instruction 'JUNK'", "2:1-2:5"),
        ("FROM", "FROM takes an image, or an image AS a name", "1:1-1:5"),
        ("FROM a b", "FROM takes an image, or an image AS a name", "1:6-1:9"),
        ("FROM a AS 1x", "'1x' cannot be the name of a stage", "1:6-1:13"),
        ("FROM a\nRUN <<EOF\nx", "no line says 'EOF' to end this here-document", "2:5-2:10"),
        ("FROM a\nCMD [1]", "a JSON array here must hold strings only", "2:5-2:8"),
        ("FROM a\nENV a", "ENV needs a name and a value", "2:5-2:6"),
        ("FROM a\nENV a=b c", "ENV needs name=value, not 'c'", "2:9-2:10"),
        ("FROM a\nENV =b", "ENV has a name that is empty", "2:5-2:7"),
        ("FROM a\nENV a='b", "a single quote is never closed", "2:7-2:9"),
        ("FROM a\nUSER ${x", "${x lacks its '}'", "2:6-2:9"),
        ("FROM a\nUSER", "USER needs an argument", "2:1-2:5"),
        ("FROM a\nCOPY a", "COPY needs a source and a destination", "2:6-2:7"),
        ("FROM a\nSHELL bash", "SHELL takes its arguments as a JSON array only", "2:7-2:11"),
        ("FROM a\nCOPY --form=x a b", "COPY has no flag --form, did you mean --from?", "2:6-2:14"),
        ("FROM a\nCOPY --from a b", "--from needs a value", "2:6-2:12"),
        ("FROM a\nCOPY --from=a --from=b c d", "--from is given twice", "2:15-2:23"),
        ("FROM a\nHEALTHCHECK --interval=1s", "HEALTHCHECK needs CMD or NONE", "2:1-2:26"),
        ("FROM a\nHEALTHCHECK curl x", "HEALTHCHECK 'curl' is neither CMD nor NONE", "2:13-2:19"),
        ("FROM a\nHEALTHCHECK CMD", "HEALTHCHECK CMD lacks its command", "2:13-2:16"),
        ("FROM a\nHEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments", "2:13-2:19"),
        ("FROM a\nONBUILD ONBUILD RUN x", "ONBUILD cannot trigger ONBUILD", "2:9-2:16"),
        ("FROM a\nONBUILD FROM x", "ONBUILD cannot trigger FROM", "2:9-2:13"),
        ("FROM a\nONBUILD JUNK", "unknown instruction 'JUNK'", "2:9-2:13"),
        ("# escape=x\nFROM a", "the escape character 'x' is neither \\ nor `", "1:1-1:11"),
        ("# escape=`\n# escape=`\nFROM a", "only one escape directive can be used", "2:1-2:11"),
    ],
)
def test_what_buildkit_refuses(text: str, message: str, where: str) -> None:
    _, troubles = read("Dockerfile", text)
    assert [(trouble.kind, trouble.message, place(trouble.node)) for trouble in troubles] == [
        (TroubleKind.BROKEN, message, where)
    ]


def test_one_error_does_not_lose_the_others() -> None:
    text = "FROM a\nRNU <<E\nUSER no\nE\nCOPY x\nRUN <<EOF\nbody\nUSER b\nENV a\nCMD c"
    found, troubles = read("Dockerfile", text)
    assert found
    assert [each.keyword for each in found.instructions] == ["FROM", "RUN", "USER", "CMD"]
    assert [
        trouble.node.location.span.line for trouble in troubles if trouble.node.location.span
    ] == [2, 5, 6, 9]


@pytest.mark.parametrize(
    "text", ["FROM {{ .Image }}\nRUN a", "FROM a\n{{ if .X }}\nRUN b", "{% set x = 1 %}\nFROM a"]
)
def test_templates_are_not_judged(text: str) -> None:
    found, troubles = read("Dockerfile", text)
    assert found is None
    assert [trouble.kind for trouble in troubles] == [TroubleKind.TEMPLATE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#" * (limits.TEXT + 1), "more than 1,048,576 characters"),
        ("FROM a\n" * (limits.INSTRUCTIONS + 1), "more than 10,000 instructions or 200,000 words"),
        (
            "FROM a\nEXPOSE" + " 1" * (limits.WORDS_OF_ONE + 1),
            "more than 20,000 words in one instruction",
        ),
        (
            "FROM a\nRUN " + "a " * limits.SCRIPT,
            "more than 131,072 characters of shell in one instruction",
        ),
    ],
)
def test_budgets_are_said(text: str, message: str) -> None:
    _, troubles = read("Dockerfile", text)
    assert [(trouble.kind, trouble.message) for trouble in troubles] == [
        (TroubleKind.OVER_BUDGET, message)
    ]


def test_many_errors_end_the_reading() -> None:
    _, troubles = read("Dockerfile", "JUNK\n" * 100_000)
    assert len(troubles) == 100
