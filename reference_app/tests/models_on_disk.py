"""A registry with all models, built as `reference_app build-models` builds it."""

from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from reference_app.__main__ import main
from reference_app.answer.loading import Loaded, load_all
from reference_app.models.registry import Registry
from reference_app.models.signing import read_public_key


class Built(NamedTuple):
    """Where the models and keys are."""

    folder: Path
    trusted: Path
    signing: Path

    @property
    def registry(self) -> Registry:
        """The registry as a server opens it."""
        return Registry(self.folder, read_public_key(self.trusted))

    @property
    def options(self) -> list[str]:
        """Options that make a command use these models."""
        return ["--models", str(self.folder), "--trusted-key", str(self.trusted)]

    def run(self, *arguments: str) -> str:
        """What a command prints; AssertionError when it fails."""
        result = CliRunner().invoke(main, [*arguments, *self.options])
        assert result.exit_code == 0, result.output
        return result.output

    def load(self) -> Loaded:
        """All models, loaded."""
        return load_all(self.registry)


def build(folder: Path) -> Built:
    """Build everything below a folder; takes about ten seconds."""
    built = Built(folder / "models", folder / "keys/trusted.pem", folder / "keys/signing.pem")
    built.run("build-models", "--signing-key", str(built.signing))
    return built
