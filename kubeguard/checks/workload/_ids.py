"""User and group ids as YAML may spell them."""


def is_root(value: object) -> bool:
    """The number 0, and not `false`, which Python takes for its equal."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0
