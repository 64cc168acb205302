"""Chromium, when there is one."""

from collections.abc import Iterator

import pytest
from browser import Browser, missing


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium without a network; skips, saying what is missing."""
    if reason := missing():
        pytest.skip(reason)
    with Browser.start(tmp_path_factory.mktemp("chromium")) as started:
        yield started
