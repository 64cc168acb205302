"""`kubeguard completion`: the script that makes a shell complete commands and checks."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from kubeguard.cli.output import say


@click.command(
    epilog="""\b
bash  kubeguard completion bash > ~/.local/share/bash-completion/completions/kubeguard
zsh   kubeguard completion zsh > "${fpath[1]}/_kubeguard"
fish  kubeguard completion fish > ~/.config/fish/completions/kubeguard.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL."""
    from kubeguard.cli import kubeguard

    found = get_completion_class(shell)
    assert found is not None
    script = found(kubeguard, {}, "kubeguard", "_KUBEGUARD_COMPLETE")
    say(script.source_template % script.source_vars())
