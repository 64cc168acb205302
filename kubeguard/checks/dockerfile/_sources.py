"""Where the files of an ADD come from."""

import re

_ADDRESS = re.compile(r"(?i)^(https?|ftp)://")
_GIT = re.compile(r"(?i)^(git://|ssh://|git@|[\w.-]+@[\w.-]+:)|^https?://[^#?]+\.git(?=[#?]|$)")
_COMMIT = re.compile(r"(?:#|[?&](?:checksum|commit)=)[0-9a-f]{40}(?:[0-9a-f]{24})?\b")


def is_git(source: str) -> bool:
    """A repository that BuildKit clones."""
    return bool(_GIT.match(source))


def is_remote(source: str) -> bool:
    """Anything that is fetched over the network."""
    return bool(_ADDRESS.match(source)) or is_git(source)


def names_commit(source: str) -> bool:
    """A git source that is fixed to a full commit hash."""
    return bool(_COMMIT.search(source))
