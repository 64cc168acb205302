"""The commands that build, train and evaluate."""

from importlib import resources
from pathlib import Path

import click

from reference_app.answer.encoding import Encoder
from reference_app.answer.index import Index
from reference_app.answer.indexing import index_folder
from reference_app.answer.loading import load_all
from reference_app.models.errors import RefusedModelError
from reference_app.models.options import FOLDER, models_option, open_registry, signing_option
from reference_app.models.registry import Model, Registry
from reference_app.models.signing import create_key, read_private_key
from reference_app.training import evaluation
from reference_app.training.answering import train_answerer
from reference_app.training.build import build_encoder, weights_folder
from reference_app.training.digits import train_digits
from reference_app.training.questions import KNOWLEDGE, read_questions


@click.command()
@click.option("--weights", type=FOLDER, help="Folder of the published weights, when not installed.")
@click.option("--exact", is_flag=True, help="Keep the encoder in float32 instead of int8.")
@models_option
@signing_option
def build_models(
    weights: Path | None, exact: bool, folder: Path, trusted_key: Path, signing_key: Path
) -> None:
    """Build the encoder, index the knowledge base, train both models, and promote them all."""
    if not signing_key.exists():
        create_key(signing_key, trusted_key)
        click.echo(f"new key pair: {signing_key}, {trusted_key}")
    registry, key = open_registry(folder, trusted_key), read_private_key(signing_key)
    try:
        encoder = build_encoder(weights or weights_folder(), registry, key, exact)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
    _promote(registry, encoder)
    with resources.as_file(KNOWLEDGE / "passages") as passages:
        _promote(registry, index_folder(passages, Encoder(encoder), registry, key))
    _train(registry, signing_key)


@click.command()
@models_option
@signing_option
def train(folder: Path, trusted_key: Path, signing_key: Path) -> None:
    """Train ranker, judge and digit classifier anew, and promote them."""
    try:
        _train(open_registry(folder, trusted_key), signing_key)
    except (RefusedModelError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None


@click.command()
@models_option
def evaluate(folder: Path, trusted_key: Path) -> None:
    """Measure the current models on the evaluation set, beside plain baselines."""
    registry = open_registry(folder, trusted_key)
    try:
        loaded = load_all(registry)
    except RefusedModelError as error:
        raise click.ClickException(str(error)) from None
    questions = read_questions("evaluation")
    found, decisions = evaluation.evaluate(questions, loaded.answerer)
    words = evaluation.evaluate_words(questions, loaded.answerer)
    click.echo(f"{'':24}{'answerer':>10}{'TF-IDF':>10}")
    for name, ours, plain in zip(found._fields, found, words, strict=True):
        click.echo(f"{name:24}{ours:10.3f}{plain:10.3f}")
    for name, value in decisions._asdict().items():
        click.echo(f"{name:24}{value:10.3f}")
    digits = registry.load("digits").manifest.metrics
    click.echo(f"{'':24}{'network':>10}{'linear':>10}")
    click.echo(f"{'digits_accuracy':24}{digits['accuracy']:10.3f}{digits['linear_accuracy']:10.3f}")


def _train(registry: Registry, signing_key: Path) -> None:
    key = read_private_key(signing_key)
    encoder, index = Encoder(registry.load("encoder")), Index.load(registry.load("knowledge"))
    _promote(registry, train_answerer(read_questions("training"), encoder, index, registry, key))
    _promote(registry, train_digits(registry, key))


def _promote(registry: Registry, model: Model) -> None:
    registry.promote(model.manifest.name, model.manifest.version)
    figures = "  ".join(f"{name} {value:.4g}" for name, value in model.manifest.metrics.items())
    click.echo(f"{model.label}: {figures}")
