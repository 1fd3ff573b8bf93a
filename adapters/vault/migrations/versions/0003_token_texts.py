"""The table of the texts of tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003_token_texts"
down_revision = "0002_notification_channels"


def upgrade() -> None:
    op.create_table(
        "token_texts",
        sa.Column("token_ref", sa.String, primary_key=True),
        sa.Column("text_sealed", sa.LargeBinary, nullable=False),
        sa.Column("forget_ms", sa.BigInteger),
        if_not_exists=True,
    )
    op.create_index("ix_token_texts_forget_ms", "token_texts", ["forget_ms"], if_not_exists=True)
