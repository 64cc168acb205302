"""Exchanges, and the digests of their words."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "exchange",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("question", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("known", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("helpful", sa.Boolean),
        sa.UniqueConstraint("owner", "nonce", name="exchange_asked_once"),
    )
    op.create_index("ix_exchange_asked_at", "exchange", ["asked_at"])
    op.create_index("ix_exchange_key", "exchange", ["key"])
    op.create_table(
        "word",
        sa.Column(
            "exchange_id",
            sa.Uuid,
            sa.ForeignKey("exchange.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("digest", sa.LargeBinary(16), primary_key=True),
    )
    op.create_index("ix_word_digest", "word", ["digest"])


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("word")
    op.drop_table("exchange")
