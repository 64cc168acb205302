"""`kubeguard webhook manifests`: what an installation consists of, to be read and kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from kubeguard import files
from kubeguard.cli.output import note, reason, say
from kubeguard.cli.webhook._options import settings, settings_options
from kubeguard.errors import KubeguardError, UsageError


@click.command()
@settings_options
@click.option("--service-monitor", is_flag=True, help="With one for the Prometheus operator.")
@click.option("--helm", is_flag=True, help="A chart, with these options as its values.")
@click.option(
    "--static",
    is_flag=True,
    help="Files for the host of an API server instead (KEP-5793), with --url and --ca-file.",
)
@click.option("--url", metavar="URL", help="With --static: where the webhook is.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Files in this folder, for Kustomize, instead of one stream on standard output.",
)
def manifests(
    helm: bool,
    static: bool,
    url: str | None,
    output: Path | None,
    ca_file: Path | None,
    certificates: str,
    **chosen: Any,
) -> None:
    """Write every object of an installation: to kubectl, to a folder for Kustomize, as a chart.

    \b
    kubeguard webhook manifests --image registry/kubeguard@sha256:... | kubectl apply -f -
    kubeguard webhook manifests -o manifests/webhook
    """
    if static is not (url is not None):
        raise UsageError("--static and --url belong together")
    if helm and output is None:
        raise UsageError("--helm writes several files", "say where: --output FOLDER")
    if static:
        texts = _static(url or "", ca_file, chosen)
    else:
        wanted = settings(ca_file=ca_file, certificates=certificates, **chosen)
        if helm:
            from kubeguard.webhook.manifests.helm import chart

            texts = chart(wanted)
        else:
            from kubeguard.webhook.manifests.rendering import kustomization, stream

            texts = kustomization(wanted) if output else {"": stream(wanted).rstrip("\n")}
    if output is None:
        say("---\n".join(texts.values()))
    else:
        _write(output, texts)
    if not chosen["image"] and not static:
        note("the image is a placeholder: say which with --image")


def _static(url: str, ca_file: Path | None, chosen: Mapping[str, Any]) -> dict[str, str]:
    if not url.startswith("https://"):
        raise UsageError(f"an API server wants TLS, and {url[:80]!r} is no https://")
    if ca_file is None:
        raise UsageError("--static needs --ca-file: who has signed the webhook's certificate")
    from kubeguard.webhook.manifests.static import files as static_files

    same = {name: value for name, value in chosen.items() if name != "service_monitor"}
    wanted = settings(ca_file=ca_file, certificates="files", **same)
    return static_files(wanted, url)


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            files.replace(file, [text])
        except OSError as error:
            raise KubeguardError(f"{file}: {reason(error)}") from error
        note(f"wrote {file}")
