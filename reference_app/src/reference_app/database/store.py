"""Stores exchanges sealed, and finds, counts and deletes them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, and_, case, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from reference_app.database import tables
from reference_app.database.tables import Word
from reference_app.service.messages import (
    Answer,
    Day,
    Exchange,
    Feedback,
    Lookup,
    NewExchange,
    Search,
    Statistics,
)
from reference_app.service.sealing import Keyring, Keys, Sealed

WORD = re.compile(r"\w{2,40}")
BATCH = 200  # rows sealed anew in one transaction


class ReplayedError(Exception):
    """A nonce was used before, by another exchange."""

    def __init__(self, first: UUID) -> None:
        super().__init__("the nonce was used before")
        self.first = first


class Store:
    """The exchanges of a database; texts are encrypted here and nowhere else decrypted."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys

    def add(self, new: NewExchange) -> bool:
        """Keep an exchange; False when it is already kept, ReplayedError when its nonce is."""
        try:
            with Session(self._engine) as session, session.begin():
                session.add(_row(new, self._keys.value))
        except IntegrityError:
            first = self._holder(new)
            if first is None:
                raise
            if first != new.exchange.id:
                raise ReplayedError(first) from None
            return False  # the same request again, because its first reply was lost
        return True

    def get(self, lookup: Lookup) -> Exchange | None:
        """An owner's exchange."""
        query = select(tables.Exchange).where(_is(lookup))
        with Session(self._engine) as session:
            row = session.scalar(query)
            return None if row is None else _opened(row, self._keys.value)

    def search(self, search: Search) -> list[Exchange]:
        """The exchanges that hold every word of a text, newest first."""
        keyring = self._keys.value
        query = select(tables.Exchange).order_by(tables.Exchange.asked_at.desc())
        if search.owner is not None:
            query = query.where(tables.Exchange.owner == search.owner)
        if search.before is not None:
            query = query.where(tables.Exchange.asked_at < search.before)
        for word in sorted(_words(search.text)):
            digests = keyring.digests(word, "words")
            query = query.where(tables.Exchange.words.any(Word.digest.in_(digests)))
        with Session(self._engine) as session:
            rows = session.scalars(query.limit(search.limit))
            return [_opened(row, keyring) for row in rows]

    def judge(self, feedback: Feedback) -> bool:
        """Keep whether an answer helped; False when the owner has no such exchange."""
        change = update(tables.Exchange).where(_is(feedback)).values(helpful=feedback.helpful)
        with self._engine.begin() as connection:
            return connection.execute(change).rowcount == 1

    def erase(self, owner: str) -> int:
        """Delete all exchanges of an owner, and say how many they were."""
        with self._engine.begin() as connection:
            mine = tables.Exchange.owner == owner
            return connection.execute(delete(tables.Exchange).where(mine)).rowcount

    def expire(self, days: int) -> int:
        """Delete all exchanges older than this, and say how many they were."""
        old = tables.Exchange.asked_at < datetime.now(UTC) - timedelta(days=days)
        with self._engine.begin() as connection:
            return connection.execute(delete(tables.Exchange).where(old)).rowcount

    def statistics(self, days: int) -> Statistics:
        """Figures of the last days."""
        row = tables.Exchange
        day = func.date(row.asked_at)
        helpful, unhelpful = row.helpful.is_(True), row.helpful.is_(False)
        columns = (
            day,
            func.count(),
            *(func.sum(case((truth, 1), else_=0)) for truth in (row.known, helpful, unhelpful)),
            func.avg(row.confidence),
            func.avg(row.seconds),
        )
        since = datetime.now(UTC) - timedelta(days=days)
        query = select(*columns).where(row.asked_at >= since).group_by(day).order_by(day.desc())
        with self._engine.connect() as connection:
            figures = (
                dict(zip(Day.model_fields, each, strict=True)) for each in connection.execute(query)
            )
            return Statistics(days=tuple(Day.model_validate(each) for each in figures))

    def reseal(self) -> int:
        """Seal with the current key whatever another key sealed, and say how many rows that was."""
        return sum(iter(self._reseal_batch, 0))

    def _reseal_batch(self) -> int:
        keyring = self._keys.value
        old = tables.Exchange.key != keyring.current
        # Rows that another process has in hand are left to it.
        query = select(tables.Exchange).where(old).limit(BATCH).with_for_update(skip_locked=True)
        with Session(self._engine) as session, session.begin():
            rows = session.scalars(query).all()
            for row in rows:
                _seal(row, _opened(row, keyring), keyring)
            return len(rows)

    def _holder(self, new: NewExchange) -> UUID | None:
        row = tables.Exchange
        same = or_(row.id == new.exchange.id, and_(row.owner == new.owner, row.nonce == new.nonce))
        with self._engine.connect() as connection:
            return connection.scalar(select(row.id).where(same))


def _is(lookup: Lookup) -> ColumnElement[bool]:
    return and_(tables.Exchange.id == lookup.id, tables.Exchange.owner == lookup.owner)


def _words(text: str) -> set[str]:
    return set(WORD.findall(text.casefold()))


def _row(new: NewExchange, keyring: Keyring) -> tables.Exchange:
    exchange = new.exchange
    row = tables.Exchange(
        id=exchange.id,
        owner=new.owner,
        nonce=new.nonce,
        asked_at=exchange.asked_at,
        known=exchange.answer.known,
        confidence=exchange.answer.confidence,
        model=exchange.answer.model,
        seconds=new.seconds,
        helpful=exchange.helpful,
    )
    _seal(row, exchange, keyring)
    return row


def _places(row: tables.Exchange) -> Iterator[str]:
    yield f"exchange/{row.id}/question"
    yield f"exchange/{row.id}/answer"


def _seal(row: tables.Exchange, exchange: Exchange, keyring: Keyring) -> None:
    texts = exchange.question, exchange.answer.model_dump_json()
    question, answer = map(keyring.seal, texts, _places(row))
    row.key, row.question, row.answer = question.key, question.content, answer.content
    words = _words(f"{exchange.question} {exchange.answer.answer or ''}")
    row.words = [Word(digest=keyring.digests(word, "words")[0]) for word in sorted(words)]


def _opened(row: tables.Exchange, keyring: Keyring) -> Exchange:
    sealed = Sealed(row.key, row.question), Sealed(row.key, row.answer)
    question, answer = map(keyring.open, sealed, _places(row))
    return Exchange(
        id=row.id,
        asked_at=row.asked_at,
        question=question,
        answer=Answer.model_validate_json(answer),
        helpful=row.helpful,
    )
