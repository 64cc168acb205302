"""YAML as kubectl reads it, with the place of every key and value."""

from kubeguard.sources.yaml.reader import Document, read

__all__ = ["Document", "read"]
