"""The commands that index a knowledge base and ask it."""

from pathlib import Path

import click

from reference_app.answer.encoding import Encoder
from reference_app.answer.indexing import index_folder
from reference_app.answer.loading import load_all
from reference_app.models.errors import RefusedModelError
from reference_app.models.options import models_option, open_registry, signing_option
from reference_app.models.signing import read_private_key


@click.command()
@click.argument(
    "documents", type=click.Path(path_type=Path, file_okay=False, exists=True, readable=True)
)
@models_option
@signing_option
def index(documents: Path, folder: Path, trusted_key: Path, signing_key: Path) -> None:
    """Make the Markdown below DOCUMENTS the current knowledge base."""
    registry = open_registry(folder, trusted_key)
    try:
        encoder = Encoder(registry.load("encoder"))
        model = index_folder(documents, encoder, registry, read_private_key(signing_key))
    except (RefusedModelError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    registry.promote("knowledge", model.manifest.version)
    figures = model.manifest.metrics
    click.echo(f"{model.label}: {figures['passages']} passages")
    for name in ("links_not_followed", "references_not_fetched"):
        if figures[name]:
            click.echo(f"{name.replace('_', ' ')}: {figures[name]}")


@click.command()
@click.argument("question")
@models_option
def answer(question: str, folder: Path, trusted_key: Path) -> None:
    """Answer one QUESTION on the command line."""
    try:
        loaded = load_all(open_registry(folder, trusted_key))
    except RefusedModelError as error:
        raise click.ClickException(str(error)) from None
    found = loaded.answerer.answer(question)
    click.echo(found.text or "I do not know.")
    place = f"  {found.source.title} ({found.source.file})" if found.source else ""
    click.echo(f"confidence {found.confidence:.2f}{place}")
