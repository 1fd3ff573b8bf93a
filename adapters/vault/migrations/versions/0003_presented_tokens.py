"""The table of tokens that were presented."""

import sqlalchemy as sa
from alembic import op

revision = "0003_presented_tokens"
down_revision = "0002_notification_channels"


def upgrade() -> None:
    op.create_table(
        "presented_tokens",
        sa.Column("token_ref", sa.String, primary_key=True),
        sa.Column("text_sealed", sa.LargeBinary, nullable=False),
        sa.Column("presented_ms", sa.BigInteger, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_presented_tokens_presented_ms", "presented_tokens", ["presented_ms"], if_not_exists=True)
