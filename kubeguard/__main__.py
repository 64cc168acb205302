"""`python -m kubeguard`, and the `kubeguard` program."""

import sys

from kubeguard.version import VERSION


def main() -> None:
    """Answer `--version` before anything is imported; everything else is the command line's."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"kubeguard {VERSION}")
        return
    try:
        from kubeguard.cli import main as command_line

        command_line()
    except KeyboardInterrupt:  # Ctrl-C before the command line was there to hear it
        sys.exit(130)


if __name__ == "__main__":
    main()
