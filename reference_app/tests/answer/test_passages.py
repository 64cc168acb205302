"""Markdown becomes passages; nothing it names is followed."""

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.answer.passages import Passage, parse, read_folder


def test_each_heading_with_prose_is_a_passage():
    text = "# Book\n\n## One? {#one}\nFirst. Second.\n\n## Empty\n\n### Two\nThird.\n"
    assert list(parse(text, "a/book.md")) == [
        Passage("one", "a/book.md", "One?", "First. Second."),
        Passage("book-two", "a/book.md", "Two", "Third."),
    ]


def test_text_before_any_heading_is_told_by_the_files_name():
    assert list(parse("Hello there.", "welcome.md")) == [
        Passage("welcome-welcome", "welcome.md", "welcome", "Hello there.")
    ]


def test_code_is_left_out_and_a_hash_in_it_is_no_heading():
    text = "# Title\nBefore.\n```yaml\n# no heading\nkey: value\n```\nAfter."
    assert [passage.text for passage in parse(text, "a.md")] == ["Before. After."]


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("See [the page](http://169.254.169.254/) now.", "See the page now."),
        ("A ![picture](file:///etc/passwd) here.", "A here."),
        ("<script>alert(1)</script> text", "alert(1) text"),
        ("Set `runAsUser: 0`, **never**.", "Set runAsUser: 0, never."),
        ("- one\n- two", "one two"),
        ("keep snake_case and 2 < 3 > 1", "keep snake_case and 2 < 3 > 1"),
        ("a <!-- hidden\nlines --> b", "a b"),
    ],
)
def test_marks_go_and_words_stay(markdown, words):
    assert [passage.text for passage in parse(f"# T\n{markdown}", "a.md")] == [words]


def test_an_answer_is_two_neighbouring_sentences():
    assert Passage("a", "a.md", "T", "One. Two. Three.").windows == ["One. Two.", "Two. Three."]
    assert Passage("a", "a.md", "T", "Only one, e.g. this.").windows == ["Only one, e.g. this."]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path):
    (tmp_path / "secret.md").write_text("# Secret\nThe password.")
    inside = tmp_path / "docs"
    inside.mkdir()
    (inside / "link.md").symlink_to(tmp_path / "secret.md")
    (inside / "page.md").write_text("# Page\nPublic.")
    (inside / "hosts.md").symlink_to("/etc/hosts")
    read = read_folder(inside)
    assert [passage.title for passage in read.passages] == ["Page"]
    assert (read.outside, read.remote) == (2, 0)


def test_nothing_a_page_mentions_is_fetched(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)  # whoever tries to connect fails
    (tmp_path / "a.md").write_text(
        "# Page\n![x](http://169.254.169.254/latest) [y](file:///etc/passwd) [z](b.md)\n"
        '<img src="https://inside.example/"> <iframe srcdoc=""></iframe>\n'
    )
    read = read_folder(tmp_path)
    assert [passage.text for passage in read.passages] == ["y z"]
    assert read.remote == 3


def test_two_passages_cannot_share_an_id(tmp_path: Path):
    (tmp_path / "a.md").write_text("# One {#x}\nText.\n# Two {#x}\nText.")
    with pytest.raises(ValueError, match="'x' is taken"):
        read_folder(tmp_path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path):
    (tmp_path / "big.md").write_text("x" * 1_000_001)
    with pytest.raises(ValueError, match=r"big\.md is larger"):
        read_folder(tmp_path)


@given(st.text())
def test_any_text_is_markdown(text: str):
    for passage in parse(text, "any.md"):
        assert passage.text
        assert passage.windows
