"""`python -m kubeguard`, and the `kubeguard` program."""

import contextlib
import gc
import sys

from kubeguard.version import VERSION


def main() -> None:
    """Answer `--version` before anything is imported; everything else is the command line's."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        with contextlib.suppress(OSError):  # the command line says what is wrong
            print(f"kubeguard {VERSION}", flush=True)
            return
    gc.disable()  # what a scan makes lives until its end; looking for cycles is a third of it
    try:
        from kubeguard.cli import main as command_line

        command_line()
    except KeyboardInterrupt:  # Ctrl-C before the command line was there to hear it
        sys.exit(130)
    finally:
        gc.freeze()  # nor does the interpreter have to look for them on its way out


if __name__ == "__main__":
    main()
