"""Models built once for all tests of the answer module."""

import pytest
from models_on_disk import Built, build

from reference_app.answer.loading import Loaded


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A registry of its own with all models."""
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def loaded(built: Built) -> Loaded:
    """Its models, ready to answer."""
    return built.load()
