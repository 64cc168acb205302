"""The tables; only what the statistics need is stored unencrypted."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    LargeBinary,
    String,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Moment(TypeDecorator[datetime]):
    """A point in time in UTC; SQLite stores no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,
    ) -> datetime | None:
        """The stored time with its zone."""
        if value is None or value.tzinfo:
            return value
        return value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """What Alembic compares the database with."""


class Exchange(Table):
    """A question and what was answered."""

    __tablename__ = "exchange"
    __table_args__ = (UniqueConstraint("owner", "nonce", name="exchange_asked_once"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str] = mapped_column(String(64))  # the client's Idempotency-Key
    asked_at: Mapped[datetime] = mapped_column(Moment, index=True)
    key: Mapped[str] = mapped_column(String(32), index=True)  # which key sealed the two texts
    question: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    known: Mapped[bool]
    confidence: Mapped[float]
    model: Mapped[str] = mapped_column(String(100))
    seconds: Mapped[float]  # from the question's arrival to the answer
    helpful: Mapped[bool | None]

    words: Mapped[list["Word"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, back_populates="exchange"
    )


class Word(Table):
    """A keyed digest of a word of a question or answer, by which a search finds it."""

    __tablename__ = "word"

    exchange_id: Mapped[UUID] = mapped_column(
        ForeignKey("exchange.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True, index=True)

    exchange: Mapped[Exchange] = relationship(back_populates="words")
