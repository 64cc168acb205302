"""Exchanges are sealed, found, counted and deleted, in SQLite and in PostgreSQL alike."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import trustme
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from servers import postgresql
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from reference_app.database.engine import is_current, migrate, open_engine
from reference_app.database.store import ReplayedError, Store
from reference_app.database.tables import Table
from reference_app.service.messages import (
    Answer,
    Exchange,
    Feedback,
    Lookup,
    NewExchange,
    Search,
    Source,
)
from reference_app.service.sealing import FixedKeys, Keyring, UnsealedError, new_key_line

OLD, NEW = new_key_line("old"), new_key_line("new")
ONLY_OLD, BOTH, ONLY_NEW = (FixedKeys(Keyring.parse(keys)) for keys in (OLD, NEW + OLD, NEW))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as server:
        yield server.url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request, tmp_path) -> Iterator[Engine]:
    """An empty database of the newest schema."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'data.db'}")
    else:
        engine = open_engine(request.getfixturevalue("server"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrate(engine)
    yield engine
    engine.dispose()


def exchange(question: str, days_ago: float = 0, known: bool = True) -> Exchange:
    answer = Answer(
        answer="Drop capabilities." if known else None,
        confidence=0.5,
        known=known,
        source=Source(title="Rights", passage="Drop capabilities.", file="a.md") if known else None,
        model="fake/1",
    )
    asked_at = datetime.now(UTC) - timedelta(days=days_ago)
    return Exchange(id=uuid4(), asked_at=asked_at, question=question, answer=answer)


def add(store: Store, exchange: Exchange, owner: str = "ann", nonce: str = "") -> bool:
    return store.add(
        NewExchange(exchange=exchange, owner=owner, nonce=nonce or uuid4().hex, seconds=0.25)
    )


def test_kept_as_it_was(engine: Engine) -> None:
    store, kept = Store(engine, ONLY_OLD), exchange("What is a pod? 🐳")
    assert add(store, kept)
    assert store.get(Lookup(owner="ann", id=kept.id)) == kept
    assert store.get(Lookup(owner="bob", id=kept.id)) is None


def test_nothing_readable_is_in_the_database(engine: Engine) -> None:
    add(Store(engine, ONLY_OLD), exchange("What is a pod?"))
    with engine.connect() as connection:
        rows = [
            row
            for name in ("exchange", "word")
            for row in connection.execute(text(f"SELECT * FROM {name}"))
        ]
    stored = repr([[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in rows])
    assert not any(word in stored for word in ("pod", "Drop", "Rights", "a.md"))


def test_moved_row_is_noticed(engine: Engine) -> None:
    store, one, other = Store(engine, ONLY_OLD), exchange("one"), exchange("other")
    add(store, one)
    add(store, other)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE exchange SET question = (SELECT question FROM exchange LIMIT 1)")
        )
    with pytest.raises(UnsealedError):
        store.search(Search())


def test_same_request_twice_is_one_exchange(engine: Engine) -> None:
    store, first, nonce = Store(engine, ONLY_OLD), exchange("one"), uuid4().hex
    assert add(store, first, nonce=nonce)
    assert not add(store, first, nonce=nonce)
    with pytest.raises(ReplayedError) as replayed:
        add(store, exchange("one"), nonce=nonce)
    assert replayed.value.first == first.id
    assert add(store, exchange("one"), owner="bob", nonce=nonce)


def test_of_many_at_once_one_wins(engine: Engine) -> None:
    store, nonce = Store(engine, ONLY_OLD), uuid4().hex

    def attempt(_: int) -> bool:
        try:
            return add(store, exchange("one"), nonce=nonce)
        except ReplayedError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(16))) == 1


def test_search(engine: Engine) -> None:
    store = Store(engine, ONLY_OLD)
    for days, question in enumerate(("What is a Pod?", "Why pods?", "Über Secrets")):
        add(store, exchange(question, days))
    add(store, exchange("what pod", 5), owner="bob")

    def found(words: str, **more: object) -> list[str]:
        search = Search(text=words, **more)  # type: ignore[arg-type]
        return [each.question for each in store.search(search)]

    assert found("pod") == ["What is a Pod?", "what pod"]
    assert found("POD capabilities", owner="ann") == ["What is a Pod?"]
    assert found("über") == ["Über Secrets"]
    assert found("pod absent") == []
    assert found("", limit=2) == ["What is a Pod?", "Why pods?"]
    assert found("", before=datetime.now(UTC) - timedelta(days=1.5)) == ["Über Secrets", "what pod"]


def test_keys_rotate_while_texts_stay_readable(engine: Engine) -> None:
    before, after = exchange("before pods"), exchange("after pods")
    add(Store(engine, ONLY_OLD), before)
    store = Store(engine, BOTH)
    add(store, after)
    assert {each.id for each in store.search(Search(text="pods"))} == {before.id, after.id}
    with pytest.raises(UnsealedError, match="no key"):
        Store(engine, ONLY_NEW).search(Search())
    assert (store.reseal(), store.reseal()) == (1, 0)
    found = Store(engine, ONLY_NEW).search(Search(text="pods"))
    assert {each.id for each in found} == {before.id, after.id}


def test_resealing_goes_through_all_batches(engine: Engine, monkeypatch) -> None:
    monkeypatch.setattr("reference_app.database.store.BATCH", 3)
    for number in range(7):
        add(Store(engine, ONLY_OLD), exchange(f"question {number}"))
    assert Store(engine, BOTH).reseal() == 7


def test_erasure_and_retention_delete_words_too(engine: Engine) -> None:
    store = Store(engine, ONLY_OLD)
    for owner, days in (("ann", 0), ("ann", 0), ("bob", 0), ("bob", 100)):
        add(store, exchange("what pod", days), owner=owner)
    assert (store.erase("ann"), store.erase("ann"), store.expire(90)) == (2, 0, 1)
    assert [each.question for each in store.search(Search())] == ["what pod"]
    assert store.erase("bob") == 1
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM word")) == 0


def test_statistics(engine: Engine) -> None:
    store = Store(engine, ONLY_OLD)
    today, unknown = exchange("pod"), exchange("nothing", known=False)
    for each in (today, unknown, exchange("pod", 3), exchange("pod", 50)):
        add(store, each)
    assert store.judge(Feedback(owner="ann", id=today.id, helpful=True))
    assert store.judge(Feedback(owner="ann", id=unknown.id, helpful=False))
    assert not store.judge(Feedback(owner="bob", id=today.id, helpful=True))
    first, second = store.statistics(30).days
    assert first.day == today.asked_at.date() > second.day
    assert (first.asked, first.known, first.helpful, first.unhelpful) == (2, 1, 1, 1)
    assert (first.confidence, first.seconds, second.asked) == (0.5, 0.25, 1)


def test_migrations_make_what_the_tables_say(engine: Engine) -> None:
    assert is_current(engine)
    migrate(engine)
    with engine.connect() as connection:
        # SQLite tells back other names of types than it was told.
        options = {"compare_type": engine.dialect.name == "postgresql"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []


def test_empty_database_is_not_current(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    assert not is_current(engine)
    engine.dispose()


def test_other_databases_are_not_spoken() -> None:
    with pytest.raises(ValueError, match="neither SQLite nor PostgreSQL"):
        open_engine("mysql://localhost/x")


@pytest.mark.postgresql
def test_unencrypted_and_unknown_servers_are_refused(server: str, tmp_path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    plain = server.partition("?")[0] + "?sslmode=disable"
    other = server.partition("&sslrootcert=")[0] + f"&sslrootcert={tmp_path / 'other.pem'}"
    for url in (plain, other):
        with pytest.raises(OperationalError):
            is_current(open_engine(url))


@pytest.mark.postgresql
def test_migrating_from_several_processes_at_once(server: str) -> None:
    engine = open_engine(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    others = [open_engine(server) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(migrate, others))
    for other in others:
        other.dispose()
    assert is_current(engine)
    engine.dispose()
