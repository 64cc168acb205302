"""A shell that completes commands, checks, families and formats."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from terminal import Cli


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_accepts_the_script(cli: Cli, shell: str) -> None:
    ran = cli("completion", shell)
    assert ran.code == 0
    assert "_KUBEGUARD_COMPLETE" in ran.out
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([found, "-n"], input=ran.out, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("kubeguard s", {"scan"}),
        ("kubeguard scan --select host_p", {"host_path", "host_pid", "host_port"}),
        ("kubeguard scan --select KG300", {f"KG300{n}" for n in range(1, 10)}),
        ("kubeguard scan --ignore host_network,supply", {"host_network,supply_chain"}),
        ("kubeguard scan --format s", {"sarif"}),
        ("kubeguard scan --fail-on n", {"none"}),
        ("kubeguard scan --prof", {"--profile"}),
        ("kubeguard explain host_p", {"host_path", "host_pid", "host_port"}),
        ("kubeguard checks --family supp", {"supply_chain"}),
        ("kubeguard checks --format j", {"json"}),
        ("kubeguard completion z", {"zsh"}),
        ("kubeguard --v", {"--version"}),
    ],
)
def test_what_is_offered(program: Cli, line: str, offered: set[str]) -> None:
    ran = program(
        COMP_WORDS=line, COMP_CWORD=str(line.count(" ")), _KUBEGUARD_COMPLETE="bash_complete"
    )
    assert ran.err == ""
    assert {item.partition(",")[2] for item in ran.out.split()} == offered


def test_files_are_completed_as_files(program: Cli) -> None:
    for option in ("--config", "--baseline", "--write-baseline"):
        ran = program(
            COMP_WORDS=f"kubeguard scan {option} kube",
            COMP_CWORD="3",
            _KUBEGUARD_COMPLETE="bash_complete",
        )
        assert ran.out.startswith("file,")
