"""Questions with the passage that answers them, and questions that no passage answers."""

import json
from importlib import resources
from typing import NamedTuple

KNOWLEDGE = resources.files("reference_app") / "knowledge"


class Question(NamedTuple):
    """A question and the id of its passage; None when the knowledge base has no answer."""

    text: str
    passage: str | None


def read_questions(name: str) -> list[Question]:
    """All questions of the set `training` or `evaluation`."""
    raw = json.loads((KNOWLEDGE / f"{name}.json").read_text("utf-8"))
    known = [
        Question(text, passage) for passage, texts in raw["answerable"].items() for text in texts
    ]
    return [*known, *(Question(text, None) for text in raw["unanswerable"])]
