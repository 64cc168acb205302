"""Where models and keys lie, as options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reference_app.models.registry import Registry
from reference_app.models.signing import read_public_key

Command = TypeVar("Command", bound=Callable[..., Any])

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)


def models_option(command: Command) -> Command:
    """`--models`, the registry's folder, and `--trusted-key`, whose signatures count."""
    folder = click.option(
        "--models",
        "folder",
        type=FOLDER,
        default=Path("models"),
        show_default=True,
        envvar="REFERENCE_APP_MODELS",
        help="The registry's folder.",
    )
    trusted = click.option(
        "--trusted-key",
        type=FILE,
        default=Path("keys/trusted.pem"),
        show_default=True,
        envvar="REFERENCE_APP_TRUSTED_KEY",
        help="Public key of whoever signs models.",
    )
    return folder(trusted(command))


def signing_option(command: Command) -> Command:
    """`--signing-key`, which signs new versions."""
    return click.option(
        "--signing-key",
        type=FILE,
        default=Path("keys/signing.pem"),
        show_default=True,
        envvar="REFERENCE_APP_SIGNING_KEY",
        help="Private key that signs new versions.",
    )(command)


def open_registry(folder: Path, trusted_key: Path) -> Registry:
    """The registry these options name; a usage error when the key is missing or no such key."""
    try:
        return Registry(folder, read_public_key(trusted_key))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"the trusted key: {error}") from None
