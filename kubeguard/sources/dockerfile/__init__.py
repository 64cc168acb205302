"""A Dockerfile as BuildKit reads it, with the place of every word."""

from kubeguard.sources.dockerfile.reader import read

__all__ = ["read"]
