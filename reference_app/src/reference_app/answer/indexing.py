"""Makes a folder of Markdown a signed version of the knowledge base."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reference_app.answer.encoding import Encoder
from reference_app.answer.index import build_index
from reference_app.answer.passages import read_folder
from reference_app.models.registry import Model, Registry

CARD = """# Index of a knowledge base

{passages} passages, {windows} possible answers of two sentences, from {files} files.
Links out of the folder that were not followed: {links_not_followed}. Addresses in the text that
were not fetched: {references_not_fetched}.

**For** the encoder it was made with ({encoder}): another encoder's vectors mean something else, so
the answer module refuses the pair. **Not** checked: what the passages say. Whoever can change the
files changes the answers.
"""


def index_folder(
    folder: Path, encoder: Encoder, registry: Registry, key: Ed25519PrivateKey
) -> Model:
    """Register an index of all Markdown below a folder; ValueError when there is none."""
    passages, outside, remote = read_folder(folder)
    files = build_index(passages, encoder)
    metrics = {
        "files": len({passage.file for passage in passages}),
        "passages": len(passages),
        "windows": sum(len(passage.windows) for passage in passages),
        "links_not_followed": outside,
        "references_not_fetched": remote,
    }
    card = CARD.format(**metrics, encoder=encoder.label).encode()
    made_with = json.dumps(encoder.label).encode()
    content = {**files, "made_with.json": made_with, "card.md": card}
    return registry.add("knowledge", content, metrics, key)
