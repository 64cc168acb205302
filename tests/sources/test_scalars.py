"""Plain scalars mean what they mean to kubectl; both tables agree with sigs.k8s.io/yaml."""

import math

import pytest

from kubeguard.sources.yaml import scalars

VALUES: list[tuple[object, str]] = [
    (True, "y Y yes Yes YES on On ON true True TRUE"),
    (False, "n N no No NO off Off OFF false False FALSE"),
    (None, "~ null Null NULL"),
    (0, "0 00 -0 +0 0x0 0b0 0.0 -0.0 0e5"),
    (7, "7 +7 0_7 7. 7.0 0.7e1 07 0o7 0o_7 +0o7 0x7 0X7 0b111 0B111"),
    (9, "09 0_9"),
    (-15, "-15 -017 -0o17 -0xf -0xF -0b1111 -1.5e1"),
    (15, "15 017 0o17 0O17 0x_f 0b1_111 1_5 1_5_"),
    (493, "0755 0o755 493"),
    (0.5, ".5 +.5 0.5 5e-1 5E-1 0_0.5 00.5"),
    (1000, "1000 1e3 1E3 1E+3 1.e3 1_000 1__000 1_e3"),
    (10**18, "1e18"),
    (2**63 - 1, "9223372036854775807 0x7fffffffffffffff"),
    (2**64 - 1, "18446744073709551615 0xffffffffffffffff 01777777777777777777777"),
    (-(2**63), "-9223372036854775808"),
    (1e19, "1e19"),
    (2.0**64, "18446744073709551616"),
    (-(2.0**63), "-9223372036854775809"),
    (math.inf, ".inf .Inf .INF +.inf"),
    (-math.inf, "-.inf -.Inf -.INF"),
]
TEXTS = """
tRUE yEs nULL nan inf Infinity NaN None + -- . .. ... = _1 ._5 .e3 1e 1e+ 1d 1,000
12:30 12:30:45 190:20:30 2001-12-14 2001-12-14t21:59:43Z 0.1.2 1.2.3 100m 1Gi v1 1.25-alpine
0x 0x_ 0b 0o 0b2 0o8 0x1g 0x1p3 0xfffffffffffffffff 1e400 -1e400 \u0661 1\u0660 true\u00a0
""".replace("\n", " ").strip(" ")


@pytest.mark.parametrize(
    ("text", "value"), [(text, value) for value, texts in VALUES for text in texts.split(" ")]
)
def test_a_plain_scalar_has_the_value_that_kubectl_sees(text: str, value: object) -> None:
    found = scalars.resolve(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", TEXTS.split(" "))
def test_what_only_resembles_a_number_or_a_word_stays_text(text: str) -> None:
    assert scalars.resolve(text) == text


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    found = scalars.resolve(text)
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize("text", ["9" * 401, "0x" + "f" * 100_000, "1" * 5_000_000])
def test_numbers_longer_than_any_computer_has_are_text(text: str) -> None:
    assert scalars.resolve(text) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("yes", "true"),
        ("on", "true"),
        ("off", "false"),
        ("0x10", "16"),
        ("010", "8"),
        ("1.0", "1"),
        ("1.5", "1.5"),
        ("12:30", "12:30"),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_keys_are_text_and_never_null(text: str, key: str | None) -> None:
    assert scalars.key(text) == key
