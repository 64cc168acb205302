"""Checks on built images: what a registry hands out, not what a Dockerfile meant."""
