"""How much Dockerfile kubeguard is willing to read; people write a thousandth of it."""

TEXT = 1024 * 1024
INSTRUCTIONS = 10_000
WORDS = 200_000
WORDS_OF_ONE = 20_000
"""Flags and arguments of one instruction."""
SCRIPT = 128 * 1024
"""Characters of one RUN body that are parsed as shell."""
