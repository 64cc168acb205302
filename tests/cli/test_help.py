"""Help and version, and that asking for them loads nothing heavy."""

from __future__ import annotations

import re

import pytest
from terminal import Cli

from kubeguard.cli import COMMANDS
from kubeguard.version import VERSION


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(program: Cli, option: str) -> None:
    assert program(option) == (0, f"kubeguard {VERSION}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands_and_the_exit_codes(cli: Cli, option: str) -> None:
    ran = cli(option)
    assert (ran.code, ran.err) == (0, "")
    for command, what in COMMANDS.items():
        assert re.search(rf"^  {command} +{re.escape(what)}$", ran.out, re.MULTILINE)
    assert "Exit codes: 0 clean, 1 findings, 2 wrong usage, 3 something" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_fits_a_terminal_and_names_every_option(
    cli: Cli, command: str
) -> None:
    out = cli(command, "--help").out
    assert out.startswith(f"Usage: kubeguard {command}")
    assert all(len(line) <= 80 for line in out.splitlines() if "completion " not in line)


def test_without_arguments_the_help_is_shown(program: Cli) -> None:
    ran = program()
    assert ran.code == 2
    assert "Commands:" in ran.err
