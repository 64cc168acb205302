"""Opens the database of a URL, and brings its schema up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT = 5  # seconds for a connection or a lock, before the caller is told no


def open_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL; ValueError for any other database."""
    address = make_url(url)
    match address.get_backend_name():
        case "sqlite":
            engine = create_engine(address, hide_parameters=True, connect_args={"timeout": WAIT})
            event.listen(engine, "connect", _prepare_sqlite)
            return engine
        case "postgresql":
            # A pool of five per replica; a connection the server closed is noticed before use.
            driver = address.set(drivername="postgresql+psycopg")
            return create_engine(
                driver,
                hide_parameters=True,  # an error message must not quote a row
                pool_pre_ping=True,
                pool_timeout=WAIT,
                connect_args={"connect_timeout": WAIT, "options": f"-c statement_timeout={WAIT}s"},
            )
    raise ValueError("the database is neither SQLite nor PostgreSQL")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")  # readers do not wait for the writer
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
    cursor.close()


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version; of several processes one does it, the others wait."""
    with _configured(engine) as config:
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Whether the database can be reached and its schema is the one this program wants."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        return context.get_current_revision() == ScriptDirectory(MIGRATIONS).get_current_head()


@contextmanager
def _configured(engine: Engine) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7077)")
        config.attributes["connection"] = connection
        yield config
