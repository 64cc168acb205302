"""What goes wrong with a model."""


class RefusedModelError(Exception):
    """A model is not loaded, and why."""
