"""Sealed texts open with their key, at their place, and nowhere else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.service.sealing import (
    Keyring,
    Sealed,
    UnsealedError,
    new_key_line,
    new_keyring,
    watch_keyring,
)

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(TEXTS, st.text(alphabet=st.characters(codec="ascii")))
def test_opens_what_it_sealed(text: str, place: str) -> None:
    keyring = new_keyring()
    assert keyring.open(keyring.seal(text, place), place) == text


def test_same_text_is_never_sealed_alike() -> None:
    keyring = new_keyring()
    assert keyring.seal("x", "here") != keyring.seal("x", "here")


@pytest.mark.parametrize("position", [0, 12, -1])
def test_altered_text_stays_shut(position: int) -> None:
    keyring = new_keyring()
    sealed = keyring.seal("what a pod is", "here")
    content = bytearray(sealed.content)
    content[position] ^= 1
    with pytest.raises(UnsealedError):
        keyring.open(Sealed(sealed.key, bytes(content)), "here")


def test_moved_text_stays_shut() -> None:
    keyring = new_keyring()
    with pytest.raises(UnsealedError):
        keyring.open(keyring.seal("x", "exchange/1/question"), "exchange/2/question")


def test_key_that_is_gone_and_content_that_is_cut() -> None:
    sealed = new_keyring().seal("x", "here")
    with pytest.raises(UnsealedError, match="no key is named"):
        Keyring.parse(new_key_line("other")).open(sealed, "here")
    with pytest.raises(UnsealedError):
        new_keyring().open(Sealed("memory", b""), "here")


def test_rotation_while_in_use(tmp_path) -> None:
    path = tmp_path / "keys"
    old, new = new_key_line("old"), new_key_line("new")
    path.write_text(old)
    keys = watch_keyring(path)
    sealed = keys.value.seal("x", "here")
    replaced = tmp_path / "next"
    replaced.write_text(new + old)
    os.replace(replaced, path)
    assert keys.value.current == "new"
    assert keys.value.open(sealed, "here") == "x"
    assert set(Keyring.parse(old).digests("x", "p")) < set(keys.value.digests("x", "p"))


def test_file_that_is_half_written_changes_nothing(tmp_path) -> None:
    path = tmp_path / "keys"
    path.write_text(new_key_line("old"))
    keys = watch_keyring(path)
    path.write_text("new AAAA")
    assert keys.value.current == "old"
    path.unlink()
    assert keys.value.current == "old"


@pytest.mark.parametrize(
    "text", ["", "\n", "one", "one AAAA", "a b c", "one !!!!", "ü " + "A" * 44]
)
def test_what_is_no_keyring(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring.parse(text)


def test_keys_are_not_in_the_representation() -> None:
    line = new_key_line("secret")
    assert line.split()[1] not in repr(Keyring.parse(line))
    assert "keys" not in repr(Keyring.parse(line))


@given(TEXTS, TEXTS)
def test_digests_tell_equal_texts_for_one_purpose(one: str, other: str) -> None:
    keyring = new_keyring()
    assert (keyring.digests(one, "a") == keyring.digests(other, "a")) == (one == other)
    assert keyring.digests(one, "a") != keyring.digests(one, "b")
