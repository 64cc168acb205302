"""`kubeguard deploy render`: the reference service as manifests."""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard import files
from kubeguard.cli.deploy._options import TARGET
from kubeguard.cli.deploy._targets import TargetName
from kubeguard.cli.output import note, reason, say
from kubeguard.errors import KubeguardError


@click.command()
@click.option(
    "--values",
    "value_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Values in YAML.  Repeatable; later ones win.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="One value.  Repeatable."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="A file for each object in this folder, instead of one stream on standard output.",
)
@TARGET
def render(
    value_files: tuple[Path, ...], settings: tuple[str, ...], output: Path | None, target: str
) -> None:
    """Write the manifests of the reference AI service, for `kubeguard deploy apply`.

    \b
    Values: overlay (single-node, production), namespace, image, training_image, host.
    With --target compose: project, image, postgresql_image, redis_image, address, port.
    """
    if TargetName(target) is TargetName.COMPOSE:
        _compose(value_files, settings, output)
    else:
        _objects(value_files, settings, output)


def _compose(value_files: tuple[Path, ...], settings: tuple[str, ...], output: Path | None) -> None:
    from kubeguard.deploy.compose.reference import IMAGES, SCHEMA, rendered
    from kubeguard.deploy.reference import values

    chosen = values(value_files, settings, SCHEMA)
    text = rendered(chosen)
    if output is None:
        say(text.rstrip("\n"))
    else:
        _write(output / "compose.yaml", text)
        note(f"wrote {output / 'compose.yaml'}")
    if missing := [f"{name} (or {IMAGES[name]})" for name in IMAGES if name not in chosen]:
        note(f"images are still to be chosen: {', '.join(missing)}")


def _objects(value_files: tuple[Path, ...], settings: tuple[str, ...], output: Path | None) -> None:
    from kubeguard.cluster.text import document, documents
    from kubeguard.deploy import reference

    chosen = reference.values(value_files, settings)
    found = reference.objects(chosen)
    if output is None:
        say(documents(found).rstrip("\n"))
    else:
        for number, each in enumerate(found):
            name = f"{number:02}-{each['kind']}-{each['metadata']['name']}.yaml".lower()
            _write(output / name, document(each))
        note(f"wrote {len(found)} files into {output}")
    if "image" not in chosen:
        note("the image is a placeholder: say which with --set image=...")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.replace(file, [text])
    except OSError as error:
        raise KubeguardError(f"{file}: {reason(error)}") from error
