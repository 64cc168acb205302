"""What a variable stands for, where it is visible, and what is said when nobody knows."""

from __future__ import annotations

import pytest

from kubeguard.model.dockerfile import Dockerfile, Word
from kubeguard.sources.dockerfile import read
from kubeguard.sources.expansion import ExpansionError, Missing, Value, resolve

KNOWN: dict[str, Value] = {
    "x": "value",
    "empty": "",
    "path": "/usr/lib/python3.11.tar.gz",
    "arg": Missing.NO_DEFAULT,
    "opaque": Missing.OPAQUE,
}


def lookup(name: str) -> Value:
    return KNOWN.get(name, Missing.UNDECLARED)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ("$x", "value"),
        ("a${x}b", "avalueb"),
        ("$x$empty.$x", "value.value"),
        ("'$x'", "$x"),
        ('"$x y"', "value y"),
        (r"\$x", "$x"),
        (r'"\$x\a"', r"$x\a"),
        (r"a\ b\\", "a b\\"),
        ("$", "$"),
        ("a$-b", None),
        ("${x:-y}", "value"),
        ("${empty:-y}", "y"),
        ("${empty-y}", ""),
        ("${arg:-y}", "y"),
        ("${arg-y}", "y"),
        ("${nobody:-y}", "y"),
        ("${nobody:-$x}", "value"),
        ('${nobody:-"a } b"}', "a } b"),
        ("${nobody:-${empty:-z}}", "z"),
        ("${nobody:-$nobody}", None),
        ("${opaque:-y}", None),
        ("${x:+y}", "y"),
        ("${empty:+y}", ""),
        ("${empty+y}", "y"),
        ("${opaque:+y}", "y"),
        ("${nobody:+y}", ""),
        ("${arg:+y}", None),
        ("${x:?message}", "value"),
        ("$arg", None),
        ("$opaque", None),
        ("${path#*/}", "usr/lib/python3.11.tar.gz"),
        ("${path##*/}", "python3.11.tar.gz"),
        ("${path%.*}", "/usr/lib/python3.11.tar"),
        ("${path%%.*}", "/usr/lib/python3"),
        ("${path#/usr}", "/lib/python3.11.tar.gz"),
        ("${path%.gz}", "/usr/lib/python3.11.tar"),
        ("${path%nothing}", "/usr/lib/python3.11.tar.gz"),
        ("${path/lib/share}", "/usr/share/python3.11.tar.gz"),
        ("${path//r/R}", "/usR/lib/python3.11.taR.gz"),
        (r"${path//\//-}", "-usr-lib-python3.11.tar.gz"),
        ("${path/p*n/}", "/usr/lib/3.11.tar.gz"),
        ("${x/?/V}", "Value"),
    ],
)
def test_expansion(text: str, value: str | None) -> None:
    assert resolve(text, lookup).value == value


@pytest.mark.parametrize(
    ("text", "undeclared"),
    [
        ("$nobody/${other}", ("nobody", "other")),
        ("${nobody:-y}", ()),
        ("${x:-$nobody}", ()),
        ("${empty:-$nobody}", ("nobody",)),
        ("$arg$opaque$x", ()),
    ],
)
def test_undeclared_names(text: str, undeclared: tuple[str, ...]) -> None:
    assert resolve(text, lookup).undeclared == undeclared


@pytest.mark.parametrize("text", ["'a", '"a', "${", "${}", "${x", "${x:-y", "${x@Q}", "${x/a}"])
def test_what_is_no_word(text: str) -> None:
    with pytest.raises(ExpansionError):
        resolve(text, lookup)


def test_backtick_as_escape() -> None:
    assert resolve("C:\\a`$x$x", lookup, "`").value == "C:\\a$xvalue"


def test_expansion_does_not_grow_without_bounds() -> None:
    KNOWN["long"] = "a" * 60_000
    assert resolve("$long" * 1000, lookup).value is None
    assert resolve("${long//a/$long}", lookup).value is None
    assert resolve("${long%%a*a*a}", lookup).value is None


def dockerfile(text: str) -> Dockerfile:
    found, troubles = read("Dockerfile", text)
    assert found is not None
    assert troubles == ()
    return found


def probe(text: str) -> Word:
    """The first word of the last instruction."""
    return list(dockerfile(text).instructions)[-1].words[0]


@pytest.mark.parametrize(
    ("text", "value", "unknown"),
    [
        ("ARG v=1\nFROM a:$v", "a:1", ()),
        ("ARG v=1\nARG w=$v.2\nFROM a:$w", "a:1.2", ()),
        ("ARG v=1 w=$v.2\nFROM a:$w", "a:1.2", ()),
        ("ARG v\nFROM a:$v", None, ()),
        ("ARG v\nFROM a:${v:-3}", "a:3", ()),
        ("FROM a:$v", None, ("v",)),
        ("FROM a\nARG v=1\nFROM b:$v", None, ("v",)),
        ("FROM a-$TARGETARCH", None, ()),
        ("ARG v=1\nFROM a\nUSER $v", None, ("v",)),
        ("ARG v=1\nFROM a\nARG v\nUSER $v", "1", ()),
        ("ARG v=1\nFROM a\nARG v=2\nUSER $v", "2", ()),
        ("ARG v=1\nFROM a\nARG v\nFROM b\nUSER $v", None, ("v",)),
        ("FROM a\nARG v=1\nARG v=2\nUSER $v", "2", ()),
        ("FROM a\nARG v\nUSER $v", None, ()),
        ("FROM a\nUSER $v\nARG v=1\nUSER $v", "1", ()),
        ("FROM a\nENV v=1\nARG v=2\nUSER $v", "1", ()),
        ("FROM a\nENV v=1\nENV v=2 w=$v\nUSER $w", "1", ()),
        ("FROM a\nENV v=$nobody\nUSER $v", None, ()),
        ("FROM a AS s\nENV v=1\nARG w=2\nFROM s\nUSER $v$w", "12", ()),
        ("FROM a AS s\nENV v=1\nFROM b\nUSER $v", None, ("v",)),
        ("FROM a\nUSER $PATH", None, ()),
        ("FROM a\nUSER $TARGETARCH", None, ("TARGETARCH",)),
        ("FROM a\nARG TARGETARCH\nUSER $TARGETARCH", None, ()),
        ("FROM a\nARG v=1\nMAINTAINER $v", "$v", ()),
        ("FROM a\nENV v=1\nRUN x $v", "x $v", ()),
        ("FROM a\nENV v=1\nCOPY $v /x", "1", ()),
        ('FROM a\nENV v=1\nVOLUME ["$v"]', "1", ()),
        ("# escape=`\nFROM a\nENV v=1\nUSER `$v$v", "$v1", ()),
    ],
)
def test_scope(text: str, value: str | None, unknown: tuple[str, ...]) -> None:
    word = probe(text)
    assert (word.value, word.unknown) == (value, unknown)


def test_expose_splits_what_its_variables_hold() -> None:
    expose = list(dockerfile("FROM a\nENV p='80 443'\nEXPOSE $p 22").instructions)[-1]
    assert [word.value for word in expose.words] == ["80", "443", "22"]
    assert [word.node.text for word in expose.words] == ["$p", "$p", "22"]


def test_flags_are_resolved() -> None:
    copy = list(dockerfile("FROM a\nARG u=app\nCOPY --chown=$u:$u b c").instructions)[-1]
    chown = copy.flag("chown")
    assert chown
    assert (chown.value, chown.node.text) == ("app:app", "$u:$u")


def test_stages_inherit_in_bounded_time() -> None:
    chain = "".join(f"FROM s{n} AS s{n + 1}\nENV v{n}=$nobody\n" for n in range(4000))
    assert len(dockerfile(f"FROM a AS s0\n{chain}").stages) == 4001
