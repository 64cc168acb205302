"""The commands that serve, and that look after keys and the database."""

from pathlib import Path

import click
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from reference_app.database.engine import migrate as migrate_schema
from reference_app.database.engine import open_engine
from reference_app.database.store import Store
from reference_app.service.sealing import UnsealedError, new_key_line
from reference_app.service.settings import AnswerSettings, DatabaseSettings, UserSettings
from reference_app.user.api_keys import new_key
from reference_app.user.principals import Role


@click.command()
@click.argument("module", type=click.Choice(["all", "user", "answer", "database"]))
def serve(module: str) -> None:
    """Serve one MODULE, or all of them in one process."""
    # The models' library is needed by two of these four alone, and takes a second to import.
    from reference_app import processes

    try:
        match module:
            case "user":
                processes.serve_user(UserSettings())
            case "answer":
                processes.serve_answer(AnswerSettings())
            case "database":
                processes.serve_database(DatabaseSettings())
            case _:
                processes.serve_all()
    except ValidationError as error:
        raise _unusable(error) from None


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    try:
        migrate_schema(open_engine(DatabaseSettings().database))
    except ValidationError as error:
        raise _unusable(error) from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"the database: {type(error).__name__}") from None


@click.command()
def reseal() -> None:
    """Encrypt with the first key what older keys encrypted, while the service runs."""
    try:
        settings = DatabaseSettings()
        store = Store(open_engine(settings.database), settings.keys())
        click.echo(f"{store.reseal()} exchanges are sealed anew")
    except ValidationError as error:
        raise _unusable(error) from None
    except UnsealedError as error:
        raise click.ClickException(f"{error}: put its key back, below the first") from None


@click.command()
@click.argument("name")
def sealing_key(name: str) -> None:
    """Print a line with a new key NAME for the file of sealing keys."""
    try:
        click.echo(new_key_line(name), nl=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@click.command()
@click.argument("owner")
@click.argument("roles", nargs=-1, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), required=True)
def api_key(owner: str, roles: tuple[str, ...], file: Path) -> None:
    """Print a new API key for OWNER once, and append its hash to the file of API keys."""
    try:
        key, record = new_key(owner, frozenset(map(Role, roles)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        with file.open("a", encoding="utf-8") as records:
            records.write(f"{record}\n")
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    click.echo(key)


def _unusable(error: ValidationError) -> click.UsageError:
    """Which settings are wrong and why, without their values."""
    problems = (
        ": ".join(filter(None, [".".join(map(str, each["loc"])), each["msg"]]))
        for each in error.errors(include_input=False)
    )
    return click.UsageError("; ".join(problems))
