"""`python -m kubeguard`, and the `kubeguard` program."""

import sys

from kubeguard.version import VERSION


def main() -> None:
    """Answer `--version` before anything is imported; everything else is the command line's."""
    if sys.argv[1:] == ["--version"]:
        print(f"kubeguard {VERSION}")
        return
    from kubeguard.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
