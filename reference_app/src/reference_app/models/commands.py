"""The commands that look at the registry and choose the current version."""

from pathlib import Path

import click

from reference_app.models.errors import RefusedModelError
from reference_app.models.options import models_option, open_registry
from reference_app.models.registry import Registry


@click.command()
@models_option
def models(folder: Path, trusted_key: Path) -> None:
    """List all versions, whether each is proven, and which is current."""
    registry = open_registry(folder, trusted_key)
    for name in registry.models():
        for version in registry.versions(name):
            mark = "current" if _is_current(registry, name, version) else ""
            click.echo(f"{name}/{version:<4} {_state(registry, name, version):<10} {mark}".rstrip())


@click.command()
@click.argument("name")
@click.argument("version", type=int)
@models_option
def promote(name: str, version: int, folder: Path, trusted_key: Path) -> None:
    """Make VERSION of the model NAME current, once it is proven; servers load it at their start."""
    try:
        open_registry(folder, trusted_key).promote(name, version)
    except RefusedModelError as error:
        raise click.ClickException(str(error)) from None


@click.command()
@click.argument("name")
@models_option
def roll_back(name: str, folder: Path, trusted_key: Path) -> None:
    """Return to the version of the model NAME that was current before."""
    try:
        version = open_registry(folder, trusted_key).roll_back(name)
    except RefusedModelError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{name}/{version} is current")


def _is_current(registry: Registry, name: str, version: int) -> bool:
    try:
        return registry.current(name) == version
    except RefusedModelError:
        return False


def _state(registry: Registry, name: str, version: int) -> str:
    try:
        registry.load(name, version)
    except RefusedModelError as error:
        return f"refused: {error}"
    return "proven"
