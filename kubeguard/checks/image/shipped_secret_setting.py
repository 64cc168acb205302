"""Whoever may pull an image may read its environment, its labels and its history."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Credential,
    Image,
    Node,
    Problem,
    Profile,
    Severity,
    advise,
    check,
    credentials,
)

_HINT = "revoke it; use RUN --mount=type=secret in the build, a mounted Secret for the program"

_Found = tuple[Node, str, Credential, str]
"""Where to look, what the secret is the value of, what it is, and the text it is in."""


@check(
    "KG2007",
    "Built image carries a secret in its configuration",
    on=Image,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.10", "CWE-798", "MITRE T1552"),
    like=("trivy:DS-0031",),
)
def shipped_secret_setting(image: Image) -> Iterator[Problem]:
    for where, name, found, text in _found(image):
        secret = credentials.hint(text[found.start : found.end])
        yield Problem(where, f"{name} a literal {found.kind}{secret}", advise(_HINT))


def _found(image: Image) -> Iterator[_Found]:
    for item in image.config["Env"]:
        key, _, value = item.text.partition("=")
        yield from _setting(item, f"variable {key[:40]}", key, value)
    for key, item in image.config["Labels"].items():
        yield from _setting(item, f"label {key[:40]}", key, item.text)
    for field in ("Entrypoint", "Cmd"):
        words = tuple(image.config[field])
        for number, name, found in credentials.in_arguments([word.text for word in words]):
            yield words[number], f"{field} sets {name[:40]} to", found, words[number].text
    for step in image.node["history"]:
        yield from _step(step)


def _setting(where: Node, what: str, key: str, value: str) -> Iterator[_Found]:
    """Values that are a secret, or that hold one among their options."""
    whole = credentials.literal(key, value)
    for name, found in [(key, whole)] if whole else credentials.in_options(value):
        yield where, f"{what} holds" if name == key else f"{what} sets {name[:40]} to", found, value


def _step(step: Node) -> Iterator[_Found]:
    """Steps of the build, except the variables and labels that are told as such."""
    line = step["created_by"]
    text = line.text
    if text.startswith(("ENV ", "LABEL ")) or "#(nop)  ENV " in text or "#(nop)  LABEL " in text:
        return
    for name, found in credentials.in_options(text):
        yield line, f"history sets {name[:40]} to" if name else "history holds", found, text
