"""How much Dockerfile kubeguard is willing to read; people write a thousandth of it."""

TEXT = 4 * 1024 * 1024
INSTRUCTIONS = 10_000
WORDS = 200_000
SCRIPT = 256 * 1024
"""Characters of one RUN body that are parsed as shell."""
