"""Checks on containers together with their images: what neither of them shows alone."""
