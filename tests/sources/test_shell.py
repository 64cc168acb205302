"""Commands in shell scripts: found behind every construct, resolved, and placed where they are."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kubeguard.sources.expansion import Missing, Value
from kubeguard.sources.mapped import Mapped, Piece
from kubeguard.sources.shell import Call, parse

ENVIRONMENT = {"PKGS": "a b", "ONE": "1", "NONE": ""}


def environment(name: str) -> Value:
    return ENVIRONMENT.get(name, Missing.UNDECLARED)


def calls(script: str, *, pipefail: bool = False) -> list[Call]:
    return parse(Mapped.whole(script), environment, pipefail=pipefail)


def plain(words: object) -> str:
    """Words in one line, `?` for what is not known."""
    assert isinstance(words, list | tuple)
    return " ".join("?" if word.value is None else word.value for word in words)


def lines(script: str) -> list[str]:
    return [plain(call.words) for call in calls(script)]


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("a && b || c; d & e\nf", "a ~ b ~ c ~ d ~ e ~ f"),
        ("a | b |& c", "a ~ b ~ c"),
        ("(a; b) && { c; }", "a ~ b ~ c"),
        ("if a; then b; elif c; then d; else e; fi", "a ~ b ~ c ~ d ~ e"),
        ("for x in 1 2; do a; done; while b; do c; done; until d; do e; done", "a ~ b ~ c ~ d ~ e"),
        ("case $ONE in 1) a;; *) b;; esac", "a ~ b"),
        ("f() { a; }; function g { b; }", "a ~ b"),
        ("! a", "a"),
        ("[ -f x ] && a; [[ -n y ]] && b; (( 1 )) && c", "a ~ b ~ c"),
        ("a > $(b) 2>&1 < c", "a ~ b"),
        ("X=$(a) Y=`b`", "a ~ b"),
        ("X=1 a", "a"),
        ("a # b\nc", "a ~ c"),
        ("export A=1 B && unset A", "export A=1 B ~ unset A"),
        ("a \\\n  b", "a b"),
        ("a <<E | b && c\nnot\nE\nd", "a ~ b ~ c ~ d"),
        ("cat <<E\n$(a)\nE", "cat ~ a"),
        ("bash <<'E'\na; b\nE", "bash ~ a ~ b"),
        ("bash x <<E\nnot\nE", "bash x"),
        ("sh <<< 'a; b'", "sh ~ a ~ b"),
        ("sh -c 'a; b'", "sh -c a; b ~ a ~ b"),
        ("bash -euxo pipefail -c 'a'", "bash -euxo pipefail -c a ~ a"),
        ("/bin/bash -l -c \"a 'x y'\"", "/bin/bash -l -c a 'x y' ~ a x y"),
        ('sh -c "sh -c \\"a\\""', 'sh -c sh -c "a" ~ sh -c a ~ a'),
        ("eval 'a b' && eval c d", "eval a b ~ a b ~ eval c d ~ c d"),
        ("su - u -c 'a b'", "su - u -c a b ~ a b"),
        ("sh x.sh; sh -c", "sh x.sh ~ sh -c"),
        ('sh -c "$(a)"', "sh -c ? ~ a"),
        ("bash <(a)", "bash ? ~ a"),
        ("find x -exec a {} + -ok b \\; -name c", "find x -exec a {} + -ok b ; -name c ~ a {} ~ b"),
        ("find x -exec sh -c 'a; b' \\;", "find x -exec sh -c a; b ; ~ sh -c a; b ~ a ~ b"),
        ("find x -exec ; -exec", "find x -exec ~ -exec"),
    ],
)
def test_every_command_is_found(script: str, commands: str) -> None:
    assert lines(script) == commands.split(" ~ ")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("a 'b c' \"d e\" f\\ g $'h\\ti\\x41'", ["a", "b c", "d e", "f g", "h\tiA"]),
        ("a 'b'\"c\"d", ["a", "bcd"]),
        ('a "b\\"c\\$d\\e"', ["a", 'b"c$d\\e']),
        ("a $PKGS", ["a", "a", "b"]),
        ('a "$PKGS"', ["a", "a b"]),
        ("a x$PKGS.y", ["a", "xa", "b.y"]),
        ("a $NONE b", ["a", "b"]),
        ('a "$NONE" b', ["a", "", "b"]),
        ("a ${ONE:-2} ${NO:-3}", ["a", "1", "3"]),
        ("a $NO", ["a", None]),
        ('a "x  $ONE $ONE"', ["a", "x  1 1"]),
        ("a $(b) x$(b) $((1+2)) `b`", ["a", None, None, None, None]),
        ("a $1 $? $HOME", ["a", None, None, None]),
        ("a {b,c} *.d", ["a", "{b,c}", "*.d"]),
        ("P='x y'; Q=\"$P z\"; a $Q", ["a", "x", "y", "z"]),
        ("P=x; P+=y; a $P", ["a", "xy"]),
        ("P=x; a $P; P=y", ["a", "x"]),
        ("export P=x; a $P", ["a", "x"]),
        ("P=$(b); a $P", ["a", None]),
        ("if b; then P=x; else P=y; fi; a $P", ["a", None]),
        ("if b; then P=x; else P=x; fi; a $P", ["a", "x"]),
        ("P=x; if b; then P=y; fi; a $P", ["a", None]),
        ("case z in 1) P=x;; 2) P=y;; esac; a $P", ["a", None]),
        ("for P in x y; do a $P; done", ["a", None]),
        ("P=x; (P=y); a $P", ["a", "x"]),
        ("read P; a $P", ["a", None]),
        ('P=(x y); a "${P[@]}"', ["a", None]),
        ("a ${ONE^^} ${#ONE}", ["a", None, None]),
    ],
)
def test_words(script: str, words: list[str | None]) -> None:
    found = [call for call in calls(script) if call.program == "a"]
    assert [word.value for word in found[0].words] == words


@pytest.mark.parametrize(
    ("script", "undeclared"),
    [("a $NO$OTHER", ("NO", "OTHER")), ("a $HOME $1 $ONE $_", ()), ("NO=$(b); a $NO", ())],
)
def test_undeclared_names(script: str, undeclared: tuple[str, ...]) -> None:
    names = [name for word in calls(script)[-1].words for name in word.undeclared]
    assert tuple(names) == undeclared


@pytest.mark.parametrize(
    ("script", "wrappers", "command"),
    [
        ("sudo a b", "sudo", "a b"),
        ("sudo -E -u root -H A=1 a b", "sudo", "a b"),
        ("sudo -uroot -- a -x", "sudo", "a -x"),
        ("sudo -v", "", "sudo -v"),
        ("/usr/bin/env -i -u X A=1 B=2 a", "/usr/bin/env", "a"),
        ("env", "", "env"),
        ("env A=1", "", "env A=1"),
        ("exec a", "exec", "a"),
        ("command -v a", "", "command -v a"),
        ("command a", "command", "a"),
        ("nice -n 10 a; ", "nice", "a"),
        ("nice -10 a", "nice", "a"),
        ("time -p a", "time", "a"),
        ("timeout -k 5 -s KILL 10 a b", "timeout", "a b"),
        ("timeout --signal=KILL 10 a", "timeout", "a"),
        ("xargs -0 -rn 1 -I {} a {}", "xargs", "a {}"),
        ("ssh-agent sh x", "ssh-agent", "sh x"),
        ("xvfb-run -a -s '-screen 0' a b", "xvfb-run", "a b"),
        ("nohup sudo env A=1 nice a", "nohup sudo env nice", "a"),
        ("busybox wget x", "busybox", "wget x"),
        ("chroot /x a", "chroot", "a"),
        ("gosu u a", "gosu", "a"),
        ("tini -- a", "tini", "a"),
    ],
)
def test_wrappers_are_taken_off(script: str, wrappers: str, command: str) -> None:
    (call,) = calls(script)
    assert (plain(call.wrappers), plain(call.words)) == (wrappers, command)


@pytest.mark.parametrize(
    "script", ["A=1 B='2 3' a", "env A=1 B='2 3' a", "A=1 sudo B='2 3' a", "X=Y A=1 B='2 3' a"]
)
def test_assignments(script: str) -> None:
    (call,) = calls(script)
    assigned = {name: word.value for name, word in call.assignments.items() if name != "X"}
    assert assigned == {"A": "1", "B": "2 3"}
    assert script[call.assignments["B"].start : call.assignments["B"].end] == "'2 3'"


@pytest.mark.parametrize(
    ("script", "pipes"),
    [
        ("a | b | c", {"b": "a", "c": "b"}),
        ("a | sudo b", {"b": "a"}),
        ("x && a | b && c", {"b": "a"}),
        ("a 2>&1 | b > y | c", {"b": "a", "c": "b"}),
        ("a | (b; c)", {"b": "a", "c": "a"}),
        ("(a; b) | c", {"c": "b"}),
        ("a | while read x; do b; done", {"read": "a", "b": "a"}),
        ("a $(x | y) | b", {"y": "x", "b": "a"}),
        ("a | sh -c 'b; c'", {"sh": "a", "b": "a", "c": "a"}),
        ("a <<E | b\nE\n", {"b": "a"}),
        ("a | b || c", {"b": "a"}),
        ("a |& b || c", {"b": "a"}),
        ("a | b | c | d && e && f", {"b": "a", "c": "b", "d": "c"}),
        ("x=1 | b", {}),
    ],
)
def test_pipes(script: str, pipes: dict[str, str]) -> None:
    found = {call.program: call.piped_from.program for call in calls(script) if call.piped_from}
    assert found == pipes


@pytest.mark.parametrize(
    ("script", "beside"),
    [
        ("(a; b | c; d) | e", {"c": "a", "d": "c"}),
        ("{ a; b; } 2>&1 | c", {"b": "a"}),
        ("for x in 1; do a; b $(c); done | d", {"b": "a"}),
        ("(a; b); c | d", {}),
        ("a | (b; c)", {"c": "b"}),
    ],
)
def test_a_group_writes_into_one_pipe(script: str, beside: dict[str, str]) -> None:
    found = {call.program: call.beside.program for call in calls(script) if call.beside}
    assert found == beside


def test_substitutions_know_whose_words_they_are_in() -> None:
    found = {
        call.program: call.inside.program if call.inside else ""
        for call in calls('a "$(b $(c))" <(d) < <(f); X=$(e)')
    }
    assert found == {"a": "", "b": "a", "c": "b", "d": "a", "f": "a", "e": ""}


@pytest.mark.parametrize(
    ("script", "before", "expected"),
    [
        ("a", True, True),
        ("a", False, False),
        ("set -o pipefail; a", False, True),
        ("set -euo pipefail && a", False, True),
        ("set +o pipefail; a", True, False),
        ("set -e; a", True, True),
        ("a; set -o pipefail", False, False),
        ("(set -o pipefail); a", False, False),
        ("bash -c a", True, False),
        ("bash -o pipefail -c a", False, True),
        ("bash -euxo pipefail -c a", False, True),
        ("eval 'set -o pipefail'; a", False, True),
        ("sh -c 'set -o pipefail'; a", False, False),
    ],
)
def test_pipefail(script: str, before: bool, expected: bool) -> None:
    (call,) = (call for call in calls(script, pipefail=before) if call.program == "a")
    assert call.pipefail is expected


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("a b && if c; then d e", ["a b", "c", "d e"]),
        ("a; } && b; done; c", ["a", "b", "c"]),
        ("a -x 'b && c", ["a -x"]),
        ("a | | b", ["a", "b"]),
        ("{{ x }} && a b", ["x }}", "a b"]),
    ],
)
def test_broken_shell_gives_what_is_recognisable(script: str, commands: list[str]) -> None:
    found = lines(script)
    assert [command for command in commands if command not in found] == []


def test_a_chain_as_long_as_people_write_and_longer() -> None:
    assert len(calls(" && ".join(["a b"] * 500))) == 500
    assert len(calls("a b; " * 5000)) == 5000
    assert len(calls("( " * 300 + "a b" + " )" * 300)) == 1


def test_places_survive_cuts_quotes_and_escapes() -> None:
    text = 'RUN sh -c "a \\\n  \'b\' \\"c\\""'
    cut = text.index("\\\n")
    joined = [Piece(text[4:cut], 4, cut), Piece(text[cut + 2 :], cut + 2, len(text))]
    _, inner = parse(Mapped(joined), environment)
    assert [word.value for word in inner.words] == ["a", "b", "c"]
    assert [text[word.start : word.end] for word in inner.words] == ["a", "'b'", '\\"c\\"']


_SNIPPETS = st.lists(
    st.sampled_from(
        [
            *("a", "b c", "apt-get install", "curl x", "$X", "${X:-y}", "$(a)", "`b`", "X=1", "é"),
            *("&&", "||", "|", ";", "\n", "&", "(", ")", "{ ", "}", "[ ", "]", "[[ ", "]]", "!"),
            *("'", '"', "\\", "\\\n", "#", "<<E\n", "E\n", "> f", "<(a)", "sh -c '", 'eval "'),
            *("if ", "then ", "fi", "for x in ", "do ", "done", "case x in ", "esac", ";;", "f() "),
            *(
                "sudo -u ",
                "env ",
                "xargs ",
                "set -o pipefail",
                "export A=",
                "=(",
                "$((",
                "${",
                "\0",
            ),
        ]
    )
    | st.text(max_size=5),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@example(["`", "> f"] * 200, " ")
@example(["a", "|"] * 2000, "")
@example(["$("] * 3000, "")
@example(["sh -c '"] * 500, "")
@given(_SNIPPETS, st.sampled_from(["", " "]))
def test_any_text_is_read_and_every_place_is_inside_it(snippets: list[str], glue: str) -> None:
    script = glue.join(snippets)
    for call in calls(script):
        assert 0 <= call.start <= call.end <= len(script)
        for word in (*call.words, *call.wrappers, *call.assignments.values()):
            assert 0 <= word.start <= word.end <= len(script)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a b", "c 'd e'", "f | g", "(h; i)", "sh -c 'j'", "k $PKGS"])))
def test_commands_of_a_sequence_are_those_of_its_parts(parts: list[str]) -> None:
    whole = [plain(call.words) for call in calls("; ".join(parts))]
    assert whole == [command for part in parts for command in lines(part)]
